/** The Tree page: diagram or outline, the inspector beside it, the blast radius below. */
import { useCallback, useEffect, useRef, useState, type ReactElement, type RefObject } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { select } from "#renderer/state/appStore.ts";
import { useAppState, useIsLive, useRoute } from "#renderer/state/hooks.ts";
import { openOverlay, type Overlay } from "#renderer/state/overlays.ts";
import type { TreeSlice } from "#renderer/state/treeSlice.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { BlastBar } from "./BlastBar.tsx";
import type { TreeAction } from "./consequence.ts";
import { Diagram } from "./Diagram.tsx";
import { FileProblems } from "./FileProblems.tsx";
import { EmptyTree, NoAgents, NothingFound } from "./Empty.tsx";
import { Inspector } from "./Inspector.tsx";
import { MachineInspector } from "./MachineInspector.tsx";
import { machineRowAt } from "./machineRows.ts";
import type { LayoutNode, ZoomLevel } from "./layout.ts";
import { NodeMenu, type MenuAt } from "./NodeMenu.tsx";
import { OtherMachines } from "./OtherMachines.tsx";
import { Outline } from "./Outline.tsx";
import { PickedBar } from "./PickedBar.tsx";
import type { SteerRow } from "./steer.ts";
import { useMatches, useShape } from "./treeData.ts";
import { headerFact, TreeHeader } from "./TreeHeader.tsx";
import { setLevel, toggleInspector, useInspectorShown, useTreeView } from "./treeView.ts";
import { useBlastRadius } from "./useBlastRadius.ts";
import { useGo, type Go } from "./useGo.ts";
import { usePageKeys } from "./usePageKeys.ts";
import { useTreeActions, type Act } from "./useTreeActions.ts";
import { useDefaultLevel } from "./zoom.ts";
import "./tree.css";

export function TreePage(): ReactElement {
  const { store } = useApp();
  const shape = useShape();
  const isLive = useIsLive();
  const { selected, elsewhere } = useSelected();
  const filter = useAppState((state) => state.filter);
  const isInspectorShown = useInspectorShown();
  const { level, zoom } = useLevel(shape);
  const rowsRef = useRef<readonly SteerRow[]>([]);
  const filterRef = useRef<HTMLInputElement>(null);
  const [menu, setMenu] = useState<MenuAt>();
  const go = useGo();
  const actOn = useTreeActions();
  useAskedNode();
  useBlastRadius(selected);

  const act = useCallback(
    (action: TreeAction, path: string) => {
      const { selection } = store.getState();
      actOn(action, selection.has(path) ? [...selection] : [path]);
    },
    [actOn, store],
  );
  usePageKeys({ rowsRef, filterRef, zoom, act, go });
  const setFilter = useCallback((text: string) => store.setState({ filter: text }), [store]);
  const onSelect = useCallback((path: string) => select(store, path), [store]);
  const onMenu = useCallback(
    (path: string, at: MenuAt["at"]) => {
      if (!store.getState().selection.has(path)) select(store, path);
      setMenu({ path, at });
    },
    [store],
  );
  const add = useCallback(() => openOverlay(store, addUnder(store.getState(), selected)), [store, selected]);

  return (
    <Page
      title="Tree"
      fact={headerFact(shape)}
      bleed
      actions={
        <TreeHeader
          level={level}
          text={filter}
          onText={setFilter}
          onZoom={zoom}
          onAdd={add}
          filterRef={filterRef}
          isConnected={isLive}
          isEmpty={shape.length === 0}
        />
      }
      inspector={
        isInspectorShown &&
        (selected === undefined ? (
          elsewhere !== undefined && <Elsewhere path={elsewhere} />
        ) : (
          <Inspector
            path={selected}
            isConnected={isLive}
            onAct={act}
            onTerminal={go.terminal}
            onSession={go.session}
            onEvents={go.events}
            onSelect={onSelect}
            onMenu={onMenu}
          />
        ))
      }
      onCloseInspector={toggleInspector}
    >
      <Content
        shape={shape}
        level={level}
        selected={selected}
        elsewhere={elsewhere}
        isLive={isLive}
        filter={filter}
        onFilter={setFilter}
        onSelect={onSelect}
        onMenu={onMenu}
        go={go}
        rowsRef={rowsRef}
        actOn={actOn}
        onAdd={add}
      />
      {menu !== undefined && (
        <NodeMenu menu={menu} isConnected={isLive} act={act} go={go} onClose={() => setMenu(undefined)} />
      )}
    </Page>
  );
}

/** As chosen, else by how many agents there are and how much of them the window can show. */
function useLevel(shape: readonly LayoutNode[]) {
  const chosen = useTreeView((state) => state.level);
  const fitting = useDefaultLevel(shape);
  const level = chosen ?? fitting;
  const zoom = useCallback((by: 1 | -1) => setLevel(clampLevel(level + by)), [level]);
  return { level, zoom };
}

/** Here, or on another machine. */
function useSelected() {
  const selected = useAppState((state) =>
    state.selected !== undefined && state.nodes.has(state.selected) ? state.selected : undefined,
  );
  const elsewhere = useAppState((state) => machineRowAt(state.machines, state.selected)?.node.path);
  return { selected, elsewhere };
}

/** Links from Home, notifications and the address name a node: it is selected when the page opens there. */
function useAskedNode(): void {
  const { store } = useApp();
  const route = useRoute();
  const asked = route.page === "tree" ? route.path : undefined;
  useEffect(() => {
    if (asked !== undefined) select(store, asked);
  }, [asked, store]);
}

function Elsewhere({ path }: { readonly path: string }): ReactElement | null {
  const machines = useAppState((state) => state.machines);
  const row = machineRowAt(machines, path);
  return row === undefined ? null : <MachineInspector row={row} />;
}

interface ContentProps {
  readonly shape: readonly LayoutNode[];
  readonly level: ZoomLevel;
  readonly selected: string | undefined;
  /** Selected on another machine. */
  readonly elsewhere: string | undefined;
  readonly isLive: boolean;
  readonly filter: string;
  readonly onFilter: (text: string) => void;
  readonly onSelect: (path: string) => void;
  readonly onMenu: (path: string, at: MenuAt["at"]) => void;
  readonly go: Go;
  readonly rowsRef: RefObject<readonly SteerRow[]>;
  readonly actOn: Act;
  readonly onAdd: () => void;
}

function Content({
  shape,
  level,
  selected,
  elsewhere,
  isLive,
  filter,
  onFilter,
  onSelect,
  onMenu,
  go,
  rowsRef,
  actOn,
  onAdd,
}: ContentProps): ReactElement {
  const hasTree = useAppState((state) => state.hasTree);
  const matches = useMatches(filter);
  const view = useTreeView((state) => state.shape);
  const others = <OtherMachines selected={elsewhere} filter={filter} onSelect={onSelect} />;
  if (shape.length === 0)
    return (
      <div className="tree-content">
        {hasTree ? <EmptyTree isConnected={isLive} onStart={go.firstRun} /> : <Skeleton rows={8} />}
        {others}
      </div>
    );
  const shared = { shape, matches, selected, onMenu, onOpen: go.terminal, rowsRef };
  const isBare = shape.every((root) => root.children.length === 0);
  return (
    <div className={isBare ? "tree-content tree-bare" : "tree-content"}>
      <FileProblems />
      {view === "diagram" ? <Diagram {...shared} level={level} onSelect={onSelect} /> : <Outline {...shared} />}
      {isBare && <NoAgents isConnected={isLive} onAdd={onAdd} />}
      {others}
      {matches?.size === 0 && <NothingFound text={filter} onClear={() => onFilter("")} />}
      {view === "diagram" ? <BlastBar /> : <PickedRows isLive={isLive} actOn={actOn} />}
    </div>
  );
}

function PickedRows({ isLive, actOn }: { readonly isLive: boolean; readonly actOn: Act }): ReactElement | null {
  const selection = useAppState((state) => state.selection);
  return selection.size > 1 ? (
    <PickedBar count={selection.size} isConnected={isLive} onAct={(action) => actOn(action, [...selection])} />
  ) : null;
}

function clampLevel(level: number): ZoomLevel {
  return level <= 1 ? 1 : level >= 3 ? 3 : 2;
}

/** A new agent goes under the selected supervisor, or beside the selected agent. */
function addUnder({ nodes, parents }: Pick<TreeSlice, "nodes" | "parents">, selected: string | undefined): Overlay {
  const isAgent = selected !== undefined && nodes.get(selected)?.kind === "agent";
  const parent = isAgent ? parents.get(selected) : selected;
  return { kind: "addChild", what: "agent", ...(parent === undefined ? {} : { parent }) };
}

/** Terminals, one or a grid: what every agent shows right now, and the place to type to it. */
import { Accessibility, PanelLeft, Search } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useAppState, useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import type { KeyBinding } from "#renderer/state/keys.ts";
import { toggleScreenReader, useScreenReader } from "#renderer/terminal/terminalChrome.ts";
import type { TerminalView } from "#renderer/terminal/terminalView.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { useNarrow } from "#renderer/ui/widths.ts";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { AgentList } from "./AgentList.tsx";
import { agentsOf, GRID_SIZES, gridFor, shownPaths, togglePicked, type GridSize } from "./shown.ts";
import { terminalsView } from "./terminalsView.ts";
import { TerminalTile } from "./TerminalTile.tsx";
import "./terminals.css";

type SizeName = `${GridSize}`;
const SIZE_OPTIONS = GRID_SIZES.map((size) => ({ value: `${size}` as const, label: String(size) }));

export function TerminalsPage(): ReactElement {
  const page = useTerminalsPage();
  const { agents, shown, only, focused, size } = page;
  const screenReader = useScreenReader();
  const hasTree = useAppState((state) => state.hasTree);
  const isNarrow = useNarrow();
  const { isListOpen } = useStore(terminalsView);
  const grid = gridFor(only === undefined ? size : 1, shown.length, isNarrow);
  const hasList = (isListOpen || only !== undefined) && !isNarrow;
  return (
    <Page
      title="Terminals"
      fact={hasTree ? `${shown.length} of ${agents.length} shown` : undefined}
      bleed
      actions={
        <>
          <Button
            kind="quiet"
            icon={<Accessibility size={14} />}
            aria-pressed={screenReader}
            aria-label="Screen reader mode of the terminals"
            title="Screen reader mode"
            onClick={toggleScreenReader}
          />
          <Button icon={<PanelLeft size={14} />} aria-pressed={hasList} onClick={page.toggleList}>
            Agents
          </Button>
          <Segments<SizeName>
            label="Terminals on screen"
            value={only === undefined ? `${size}` : "1"}
            options={SIZE_OPTIONS}
            onChange={page.setSize}
          />
          <Button icon={<Search size={14} />} keys="mod+f" onClick={page.find}>
            Find
          </Button>
        </>
      }
    >
      {hasTree && agents.length === 0 ? (
        <Problem title="No agent has a terminal yet.">
          Start a fleet with `signalbox up FILE`, or add an agent in the tree.
        </Problem>
      ) : (
        <div className={hasList ? "terminals terminals-listed" : "terminals"}>
          {hasList && <AgentList agents={agents} shown={shown} isFocusMode={only !== undefined} onPick={page.pick} />}
          <div
            className="tiles"
            style={{ gridTemplate: `repeat(${grid.rows}, minmax(0, 1fr)) / repeat(${grid.columns}, minmax(0, 1fr))` }}
          >
            {shown.map((path, index) => {
              const node = page.nodes.get(path);
              if (node === undefined) return null;
              return (
                <TerminalTile
                  key={path}
                  node={node}
                  number={index + 1}
                  isMaximised={only !== undefined}
                  isFocused={focused === path}
                  isFindOpen={page.finding === path}
                  onFind={(isOpen) => page.setFinding(isOpen ? path : undefined)}
                  onFocus={(isIn) => page.setFocused((now) => (isIn ? path : now === path ? undefined : now))}
                  onMaximise={() => page.maximise(path)}
                  onView={(view) => page.keepView(path, view)}
                />
              );
            })}
          </div>
        </div>
      )}
    </Page>
  );
}

/** What the page knows and does; the component above only draws it. */
function useTerminalsPage() {
  const route = useRoute();
  const navigation = useNavigation();
  const nodes = useAppState((state) => state.nodes);
  const { size, picked } = useStore(
    terminalsView,
    useShallow(({ size: count, picked: paths }) => ({ size: count, picked: paths })),
  );
  const agents = useMemo(() => agentsOf(nodes), [nodes]);
  const asked = route.page === "terminals" ? route.path : undefined;
  const only = asked !== undefined && nodes.get(asked)?.kind === "agent" ? asked : undefined;
  const shown = useSteadyShown({ agents, picked, size, only });
  const views = useRef(new Map<string, TerminalView>());
  const [focused, setFocused] = useState<string>();
  const [finding, setFinding] = useState<string>();
  const wantsFocus = useRef<string>(undefined);
  useEffect(() => {
    wantsFocus.current = only;
    if (only !== undefined) views.current.get(only)?.focus();
  }, [only]);
  const keepView = useCallback((path: string, view: TerminalView | undefined) => {
    if (view === undefined) return void views.current.delete(path);
    views.current.set(path, view);
    if (wantsFocus.current !== path) return;
    wantsFocus.current = undefined;
    view.focus();
  }, []);
  const go = (path: string | undefined) =>
    navigation.navigate({ page: "terminals", ...(path === undefined ? {} : { path }) });
  const find = () => setFinding(focused ?? finding ?? shown[0]);
  const focusNumber = (number: number) => {
    const path = only === undefined ? shown[number - 1] : agents[number - 1]?.path;
    if (path === undefined) return;
    if (only === undefined) views.current.get(path)?.focus();
    else go(path);
  };
  useTerminalKeys({
    find,
    focusNumber,
    leave: () => focused !== undefined && views.current.get(focused)?.blur(),
    maximise: () => go(only === undefined ? (focused ?? shown[0]) : undefined),
  });
  return {
    nodes,
    agents,
    shown,
    only,
    size,
    focused,
    finding,
    setFocused,
    setFinding,
    keepView,
    find,
    maximise: (path: string) => go(only === undefined ? path : undefined),
    setSize: (name: SizeName) => {
      const chosen = GRID_SIZES.find((candidate) => `${candidate}` === name) ?? 4;
      if (chosen === 1) return go(focused ?? shown[0]);
      terminalsView.setState({ size: chosen });
      go(undefined);
    },
    pick: (path: string) =>
      only === undefined ? terminalsView.setState({ picked: togglePicked(shown, path, size) }) : go(path),
    toggleList: () =>
      only === undefined ? terminalsView.setState(({ isListOpen }) => ({ isListOpen: !isListOpen })) : go(undefined),
  };
}

interface Shown {
  readonly agents: Parameters<typeof shownPaths>[0];
  readonly picked: readonly string[] | undefined;
  readonly size: GridSize;
  readonly only: string | undefined;
}

/** Tiles stay where they are while states change: who is on screen is only filled up, never sorted again. */
function useSteadyShown({ agents, picked, size, only }: Shown): readonly string[] {
  const [kept, setKept] = useState<readonly string[]>([]);
  const candidates = picked === undefined ? agents : agents.filter((agent) => picked.includes(agent.path));
  const grid = shownPaths(candidates, picked ?? kept, size);
  if (only === undefined && grid.join("\n") !== kept.join("\n")) setKept(grid);
  return only === undefined ? grid : [only];
}

interface Deeds {
  readonly find: () => void;
  readonly focusNumber: (number: number) => void;
  readonly leave: () => void;
  readonly maximise: () => void;
}

function useTerminalKeys({ find, focusNumber, leave, maximise }: Deeds): void {
  const numbers = Array.from({ length: 9 }, (_, index): KeyBinding => {
    const first = { keys: String(index + 1), run: () => focusNumber(index + 1) };
    return index === 0
      ? { ...first, label: "Type to terminal 1 to 9" }
      : { ...first, label: `Type to terminal ${index + 1}`, hidden: true };
  });
  useKeys("Terminals", [
    { keys: "mod+f", label: "Find in this terminal", reserved: true, run: find },
    { keys: "mod+esc", label: "Leave the terminal", reserved: true, run: leave },
    { keys: "m", label: "Only this terminal, or the grid", run: maximise },
    ...numbers,
  ]);
}

/** Which key does what on this page (design.md 3 and 8); listed under `?` in the same words. */
import { useMemo, type RefObject } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { select, type AppStore } from "#renderer/state/appStore.ts";
import { useKeys } from "#renderer/state/hooks.ts";
import type { KeyBinding } from "#renderer/state/keys.ts";
import { actionFor, type TreeAction } from "./consequence.ts";
import { steerRowsOf } from "./machineRows.ts";
import { steer, type SteerKey, type SteerRow } from "./steer.ts";
import { snapshotAt } from "./treeData.ts";
import { setFold, setHovered, toggleBlast, toggleInspector } from "./treeView.ts";
import type { Go } from "./useGo.ts";

interface Input {
  /** Rows of the diagram or the outline, whichever is shown. */
  readonly rowsRef: RefObject<readonly SteerRow[]>;
  readonly filterRef: RefObject<HTMLInputElement | null>;
  readonly zoom: (by: 1 | -1) => void;
  readonly act: (action: TreeAction, path: string) => void;
  readonly go: Go;
}

export function usePageKeys(input: Input): void {
  const { store } = useApp();
  const { rowsRef, filterRef, zoom, act, go } = input;
  const bindings = useMemo(
    () => bindingsFor(store, { rowsRef, filterRef, zoom, act, go }),
    [store, rowsRef, filterRef, zoom, act, go],
  );
  useKeys("Tree", bindings);
}

function bindingsFor(store: AppStore, { rowsRef, filterRef, zoom, act, go }: Input): readonly KeyBinding[] {
  const withSelected = (use: (path: string) => void) => (): void => {
    const { selected, nodes } = store.getState();
    if (selected !== undefined && nodes.has(selected)) use(selected);
  };
  const order = (key: "P" | "R" | "X") =>
    withSelected((path) => {
      const snapshot = snapshotAt(store.getState(), path);
      if (snapshot !== undefined) act(actionFor(key, snapshot), path);
    });
  const move = mover(store, rowsRef);
  const fold = folder(store, rowsRef);
  const arrows: readonly (readonly [string, SteerKey, string])[] = [
    ["down", "down", "Next row"],
    ["up", "up", "Row above"],
    ["right", "right", "Open, or go in"],
    ["left", "left", "Fold, or go to the supervisor"],
  ];
  const quiet: readonly (readonly [string, SteerKey])[] = [
    ["j", "down"],
    ["k", "up"],
    ["home", "home"],
    ["end", "end"],
  ];
  return [
    ...arrows.map(([keys, key, label]) => ({ keys, label, run: move(key) })),
    ...quiet.map(([keys, key]) => ({ keys, label: "", hidden: true, run: move(key) })),
    {
      keys: "enter",
      label: "Terminal; on a supervisor open or fold",
      run: withSelected((path) =>
        store.getState().nodes.get(path)?.kind === "agent" ? go.terminal(path) : toggleFold(path, rowsRef.current),
      ),
    },
    { keys: "s", label: "Session", run: withSelected(go.session) },
    { keys: "e", label: "Events of the selection", run: withSelected(go.events) },
    { keys: "p", label: "Pause or resume", run: order("P") },
    { keys: "r", label: "Restart, or start", run: order("R") },
    { keys: "shift+r", label: "Restart with a fresh session", run: withSelected((path) => act("restartFresh", path)) },
    { keys: "x", label: "Stop", run: order("X") },
    { keys: "b", label: "What a failure takes with it", run: toggleBlast },
    { keys: "i", label: "Inspector", run: toggleInspector },
    { keys: "+", label: "More detail", run: () => zoom(-1) },
    { keys: "=", label: "More detail", hidden: true, run: () => zoom(-1) },
    { keys: "-", label: "Less detail", run: () => zoom(1) },
    { keys: "[", label: "Fold", run: withSelected((path) => fold(path, false)) },
    { keys: "]", label: "Open", run: withSelected((path) => fold(path, true)) },
    { keys: "/", label: "Filter this page", run: () => filterRef.current?.focus() },
    { keys: "esc", label: "Let go of the pointer's row", hidden: true, run: () => setHovered(undefined) },
  ];
}

type RowsRef = Input["rowsRef"];

/** The arrows: along the rows, in and out. */
function mover(store: AppStore, rowsRef: RowsRef): (key: SteerKey) => () => void {
  return (key) => () => {
    const { selected, machines, parents } = store.getState();
    const rows = [...rowsRef.current, ...steerRowsOf(machines)];
    const steering = steer(rows, standsFor(rows, selected, parents), key);
    if (steering?.type === "select") select(store, steering.path);
    else if (steering?.type === "fold") setFold(steering.path, steering.isOpen);
  };
}

/** The brackets: folding an agent means folding the supervisor it stands under. */
function folder(store: AppStore, rowsRef: RowsRef): (path: string, isOpen: boolean) => void {
  return (path, isOpen) => {
    const rows = rowsRef.current;
    const at = standsFor(rows, path, store.getState().parents) ?? path;
    const row = rows.find((one) => one.path === at);
    const isAgent = row?.isOpen === undefined && row?.parent !== undefined;
    setFold(isAgent && !isOpen ? row.parent : at, isOpen);
  };
}

/** The selected row, or the nearest one above it in the tree where it has none now: the keys go on from there. */
function standsFor(
  rows: readonly SteerRow[],
  selected: string | undefined,
  parents: ReadonlyMap<string, string>,
): string | undefined {
  const shown = new Set(rows.map(({ path }) => path));
  for (let at = selected; at !== undefined; at = parents.get(at)) if (shown.has(at)) return at;
  return selected;
}

function toggleFold(path: string, rows: readonly SteerRow[]): void {
  const row = rows.find((one) => one.path === path);
  if (row?.isOpen !== undefined) setFold(path, !row.isOpen);
}

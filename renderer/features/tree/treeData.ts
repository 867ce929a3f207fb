/**
 * What the tree page reads from the window's state, cut so that a change of one node touches one row.
 * Structure and state are apart: patches of 1,000 nodes never lay the tree out again.
 */
import { useMemo, useSyncExternalStore } from "react";
import { shallow } from "zustand/shallow";
import { useShallow } from "zustand/react/shallow";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { AppStore } from "#renderer/state/appStore.ts";
import { useAppState } from "#renderer/state/hooks.ts";
import { onTick } from "#renderer/state/ticker.ts";
import type { TreeSlice } from "#renderer/state/treeSlice.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { BlastNode } from "./blastRadius.ts";
import { matchesFilter } from "./filter.ts";
import type { LayoutNode } from "./layout.ts";

export type StateCounts = ReadonlyMap<NodeState, number>;
type Nested = Pick<TreeSlice, "nodes" | "children" | "parents">;

/** The nested structure, the same object until a fleet as a whole changes; patches of nodes keep it. */
export function useShape(): readonly LayoutNode[] {
  const { store } = useApp();
  const fleets = useAppState((state) => state.fleets);
  const children = useAppState((state) => state.children);
  return useMemo(() => {
    const { nodes } = store.getState();
    return [...fleets.keys()].flatMap((name) => shapeOf({ nodes, children }, name));
  }, [store, fleets, children]);
}

/** One node, or none while the core has named it only as a child. */
function shapeOf(tree: Pick<Nested, "nodes" | "children">, path: string): readonly LayoutNode[] {
  const node = tree.nodes.get(path);
  if (node === undefined) return [];
  return [
    {
      path,
      kind: node.kind,
      strategy: node.strategy,
      children: (tree.children.get(path) ?? []).flatMap((child) => shapeOf(tree, child)),
    },
  ];
}

export interface Distress {
  /** Gave up or escalated. */
  readonly urgent: ReadonlySet<string>;
  /** Supervisors only: agents have nobody below them to escalate for. */
  readonly escalated: ReadonlySet<string>;
}

let lastDistress: Distress = { urgent: new Set(), escalated: new Set() };
let distressOf: Nested["nodes"] | undefined;

/** Scanned once per version of the nodes, whoever asks; the same sets while the answer is the same. */
function findDistress(nodes: Nested["nodes"]): Distress {
  if (distressOf === nodes) return lastDistress;
  distressOf = nodes;
  const urgent = new Set<string>();
  const escalated = new Set<string>();
  for (const { path, state, kind } of nodes.values()) {
    if (state === "gave_up" || state === "escalated") urgent.add(path);
    if (state === "escalated" && kind === "supervisor") escalated.add(path);
  }
  if (!isSameSet(urgent, lastDistress.urgent) || !isSameSet(escalated, lastDistress.escalated))
    lastDistress = { urgent, escalated };
  return lastDistress;
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((path) => right.has(path));
}

export function useDistress(): Distress {
  return useAppState((state) => findDistress(state.nodes));
}

const NO_PATHS: readonly string[] = [];

/** Paths the filter finds; undefined without a filter. */
export function useMatches(text: string): ReadonlySet<string> | undefined {
  const isOn = text.trim() !== "";
  const found = useAppState(
    useShallow((state) =>
      isOn ? [...state.nodes.values()].filter((node) => matchesFilter(node, text)).map((node) => node.path) : NO_PATHS,
    ),
  );
  return useMemo(() => (isOn ? new Set(found) : undefined), [isOn, found]);
}

/** Numbers on screen change at most once a second (design.md 6). */
const COUNTS_HOLD_MS = 1000;

/** Agents below a supervisor, by state. */
export function useCounts(path: string): StateCounts {
  const { store } = useApp();
  const held = useMemo(() => holdCounts(store, path), [store, path]);
  return useSyncExternalStore(held.subscribe, held.read);
}

/** The first change shows at once, later ones with the next second. */
function holdCounts(
  store: AppStore,
  path: string,
): { readonly subscribe: (changed: () => void) => () => void; readonly read: () => StateCounts } {
  let counts: StateCounts | undefined;
  let since = 0;
  return {
    subscribe(changed) {
      const stops = [store.subscribe(changed), onTick(changed)];
      return () => stops.forEach((stop) => stop());
    },
    read() {
      if (counts !== undefined && Date.now() - since < COUNTS_HOLD_MS - 50) return counts;
      const next = countBelow(store.getState(), path);
      if (counts !== undefined && shallow(counts, next)) return counts;
      since = Date.now();
      counts = next;
      return next;
    },
  };
}

export function countBelow(tree: Nested, path: string): StateCounts {
  const counts = new Map<NodeState, number>();
  const visit = (at: string): void => {
    for (const child of tree.children.get(at) ?? []) {
      const node = tree.nodes.get(child);
      if (node?.kind === "agent") counts.set(node.state, (counts.get(node.state) ?? 0) + 1);
      else visit(child);
    }
  };
  visit(path);
  return counts;
}

export function sumOf(counts: StateCounts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

export function useEscalatedChildren(path: string): readonly NodePatch[] {
  return useAppState(
    useShallow((state) =>
      (state.children.get(path) ?? []).flatMap((child) => {
        const node = state.nodes.get(child);
        return node?.state === "escalated" ? [node] : [];
      }),
    ),
  );
}

/** A node with everything below it, as the rules of failure read it. */
export function snapshotAt(tree: Nested, path: string): BlastNode | undefined {
  const node = tree.nodes.get(path);
  if (node === undefined) return undefined;
  return {
    ...node,
    children: (tree.children.get(path) ?? [])
      .map((child) => snapshotAt(tree, child))
      .filter((child) => child !== undefined),
  };
}

/** The whole fleet a node belongs to. */
export function fleetSnapshot(tree: Nested, path: string): BlastNode | undefined {
  let top = path;
  for (let above = tree.parents.get(top); above !== undefined; above = tree.parents.get(top)) top = above;
  return snapshotAt(tree, top);
}

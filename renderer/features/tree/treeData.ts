/**
 * What the tree page reads from the window's state, cut so that a change of one node touches one row.
 * Structure and state are apart: patches of 1,000 nodes never lay the tree out again.
 */
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState } from "#renderer/state/hooks.ts";
import type { TreeSlice } from "#renderer/state/treeSlice.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { BlastNode } from "./blastRadius.ts";
import { matchesFilter } from "./filter.ts";
import type { LayoutNode } from "./layout.ts";

export type StateCounts = ReadonlyMap<NodeState, number>;
type Nested = Pick<TreeSlice, "nodes" | "children" | "parents">;

/** The nested structure, the same object until a node is added, removed, moved or gets another strategy. */
export function useShape(): readonly LayoutNode[] {
  const parts = useAppState(useShallow((state) => structureOf(state)));
  return useMemo(() => readStructure(parts), [parts]);
}

/** Depth first: path, kind, strategy and number of children of every node, flat so that it compares cheaply. */
function structureOf(tree: Nested & Pick<TreeSlice, "fleets">): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  const visit = (path: string): void => {
    const node = tree.nodes.get(path);
    if (node === undefined) return;
    const below = (tree.children.get(path) ?? []).filter((child) => tree.nodes.has(child));
    parts.push(path, node.kind, node.strategy ?? "", below.length);
    below.forEach(visit);
  };
  for (const name of tree.fleets.keys()) visit(name);
  return parts;
}

const PARTS_OF_A_NODE = 4;

function readStructure(parts: readonly (string | number)[]): readonly LayoutNode[] {
  let at = 0;
  const read = (): LayoutNode => {
    const [path, kind, strategy, count] = parts.slice(at, at + PARTS_OF_A_NODE);
    at += PARTS_OF_A_NODE;
    const children = Array.from({ length: Number(count) }, read);
    return { path: String(path), kind: kind === "agent" ? "agent" : "supervisor", strategy: strategy === "" ? undefined : String(strategy), children };
  };
  const roots: LayoutNode[] = [];
  while (at < parts.length) roots.push(read());
  return roots;
}

/** Paths in one of these states; the same set until it changes. */
export function usePathsIn(states: ReadonlySet<NodeState>): ReadonlySet<string> {
  return usePathSet((node) => states.has(node.state));
}

/** Paths the filter finds; undefined without a filter. */
export function useMatches(text: string): ReadonlySet<string> | undefined {
  const isOn = text.trim() !== "";
  const found = usePathSet((node) => isOn && matchesFilter(node, text));
  return isOn ? found : undefined;
}

function usePathSet(isIn: (node: NodePatch) => boolean): ReadonlySet<string> {
  const paths = useAppState(useShallow((state) => [...state.nodes.values()].filter(isIn).map((node) => node.path)));
  return useMemo(() => new Set(paths), [paths]);
}

/** Agents below a supervisor, by state. */
export function useCounts(path: string): StateCounts {
  return useAppState(useShallow((state) => countBelow(state, path)));
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
  return useAppState(useShallow((state) => (state.children.get(path) ?? []).flatMap((child) => {
        const node = state.nodes.get(child);
        return node?.state === "escalated" ? [node] : [];
      })));
}

/** A node with everything below it, as the rules of failure read it. */
export function snapshotAt(tree: Nested, path: string): BlastNode | undefined {
  const node = tree.nodes.get(path);
  if (node === undefined) return undefined;
  return { ...node, children: (tree.children.get(path) ?? []).map((child) => snapshotAt(tree, child)).filter((child) => child !== undefined) };
}

/** The whole fleet a node belongs to. */
export function fleetSnapshot(tree: Nested, path: string): BlastNode | undefined {
  let top = path;
  for (let above = tree.parents.get(top); above !== undefined; above = tree.parents.get(top)) top = above;
  return snapshotAt(tree, top);
}

/** Which agents are on screen: what a person picked, topped up with those that matter most. Pure. */
import type { NodePatch } from "#shared/contract/index.ts";
import { LIVE_STATES, NEED_ORDER } from "#shared/model/states.ts";

/** Tiles a grid can have; also the keys that choose it are the agents' own numbers. */
export const GRID_SIZES = [1, 2, 4, 6, 9] as const;
export type GridSize = (typeof GRID_SIZES)[number];

export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

const GRIDS: Readonly<Record<GridSize, Grid>> = {
  1: { columns: 1, rows: 1 },
  2: { columns: 2, rows: 1 },
  4: { columns: 2, rows: 2 },
  6: { columns: 3, rows: 2 },
  9: { columns: 3, rows: 3 },
};

/** Narrow windows stack the tiles in fewer columns; never a tile without a place. */
export function gridFor(size: GridSize, count: number, isNarrow: boolean): Grid {
  const shown = Math.max(1, Math.min(size, count));
  const wanted = GRIDS[GRID_SIZES.find((candidate) => candidate >= shown) ?? 9];
  const columns = isNarrow ? Math.min(wanted.columns, shown > 4 ? 2 : 1) : wanted.columns;
  return { columns, rows: Math.ceil(shown / columns) };
}

/** Agents with a terminal to show, in the tree's order. */
export function agentsOf(nodes: ReadonlyMap<string, NodePatch>): readonly NodePatch[] {
  return [...nodes.values()].filter((node) => node.kind === "agent");
}

/**
 * Paths for `size` tiles. Picked agents keep their tile while they exist; free tiles go to living agents by need, then to
 * ended ones that have something to show.
 */
export function shownPaths(agents: readonly NodePatch[], picked: readonly string[], size: GridSize): readonly string[] {
  const known = new Set(agents.map((agent) => agent.path));
  const kept = picked.filter((path) => known.has(path)).slice(0, size);
  const rest = agents.filter((agent) => !kept.includes(agent.path) && agent.sessionId !== undefined);
  const ranked = rest.toSorted((left, right) => rank(left) - rank(right));
  return [...kept, ...ranked.map((agent) => agent.path)].slice(0, size);
}

function rank(agent: NodePatch): number {
  return (LIVE_STATES.has(agent.state) ? 0 : NEED_ORDER.length) + NEED_ORDER.indexOf(agent.state);
}

/** Puts an agent on screen or takes it off. On a full screen it takes the place of the last one. */
export function togglePicked(shown: readonly string[], path: string, size: GridSize): readonly string[] {
  if (shown.includes(path)) return shown.filter((other) => other !== path);
  return [...shown.slice(0, size - 1), path];
}

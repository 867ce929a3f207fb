/** Which zoom level a tree of this size opens with (design.md section 3). */
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { ROW_PX, type LayoutNode, type ZoomLevel } from "./layout.ts";

/** Full rows stay readable up to here. */
const FULL_ROWS_AGENTS = 40;
/** More lines than this need scrolling for longer than one glance, so areas fold to counts. */
const SCREENS_AT_A_GLANCE = 2;
/** Header, status bar and the diagram's own margins. */
const AROUND_PX = 100;
/** A fleet that grows and shrinks by an agent, or a window that is dragged, does not flip the page back and forth. */
const BACK_AT = 0.85;

export interface TreeSize {
  readonly agents: number;
  readonly supervisors: number;
  readonly areas: number;
}

export function sizeOf(roots: readonly LayoutNode[]): TreeSize {
  const size = { agents: 0, supervisors: 0, areas: 0 };
  for (const root of roots) for (const child of root.children) count(child, size);
  return size;
}

/**
 * 1 up to 40 agents; 2 while supervisors fit on about two screens; 3 where there are areas to fold. `now`: what is shown;
 * back to more detail it goes only when there is room to spare.
 */
export function defaultLevel(size: TreeSize, windowPx: number, now?: ZoomLevel): ZoomLevel {
  const lines = (SCREENS_AT_A_GLANCE * Math.max(0, windowPx - AROUND_PX)) / ROW_PX;
  const fits = (count: number, room: number, from: ZoomLevel): boolean =>
    count <= (now !== undefined && now >= from ? room * BACK_AT : room);
  if (fits(size.agents, FULL_ROWS_AGENTS, 2)) return 1;
  return size.areas === 0 || fits(size.supervisors, lines, 3) ? 2 : 3;
}

/** The level a tree is shown at while a person has chosen none; it follows the fleet and the window's height. */
export function useDefaultLevel(shape: readonly LayoutNode[]): ZoomLevel {
  const size = useMemo(() => sizeOf(shape), [shape]);
  const shown = useRef<ZoomLevel>(undefined);
  const level = useSyncExternalStore(onResize, () => defaultLevel(size, window.innerHeight, shown.current));
  useEffect(() => {
    shown.current = size.agents === 0 ? undefined : level;
  }, [size, level]);
  return level;
}

function onResize(changed: () => void): () => void {
  window.addEventListener("resize", changed);
  return () => window.removeEventListener("resize", changed);
}

function count(node: LayoutNode, size: { agents: number; supervisors: number; areas: number }): void {
  if (node.kind === "agent") {
    size.agents += 1;
    return;
  }
  size.supervisors += 1;
  if (node.children.some((child) => child.kind === "supervisor")) size.areas += 1;
  for (const child of node.children) count(child, size);
}

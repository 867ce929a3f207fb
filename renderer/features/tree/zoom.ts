/** Which zoom level a tree of this size opens with (design.md section 3). */
import type { LayoutNode, ZoomLevel } from "./layout.ts";

/** Full rows stay readable up to here. */
const FULL_ROWS_AGENTS = 40;
/** More lines than this need scrolling for longer than one glance, so areas fold to counts. */
const LINES_AT_A_GLANCE = 60;

/** 1 up to 40 agents; 2 while supervisors fit on about two screens; 3 where there are areas to fold. */
export function defaultLevel(roots: readonly LayoutNode[]): ZoomLevel {
  const size = { agents: 0, supervisors: 0, areas: 0 };
  for (const root of roots) for (const child of root.children) count(child, size);
  if (size.agents <= FULL_ROWS_AGENTS) return 1;
  return size.supervisors <= LINES_AT_A_GLANCE || size.areas === 0 ? 2 : 3;
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

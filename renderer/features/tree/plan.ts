/** Decides, before any geometry, which form each supervisor takes: header, block, strip of lamps, or counts. */
import type { LayoutInput, LayoutNode } from "./layoutInput.ts";

export type Form = "agent" | "header" | "block" | "strip" | "counts";

export interface PlanNode {
  readonly path: string;
  readonly strategy: string | undefined;
  readonly form: Form;
  /** From 1, in start order. */
  readonly position: number;
  /** Agents at and below it. */
  readonly agents: number;
  /** Only those that get rows or lamps. */
  readonly children: readonly PlanNode[];
}

/** O(n): one walk, children before parents. */
export function planTree(input: LayoutInput): readonly PlanNode[] {
  return input.roots.map((root, index) => planNode(input, root, { position: index + 1, isRoot: true }).node);
}

interface Planned {
  readonly node: PlanNode;
  /** It, or something below it, gave up or was found by the filter. */
  readonly calls: boolean;
}

function planNode(
  input: LayoutInput,
  node: LayoutNode,
  at: { readonly position: number; readonly isRoot: boolean },
): Planned {
  const isCalled = [input.urgent, input.matches].some((set) => set?.has(node.path) === true);
  if (node.kind === "agent") {
    return {
      node: { path: node.path, strategy: undefined, form: "agent", position: at.position, agents: 1, children: [] },
      calls: isCalled,
    };
  }
  const planned = node.children.map((child, index) => planNode(input, child, { position: index + 1, isRoot: false }));
  const children = planned.map((child) => child.node);
  const calls = isCalled || planned.some((child) => child.calls);
  const form = formOf(input, node, at.isRoot || calls);
  const agents = children.reduce((sum, child) => sum + child.agents, 0);
  return { node: { path: node.path, strategy: node.strategy, form, position: at.position, agents, children }, calls };
}

/** A person's folding, then need, then the zoom level. */
function formOf(input: LayoutInput, node: LayoutNode, isNeeded: boolean): Form {
  const isArea = node.children.some((child) => child.kind === "supervisor");
  const isOpen = input.folds?.get(node.path) ?? (isNeeded || input.level <= (isArea ? 2 : 1));
  if (isOpen) return isArea ? "header" : "block";
  return isArea || input.level === 3 ? "counts" : "strip";
}

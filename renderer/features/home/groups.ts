/** Supervisors that hold agents, in the tree's order, each with its agents. Pure. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { TreeSlice } from "#renderer/state/treeSlice.ts";
import { NEED_ORDER } from "#shared/model/states.ts";

export interface Group {
  readonly supervisor: NodePatch;
  readonly agents: readonly NodePatch[];
}

export function agentGroups(tree: Pick<TreeSlice, "fleets" | "nodes" | "children">): readonly Group[] {
  const groups: Group[] = [];
  const visit = (path: string) => {
    const supervisor = tree.nodes.get(path);
    if (supervisor === undefined) return;
    const below = (tree.children.get(path) ?? []).flatMap((child) => tree.nodes.get(child) ?? []);
    const agents = below.filter((node) => node.kind === "agent");
    if (agents.length > 0) groups.push({ supervisor, agents });
    for (const node of below) if (node.kind === "supervisor") visit(node.path);
  };
  for (const fleet of tree.fleets.values()) if (fleet.status !== "down") visit(fleet.name);
  return groups;
}

/** The `count` groups that need a person most, still in the tree's order. */
export function worstGroups(groups: readonly Group[], count: number): readonly Group[] {
  if (groups.length <= count) return groups;
  const rank = ({ supervisor, agents }: Group) =>
    Math.min(...[supervisor, ...agents].map((node) => NEED_ORDER.indexOf(node.state)));
  const kept = new Set(groups.toSorted((left, right) => rank(left) - rank(right)).slice(0, count));
  return groups.filter((group) => kept.has(group));
}

/** Joins the ledger and the fleets: what an agent spends counts for every supervisor above it. */
import type { TreeNode } from "#shared/model/node.ts";
import type { Fleets } from "#core/fleets/index.ts";

/** The path itself, the supervisors above it, and its fleet; for an agent that is no longer in the tree its fleet alone. */
export function aboveInTree(fleets: Pick<Fleets, "views" | "watch">): (path: string) => readonly string[] {
  let above: Map<string, readonly string[]> | undefined;
  fleets.watch((item) => {
    // Which nodes there are changes with the fleet; a delta of nodes may bring a dynamic child.
    if (item.type !== "nodes" || item.nodes.some(({ path }) => above?.has(path) !== true)) above = undefined;
  });
  return (path) => {
    above ??= readTree(fleets);
    return above.get(path) ?? [path, ...(path.includes("/") ? [path.slice(0, path.indexOf("/"))] : [])];
  };
}

function readTree(fleets: Pick<Fleets, "views">): Map<string, readonly string[]> {
  const above = new Map<string, readonly string[]>();
  const walk = (node: TreeNode, parents: readonly string[]): void => {
    const line = [node.path, ...parents];
    above.set(node.path, line);
    for (const child of node.children) walk(child, line);
  };
  for (const fleet of fleets.views()) walk(fleet.root, []);
  return above;
}

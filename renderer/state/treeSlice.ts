/** The fleets as a normalised map. A change touches the maps and the changed node only, so only its row is drawn again. */
import type { NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";

/** A fleet without its nodes; its top node's path is its name. */
export type FleetEntry = Omit<Fleet, "root">;

export interface TreeSlice {
  /** In the order the core tells them. */
  readonly fleets: ReadonlyMap<string, FleetEntry>;
  readonly nodes: ReadonlyMap<string, NodePatch>;
  /** Paths of children in start order; agents have no entry. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  readonly parents: ReadonlyMap<string, string>;
}

export const EMPTY_TREE: TreeSlice = { fleets: new Map(), nodes: new Map(), children: new Map(), parents: new Map() };

export function applyTreeItem(tree: TreeSlice, item: StreamItem<"tree">): TreeSlice {
  switch (item.type) {
    case "snapshot":
      return item.fleets.reduce(putFleet, { ...EMPTY_TREE, previous: tree });
    case "fleet":
      return putFleet(withoutFleet(tree, item.fleet.name), item.fleet);
    case "fleet_removed": {
      const { previous: _previous, ...rest } = withoutFleet(tree, item.name);
      const fleets = new Map(rest.fleets);
      fleets.delete(item.name);
      return { ...rest, fleets };
    }
    case "nodes":
      return patchNodes(tree, item.nodes);
  }
}

function patchNodes(tree: TreeSlice, patches: readonly NodePatch[]): TreeSlice {
  const nodes = new Map(tree.nodes);
  for (const patch of patches) {
    // A node nobody announced has no place in the tree; its fleet follows as a whole.
    const known = nodes.get(patch.path);
    if (known !== undefined) nodes.set(patch.path, keepEqual(known, patch));
  }
  return { ...tree, nodes };
}

/** A tree being rebuilt; nodes equal to `previous` keep their identity. */
interface Rebuilt extends TreeSlice {
  readonly previous: TreeSlice;
}

function withoutFleet(tree: TreeSlice, name: string): Rebuilt {
  const belongs = (path: string) => path === name || path.startsWith(`${name}/`);
  const keep = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([path]) => !belongs(path)));
  return {
    fleets: tree.fleets,
    nodes: keep(tree.nodes),
    children: keep(tree.children),
    parents: keep(tree.parents),
    previous: tree,
  };
}

function putFleet(tree: Rebuilt, fleet: Fleet): Rebuilt {
  const { root, ...entry } = fleet;
  const nodes = new Map(tree.nodes);
  const children = new Map(tree.children);
  const parents = new Map(tree.parents);
  const put = ({ children: below, ...patch }: TreeNode) => {
    const old = tree.previous.nodes.get(patch.path);
    nodes.set(patch.path, old === undefined ? patch : keepEqual(old, patch));
    if (patch.kind === "agent") return;
    const paths = below.map((child) => child.path);
    const oldPaths = tree.previous.children.get(patch.path);
    children.set(patch.path, oldPaths !== undefined && sameList(oldPaths, paths) ? oldPaths : paths);
    for (const child of below) {
      parents.set(child.path, patch.path);
      put(child);
    }
  };
  put(root);
  return { ...tree, fleets: new Map(tree.fleets).set(fleet.name, entry), nodes, children, parents };
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

/** The old object where nothing in it changed; a node's fields are all scalars. */
function keepEqual(old: NodePatch, next: NodePatch): NodePatch {
  const before: Readonly<Record<string, unknown>> = old;
  const after: Readonly<Record<string, unknown>> = next;
  const keys = Object.keys(after);
  const isEqual = keys.length === Object.keys(before).length && keys.every((key) => before[key] === after[key]);
  return isEqual ? old : next;
}

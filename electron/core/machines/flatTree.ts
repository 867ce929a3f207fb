/** Trees on their way between machines: flat, without what is nobody else's business; and back, under the machine's label. */
import { maskSecrets } from "#shared/lib/secrets.ts";
import type { FlatFleet } from "#shared/model/catalogue/machines.ts";
import { LABEL_END } from "#shared/model/machine.ts";
import type { FlatNode } from "#shared/model/machine.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import type { NodePatch } from "#shared/contract/index.ts";

/** Sessions are opened on their own machine only; command lines may hold secrets of any shape. */
export function flatNode(node: NodePatch, parent?: string): FlatNode {
  const { sessionId: _s, cliSessionId: _c, command: _l, cwd: _w, detail, ...told } = node;
  return {
    ...told,
    ...(detail === undefined || detail === node.command ? {} : { detail: maskSecrets(detail) }),
    ...(parent === undefined ? {} : { parent }),
  };
}

export function flatFleet({ name, status, root }: Fleet): FlatFleet {
  const nodes: FlatNode[] = [];
  const visit = ({ children, ...node }: TreeNode, parent?: string): void => {
    nodes.push(flatNode(node, parent));
    for (const child of children) visit(child, node.path);
  };
  visit(root);
  return { name, status, nodes };
}

export function labelled(label: string, path: string): string {
  return `${label}${LABEL_END}${path}`;
}

export function labelledNode(label: string, flat: FlatNode): NodePatch {
  const { parent: _, ...node } = flat;
  return { ...node, path: labelled(label, node.path) };
}

/** Undefined when what came is no tree: no top node, or a node under one that was not named before it. */
export function deepFleet(label: string, { name, status, nodes }: FlatFleet): Fleet | undefined {
  const known = new Map<string, TreeNode>();
  const [top, ...rest] = nodes;
  if (top === undefined || top.path !== name || top.parent !== undefined) return undefined;
  const root: TreeNode = { ...labelledNode(label, top), children: [] };
  known.set(top.path, root);
  for (const node of rest) {
    const parent = node.parent === undefined ? undefined : known.get(node.parent);
    if (parent === undefined || known.has(node.path)) return undefined;
    const made: TreeNode = { ...labelledNode(label, node), children: [] };
    parent.children.push(made);
    known.set(node.path, made);
  }
  return { name: labelled(label, name), file: "", status, autostart: false, root };
}

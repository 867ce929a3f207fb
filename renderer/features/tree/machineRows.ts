/** Other machines' trees as rows: what the list shows and the arrow keys go through. Pure. */
import type { Machine } from "#shared/model/machine.ts";
import type { TreeNode } from "#shared/model/node.ts";
import type { SteerRow } from "./steer.ts";

export interface MachineRow {
  readonly machine: Machine;
  readonly node: TreeNode;
  readonly depth: number;
  readonly parent: string | undefined;
}

export function rowsOfMachine(machine: Machine): readonly MachineRow[] {
  const below = (node: TreeNode, depth: number, parent: string | undefined): readonly MachineRow[] => [
    { machine, node, depth, parent },
    ...node.children.flatMap((child) => below(child, depth + 1, node.path)),
  ];
  return machine.fleets.flatMap(({ root }) => below(root, 0, undefined));
}

/** Rows to walk with the arrow keys; nothing there folds. */
export function steerRowsOf(machines: readonly Machine[]): readonly SteerRow[] {
  return machines.flatMap(rowsOfMachine).map(({ node, parent }) => ({ path: node.path, parent }));
}

export function machineRowAt(machines: readonly Machine[], path: string | undefined): MachineRow | undefined {
  if (path === undefined) return undefined;
  return machines.flatMap(rowsOfMachine).find(({ node }) => node.path === path);
}

/** Found by its name, its CLI or the machine's name. */
export function isFound({ node, machine }: MachineRow, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [node.id, node.agent ?? "", machine.label].some((word) => word.toLowerCase().includes(wanted));
}

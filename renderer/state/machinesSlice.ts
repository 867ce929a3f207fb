/** Other machines on the same NATS server, as the core tells them. */
import type { NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { Machine } from "#shared/model/machine.ts";
import type { TreeNode } from "#shared/model/node.ts";

type Machines = readonly Machine[];

export function applyMachinesItem(machines: Machines, item: StreamItem<"machines">): Machines {
  switch (item.type) {
    case "snapshot":
      return item.machines;
    case "machine":
      return sorted([...machines.filter(({ label }) => label !== item.machine.label), item.machine]);
    case "machine_status":
      return machines.map((one) => (one.label === item.machine.label ? { ...one, ...item.machine } : one));
    case "machine_removed":
      return machines.filter(({ label }) => label !== item.label);
    case "nodes":
      return patched(machines, item.nodes);
  }
}

function sorted(machines: Machines): Machines {
  return machines.toSorted((a, b) => a.label.localeCompare(b.label));
}

function patched(machines: Machines, nodes: readonly NodePatch[]): Machines {
  const byPath = new Map(nodes.map((node) => [node.path, node]));
  const renewed = (node: TreeNode): TreeNode => ({
    ...(byPath.get(node.path) ?? node),
    children: node.children.map(renewed),
  });
  return machines.map((one) => ({
    ...one,
    fleets: one.fleets.map((fleet) => ({ ...fleet, root: renewed(fleet.root) })),
  }));
}

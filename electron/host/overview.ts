/** The little the shell knows: which agents are in which state, what waits, whether the keeper answers. Pure. */
import type { AppStatus, NodePatch, StreamItem } from "#shared/contract/index.ts";
import { STOPPING_LEVELS } from "#shared/model/budget.ts";
import type { Budget } from "#shared/model/budget.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { LIVE_STATES, type NodeState } from "#shared/model/states.ts";

export interface Overview {
  /** By tree path; a fleet's nodes have its name as the first part of theirs. */
  readonly nodes: ReadonlyMap<string, NodePatch>;
  readonly inbox: ReadonlyMap<string, InboxItem>;
  readonly keeper: AppStatus["keeper"];
  /** What all agents spent today, nano-dollars; undefined before the core said so. */
  readonly spentNanos: number | undefined;
  readonly budgets: ReadonlyMap<string, Budget>;
}

export const EMPTY_OVERVIEW: Overview = {
  nodes: new Map(),
  inbox: new Map(),
  keeper: "starting",
  spentNanos: undefined,
  budgets: new Map(),
};

export function withTree(overview: Overview, item: StreamItem<"tree">): Overview {
  switch (item.type) {
    case "snapshot":
      return { ...overview, nodes: new Map(item.fleets.flatMap(nodesOf)) };
    case "nodes":
      return {
        ...overview,
        nodes: new Map([...overview.nodes, ...item.nodes.map((node) => [node.path, node] as const)]),
      };
    case "fleet":
      return { ...overview, nodes: new Map([...without(overview.nodes, item.fleet.name), ...nodesOf(item.fleet)]) };
    case "fleet_removed":
      return { ...overview, nodes: new Map(without(overview.nodes, item.name)) };
  }
}

export function withInbox(overview: Overview, item: StreamItem<"inbox">): Overview {
  const known = item.type === "snapshot" ? [] : [...overview.inbox];
  const changed = item.type === "snapshot" ? item.items : [item.item];
  const inbox = new Map([...known, ...changed.map((one) => [one.id, one] as const)]);
  return { ...overview, inbox: new Map([...inbox].filter(([, one]) => one.status === "open")) };
}

export function withUsage(overview: Overview, item: StreamItem<"usage">): Overview {
  return item.type === "burn" ? { ...overview, spentNanos: item.todayNanos } : overview;
}

export function withBudgets(overview: Overview, item: StreamItem<"budgets">): Overview {
  const budgets = new Map(item.type === "snapshot" ? [] : overview.budgets);
  if (item.type === "removed") for (const id of item.ids) budgets.delete(id);
  else for (const budget of item.budgets) budgets.set(budget.id, budget);
  return { ...overview, budgets };
}

/** Budgets that stop somebody now, or have less than a fifth left. */
export function atLimit(overview: Overview): readonly Budget[] {
  return [...overview.budgets.values()].filter(({ level }) => level === "warn" || STOPPING_LEVELS.has(level));
}

export function withStatus(overview: Overview, status: AppStatus): Overview {
  return { ...overview, keeper: status.keeper };
}

/** Open items, the longest wait first. */
export function waiting(overview: Overview): readonly InboxItem[] {
  return [...overview.inbox.values()].sort((a, b) => a.since.localeCompare(b.since));
}

export function agentCounts(overview: Overview): { readonly running: number; readonly total: number } {
  const agents = [...overview.nodes.values()].filter((node) => node.kind === "agent");
  return { running: agents.filter((node) => LIVE_STATES.has(node.state)).length, total: agents.length };
}

export function hasState(overview: Overview, states: ReadonlySet<NodeState>): boolean {
  return [...overview.nodes.values()].some((node) => states.has(node.state));
}

function nodesOf(fleet: Fleet): [string, NodePatch][] {
  const walk = (node: TreeNode): [string, NodePatch][] => {
    const { children, ...patch } = node;
    return [[patch.path, patch], ...children.flatMap(walk)];
  };
  return walk(fleet.root);
}

function without(nodes: ReadonlyMap<string, NodePatch>, fleet: string): [string, NodePatch][] {
  return [...nodes].filter(([path]) => path !== fleet && !path.startsWith(`${fleet}/`));
}

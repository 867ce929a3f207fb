/** What is counted from the tree and the inbox. Each is computed once per version of the map it is made from. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { BROKEN_STATES, isRunning } from "#shared/model/stateWords.ts";
import type { HomeCounts } from "#shared/model/stateWords.ts";
import { NEED_ORDER } from "#shared/model/states.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { TreeSlice } from "./treeSlice.ts";

type Nodes = TreeSlice["nodes"];
export type StateCounts = ReadonlyMap<NodeState, number>;

const countsOf = new WeakMap<Nodes, StateCounts>();

/** Agents per state, most urgent state first; states nobody is in are absent. */
export function countAgents(nodes: Nodes): StateCounts {
  const known = countsOf.get(nodes);
  if (known !== undefined) return known;
  const found = new Map<NodeState, number>();
  for (const node of nodes.values()) if (node.kind === "agent") found.set(node.state, (found.get(node.state) ?? 0) + 1);
  const counts = new Map(
    NEED_ORDER.flatMap((state) => (found.has(state) ? [[state, found.get(state) ?? 0] as const] : [])),
  );
  countsOf.set(nodes, counts);
  return counts;
}

/** The numbers of Home's sentence. */
export function homeCounts(nodes: Nodes, inbox: readonly InboxItem[]): HomeCounts {
  const counts = countAgents(nodes);
  let running = 0;
  let broken = 0;
  let agents = 0;
  for (const [state, count] of counts) {
    agents += count;
    if (isRunning(state)) running += count;
    if (BROKEN_STATES.has(state)) broken += count;
  }
  return { needs: openItems(inbox).length, broken, running, agents };
}

const openOf = new WeakMap<readonly InboxItem[], readonly InboxItem[]>();

/** Items waiting for a person now, in the order of the inbox. */
export function openItems(inbox: readonly InboxItem[]): readonly InboxItem[] {
  const known = openOf.get(inbox) ?? inbox.filter((item) => item.status === "open");
  openOf.set(inbox, known);
  return known;
}

const INBOX_ORDER: Readonly<Record<InboxItem["kind"], number>> = {
  permission: 0,
  question: 1,
  needs_login: 2,
  escalated: 3,
  gave_up: 3,
  rate_limited: 4,
  over_limit: 4,
  budget: 4,
  dead_letter: 4,
  refused: 4,
};

/** Open before snoozed before closed; open ones: agents that wait first, then what broke, the longest waiting first. */
export function sortInbox(items: readonly InboxItem[]): readonly InboxItem[] {
  const rank = (item: InboxItem) =>
    item.status === "open" ? INBOX_ORDER[item.kind] : item.status === "snoozed" ? 10 : 20;
  return items.toSorted((left, right) => {
    const byRank = rank(left) - rank(right);
    if (byRank !== 0) return byRank;
    return rank(left) >= 20 ? right.since.localeCompare(left.since) : left.since.localeCompare(right.since);
  });
}

/** Agents that wait for a person, longest first: the round of Cmd J. */
export function waitingAgents(nodes: Nodes): readonly NodePatch[] {
  return [...nodes.values()]
    .filter((node) => node.kind === "agent" && WAITING.has(node.state))
    .toSorted((left, right) => left.stateSince.localeCompare(right.stateSince));
}
const WAITING: ReadonlySet<NodeState> = new Set(["waiting_permission", "waiting_answer", "needs_login"]);

/** Everything below a node, itself included, in the tree's order. */
export function subtree(tree: Pick<TreeSlice, "children">, path: string): readonly string[] {
  return [path, ...(tree.children.get(path) ?? []).flatMap((child) => subtree(tree, child))];
}

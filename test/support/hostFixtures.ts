/** Trees, inbox items and overviews for the tests of the desktop shell. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { EMPTY_OVERVIEW, type Overview } from "#host/overview.ts";

export function aNode(path: string, change: Partial<NodePatch> = {}): NodePatch {
  return {
    id: path.slice(path.lastIndexOf("/") + 1),
    path,
    kind: path.includes("/") ? "agent" : "supervisor",
    state: "idle",
    stateSince: "2026-11-20T12:00:00.000Z",
    health: "healthy",
    restarts: 0,
    generation: 1,
    ...change,
  };
}

export function aFleet(name: string, agents: readonly NodePatch[] = []): Fleet {
  const root: TreeNode = { ...aNode(name), children: agents.map((agent) => ({ ...agent, children: [] })) };
  return { name, file: `/fleets/${name}.yaml`, status: "up", autostart: false, root };
}

export function anInboxItem(id: string, change: Partial<InboxItem> = {}): InboxItem {
  return {
    id,
    kind: "permission",
    path: "shop/fixer",
    title: "run a command",
    body: "npm test",
    irreversible: false,
    options: [],
    via: "keys",
    status: "open",
    since: "2026-11-20T12:00:00.000Z",
    ...change,
  };
}

export function anOverview(
  change: {
    readonly nodes?: readonly NodePatch[];
    readonly inbox?: readonly InboxItem[];
    readonly keeper?: Overview["keeper"];
  } = {},
): Overview {
  return {
    ...EMPTY_OVERVIEW,
    keeper: change.keeper ?? "connected",
    nodes: new Map((change.nodes ?? []).map((node) => [node.path, node])),
    inbox: new Map((change.inbox ?? []).map((item) => [item.id, item])),
  };
}

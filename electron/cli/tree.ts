/** tree and ps: what runs, as a picture for people and as nodes for scripts. */
import { amountText } from "#shared/lib/amountWords.ts";
import { durationWords } from "#shared/lib/words.ts";
import type { Machine } from "#shared/model/machine.ts";
import { machineWords } from "#shared/model/machineWords.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { withApp } from "./command.ts";
import type { Command } from "./command.ts";
import { DONE, refused } from "./outcome.ts";
import { table } from "./output.ts";

export const treeCommands: Readonly<Record<string, Command>> = {
  tree: {
    usage: "tree",
    summary: "The supervision tree of every fleet",
    takes: [0, 0],
    run: (context) =>
      withApp(context, async (client) => {
        const fleets = await client.query("fleet.list", {});
        if (!fleets.ok) return refused(fleets.error);
        const others = await client.query("machine.list", {});
        const machines = others.ok ? others.value.machines : [];
        if (context.out.isJson) {
          for (const fleet of [...fleets.value, ...machines.flatMap((machine) => machine.fleets)])
            await context.out.json(fleet.root);
          return DONE;
        }
        for (const line of drawFleets(fleets.value, Date.now())) await context.out.line(line);
        for (const machine of machines)
          for (const line of drawMachine(machine, Date.now())) await context.out.line(line);
        for (const line of await budgetLines(client)) await context.out.line(line);
        return DONE;
      }),
  },
  ps: {
    usage: "ps",
    summary: "Every agent on one line",
    takes: [0, 0],
    run: (context) =>
      withApp(context, async (client) => {
        const fleets = await client.query("fleet.list", {});
        if (!fleets.ok) return refused(fleets.error);
        const agents = fleets.value.flatMap((fleet) => agentsOf(fleet.root));
        if (context.out.isJson) for (const { children: _, ...agent } of agents) await context.out.json(agent);
        else for (const line of listAgents(agents, Date.now())) await context.out.line(line);
        return DONE;
      }),
  },
};

const LAMPS: Readonly<Record<NodeState, string>> = {
  starting: "◌",
  idle: "○",
  busy: "●",
  waiting_permission: "◆",
  waiting_answer: "◆",
  rate_limited: "◔",
  needs_login: "◇",
  paused: "‖",
  backoff: "↻",
  stopping: "◍",
  stopped: "□",
  done: "✓",
  crashed: "✗",
  gave_up: "■",
  escalated: "▲",
};

/** Budgets that a person should look at, below the tree. */
async function budgetLines(client: ConnectedClient): Promise<readonly string[]> {
  const budgets = await client.query("budget.list", {});
  const told = budgets.ok ? budgets.value.filter(({ level }) => level !== "ok") : [];
  const rows = told.map(({ id, level, spent, allowance, unit }) => [
    id,
    level,
    `${amountText(spent, unit)} of ${amountText(allowance, unit)}`,
  ]);
  return rows.length === 0 ? [] : table([["BUDGET", "LEVEL", "SPENT"], ...rows]);
}

function drawFleets(fleets: readonly Fleet[], now: number): string[] {
  if (fleets.length === 0) return ['No fleet yet. "signalbox up FILE" starts one.'];
  return table(fleets.flatMap((fleet) => drawNode(fleet.root, { now, lead: "", branch: "", below: "" })));
}

/** Under its name; what it shows is of when it was last heard of. */
function drawMachine({ label, state, since, fleets, cut }: Machine, now: number): string[] {
  const words = machineWords(state, durationWords(now - Date.parse(since)));
  const rows = table(fleets.flatMap((fleet) => drawNode(fleet.root, { now, lead: "  ", branch: "", below: "" })));
  const more = cut === 0 ? [] : [`  ${cut} more agents are not shown: the tree is too large to be sent whole.`];
  return [
    "",
    `${label} (another machine, ${words}; steer it there)`,
    ...(rows.length === 0 ? ["  no fleet"] : rows),
    ...more,
  ];
}

interface Place {
  readonly now: number;
  readonly lead: string;
  readonly branch: string;
  readonly below: string;
}

function drawNode(node: TreeNode, place: Place): string[][] {
  const lead = place.lead + place.branch;
  const childLead = place.lead + place.below;
  const children = node.children.flatMap((child, index) => {
    const isLast = index === node.children.length - 1;
    return drawNode(child, {
      now: place.now,
      lead: childLead,
      branch: isLast ? "└─ " : "├─ ",
      below: isLast ? "   " : "│  ",
    });
  });
  return [[`${lead}${LAMPS[node.state]} ${node.id}`, ...cells(node, place.now)], ...children];
}

function listAgents(agents: readonly TreeNode[], now: number): string[] {
  if (agents.length === 0) return ["No agents."];
  return table([
    ["  AGENT", "STATE", "KIND", "PID", "RESTARTS", "SINCE"],
    ...agents.map((node) => [
      `${LAMPS[node.state]} ${node.path}`,
      stateWords(node.state),
      node.agent ?? "",
      node.pid === undefined ? "-" : String(node.pid),
      String(node.restarts),
      durationWords(now - Date.parse(node.stateSince)),
    ]),
  ]);
}

function cells(node: TreeNode, now: number): string[] {
  const word = stateWords(node.state);
  if (node.kind === "supervisor") {
    const window =
      node.intensity === undefined
        ? ""
        : `${node.restartsInWindow ?? 0} of ${node.intensity} restarts in ${Math.round((node.periodMs ?? 0) / 1000)} s`;
    return [
      word,
      node.strategy ?? "",
      [window, node.detail].filter((fact) => fact !== undefined && fact !== "").join(", "),
    ];
  }
  const facts = [
    node.pid === undefined ? undefined : `pid ${node.pid}`,
    node.restarts > 0 ? `${node.restarts} restarts` : undefined,
    durationWords(now - Date.parse(node.stateSince)),
    node.detail ?? node.exitDetail,
  ];
  return [word, node.agent ?? "", facts.filter((fact) => fact !== undefined).join(", ")];
}

function stateWords(state: NodeState): string {
  return state.replaceAll("_", " ");
}

export function agentsOf(node: TreeNode): TreeNode[] {
  return node.kind === "agent" ? [node] : node.children.flatMap(agentsOf);
}

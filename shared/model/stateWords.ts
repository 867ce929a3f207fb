/** A node's state in words (design.md 4, 7, 12), one place for the window, the command line and notifications. */
import { clockWords, countdownWords, durationWords, plural } from "../lib/words.ts";
import { LIVE_STATES } from "./states.ts";
import type { ExitCause, NodeState } from "./states.ts";

/** The bare word; counts read "2 waiting for you". */
export const STATE_WORDS: Readonly<Record<NodeState, string>> = {
  starting: "Starting",
  idle: "Idle",
  busy: "Busy",
  waiting_permission: "Waiting for you",
  waiting_answer: "Waiting for you",
  rate_limited: "Rate-limited",
  needs_login: "Needs you to sign in",
  paused: "Paused",
  backoff: "Restarting",
  stopping: "Stopping",
  stopped: "Stopped",
  done: "Done",
  crashed: "Crashed",
  gave_up: "Gave up",
  escalated: "Escalated",
};

/** What of a node its words are made from. */
export interface WordedNode {
  readonly state: NodeState;
  readonly stateSince: string;
  readonly generation: number;
  readonly nextStartAt?: string | undefined;
  readonly pauseKind?: "frozen" | "held" | undefined;
  readonly exitDetail?: string | undefined;
  readonly queued?: boolean | undefined;
  readonly exitCause?: ExitCause | undefined;
}

type Worder = (node: WordedNode, now: number) => string;

const bare: Worder = (node) => STATE_WORDS[node.state];
const withAge: Worder = (node, now) => `${STATE_WORDS[node.state]} ${durationWords(now - Date.parse(node.stateSince))}`;
const withClock: Worder = (node, now) =>
  `${STATE_WORDS[node.state]} ${clockWords(Date.parse(node.stateSince), now)}`.trim();
const withEnd: Worder = (node) =>
  node.exitDetail === undefined
    ? STATE_WORDS[node.state]
    : `${STATE_WORDS[node.state]}, ${lowerFirst(node.exitDetail)}`;

const WORDERS: Readonly<Record<NodeState, Worder>> = {
  starting: (node, now) =>
    node.queued === true
      ? `Waits to start ${durationWords(now - Date.parse(node.stateSince))}`
      : node.generation > 1
        ? `Starting, life ${node.generation}`
        : "Starting",
  idle: withAge,
  busy: withAge,
  waiting_permission: withAge,
  waiting_answer: withAge,
  rate_limited: (node, now) =>
    node.nextStartAt === undefined
      ? withAge(node, now)
      : `Rate-limited to ${clockWords(Date.parse(node.nextStartAt), now)}`,
  needs_login: bare,
  paused: (node) => {
    if (node.pauseKind === "held") return "Paused, no new work";
    return node.pauseKind === undefined && node.exitCause === "budget_exhausted" ? "Paused at budget" : "Paused by you";
  },
  backoff: (node, now) =>
    node.nextStartAt === undefined ? "Restarting" : `Restart in ${countdownWords(Date.parse(node.nextStartAt) - now)}`,
  stopping: bare,
  stopped: bare,
  done: withClock,
  crashed: withEnd,
  gave_up: withEnd,
  escalated: withClock,
};

/** "Busy 4m", "Restart in 0:12", "Rate-limited to 14:20", "Gave up, exit 1". `now`: ms since 1970. */
export function stateWords(node: WordedNode, now: number): string {
  return WORDERS[node.state](node, now);
}

/** States a person has to act on, and those that broke, as Home counts them. */
export const BROKEN_STATES: ReadonlySet<NodeState> = new Set(["crashed", "backoff", "gave_up", "escalated"]);
export const WAITING_STATES: ReadonlySet<NodeState> = new Set(["waiting_permission", "waiting_answer", "needs_login"]);

/** Alive and not held back: what "running" counts. */
export function isRunning(state: NodeState): boolean {
  return LIVE_STATES.has(state) && state !== "paused" && state !== "stopping";
}

export interface HomeCounts {
  readonly needs: number;
  readonly broken: number;
  readonly running: number;
  readonly agents: number;
}

/** The one sentence of Home, the tray and `signalbox ps`: "4 things need you. 2 are broken. 12 of 18 agents are running." */
export function homeSentence({ needs, broken, running, agents }: HomeCounts): string {
  if (agents === 0 && needs === 0) return "No agents yet.";
  const parts = [
    needs === 0 ? "Nothing needs you." : `${plural(needs, "thing")} ${needs === 1 ? "needs" : "need"} you.`,
  ];
  if (broken > 0) parts.push(`${broken} ${broken === 1 ? "is" : "are"} broken.`);
  const subject =
    running === agents || running === 0 ? plural(running, "agent") : `${running} of ${plural(agents, "agent")}`;
  parts.push(
    running === 0
      ? "No agent is running."
      : `${subject} ${running === 1 && running === agents ? "is" : "are"} running.`,
  );
  return parts.join(" ");
}

const CLI_NAMES: Readonly<Record<string, string>> = {
  claude: "Claude Code",
  codex: "Codex",
  gemini: "Gemini CLI",
  opencode: "opencode",
  command: "Command",
};

/** The agent CLI as its makers write it; an unknown one by its id. */
export function cliName(agent: string | undefined): string {
  return agent === undefined ? "" : (CLI_NAMES[agent] ?? agent);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

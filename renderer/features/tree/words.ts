/** A node's state as a row says it: the word first, then since when, until when, or how it ended (design.md 4 and 7). */
import type { NodePatch } from "#shared/contract/index.ts";
import type { NodeState } from "#shared/model/states.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const STATE_WORDS: Record<NodeState, string> = {
  starting: "Starting",
  idle: "Idle",
  busy: "Busy",
  waiting_permission: "Waiting for you",
  waiting_answer: "Waiting for you",
  rate_limited: "Rate-limited",
  needs_login: "Needs login",
  paused: "Paused",
  backoff: "Restarting",
  stopping: "Stopping",
  stopped: "Stopped",
  done: "Done",
  crashed: "Crashed",
  gave_up: "Gave up",
  escalated: "Escalated",
};

/** For counts: "2 waiting for you", "1 in backoff". */
export const COUNT_WORDS: Record<NodeState, string> = {
  starting: "starting",
  idle: "idle",
  busy: "busy",
  waiting_permission: "waiting",
  waiting_answer: "waiting",
  rate_limited: "rate-limited",
  needs_login: "signed out",
  paused: "paused",
  backoff: "in backoff",
  stopping: "stopping",
  stopped: "stopped",
  done: "done",
  crashed: "crashed",
  gave_up: "gave up",
  escalated: "escalated",
};

type Worded = Pick<NodePatch, "state" | "stateSince" | "generation" | "nextStartAt" | "pauseKind" | "exitDetail">;

/** "Busy 4m", "Restart in 0:12", "Rate-limited to 14:20", "Gave up, exit 1". `now` in ms since the epoch. */
export function stateWord(node: Worded, now: number): string {
  return WORDERS[node.state](STATE_WORDS[node.state], node, now);
}

type Worder = (word: string, node: Worded, now: number) => string;

const bare: Worder = (word) => word;
const withAge: Worder = (word, node, now) => `${word} ${age(now - Date.parse(node.stateSince))}`;
const withClock: Worder = (word, node, now) => `${word} ${clock(Date.parse(node.stateSince), now)}`;
const withEnd: Worder = (word, node) => (node.exitDetail === undefined ? word : `${word}, ${lower(node.exitDetail)}`);

const WORDERS: Record<NodeState, Worder> = {
  starting: (word, node) => (node.generation > 1 ? `${word}, life ${node.generation}` : word),
  idle: withAge,
  busy: withAge,
  waiting_permission: withAge,
  waiting_answer: withAge,
  rate_limited: (word, node, now) => (node.nextStartAt === undefined ? withAge(word, node, now) : `${word} to ${clock(Date.parse(node.nextStartAt), now)}`),
  needs_login: withAge,
  paused: (word, node, now) => (node.pauseKind === "held" ? "Paused, no new work" : withAge(word, node, now)),
  backoff: (word, node, now) => (node.nextStartAt === undefined ? word : `Restart in ${countdown(Date.parse(node.nextStartAt) - now)}`),
  stopping: bare,
  stopped: bare,
  done: withClock,
  crashed: withEnd,
  gave_up: withEnd,
  escalated: withClock,
};

/** 38s, 4m, 1h 04m, 3d 2h. */
export function age(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "0s";
  if (ms < MINUTE) return `${Math.floor(ms / 1000)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, "0")}m`;
  return `${Math.floor(ms / DAY)}d ${Math.floor((ms % DAY) / HOUR)}h`;
}

/** 0:12, 4:05; never below zero. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short" });

/** 14:06; other days "Wed 13:58". */
export function clock(at: number, now: number): string {
  if (!Number.isFinite(at)) return "";
  const time = clockFormat.format(at);
  return new Date(at).toDateString() === new Date(now).toDateString() ? time : `${dayFormat.format(at)} ${time}`;
}

/** "0 of 3 in 60 s used". */
export function intensityWord(used: number, allowed: number, periodMs: number | undefined): string {
  return periodMs === undefined ? `${used} of ${allowed} used` : `${used} of ${allowed} in ${Math.round(periodMs / 1000)} s used`;
}

function lower(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

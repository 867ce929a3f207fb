/** Events in a sentence for Home; undefined for those that would only be noise there. Pure. */
import type { StoredEvent } from "#shared/model/event.ts";
import type { NodeState } from "#shared/model/states.ts";

export interface RecentLine {
  readonly seq: number;
  readonly time: string;
  readonly lamp: NodeState;
  readonly text: string;
  readonly path: string | undefined;
}

type Worder = (name: string, data: Readonly<Record<string, unknown>>) => readonly [NodeState, string] | undefined;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const tail = (value: unknown): string => (text(value) === "" ? "" : `: ${lower(text(value))}`);

const EXITS: Readonly<Record<string, NodeState>> = {
  done: "done",
  stopped: "stopped",
  rate_limited: "rate_limited",
  needs_login: "needs_login",
};

const WORDERS: Readonly<Record<string, Worder>> = {
  "agent.exited": (name, { cause, detail }) =>
    cause === "stopped"
      ? undefined
      : [EXITS[text(cause)] ?? "crashed", `${name} ${cause === "done" ? "finished" : "ended"}${tail(detail)}`],
  "agent.started": (name, { mode, generation }) =>
    typeof generation === "number" && generation > 1
      ? ["starting", `${name} started life ${generation}, ${mode === "resumed" ? "resumed" : "fresh"}`]
      : undefined,
  "agent.start_refused": (name, { detail }) => ["crashed", `${name} could not start${tail(detail)}`],
  "agent.unmetered": (name, { detail }) => ["waiting_answer", `${name} is not metered${tail(detail)}`],
  "agent.gave_up": (name) => ["gave_up", `${name} gave up`],
  "agent.rate_limited": (name) => ["rate_limited", `${name} is rate-limited`],
  "agent.adopted": (name) => ["busy", `${name} went on while the app was away`],
  "supervisor.escalated": (name, { to }) => [
    "escalated",
    `${name} escalated${text(to) === "" ? "" : ` to ${text(to)}`}`,
  ],
  "supervisor.gave_up": (name) => ["gave_up", `${name} gave up`],
  "fleet.up": (name) => ["busy", `${name} was started`],
  "fleet.down": (name) => ["stopped", `${name} was stopped`],
  "fleet.file_refused": (name) => ["crashed", `The file of ${name} has an error; its last good version runs on`],
  "fleet.reloaded": (name) => ["done", `The file of ${name} was applied`],
  "inbox.answered": (name, { answer }) => ["done", `${name} was answered${tail(answer)}`],
  "app.emergency_stopped": () => ["stopped", "Emergency stop ended every agent"],
};

export function recentLine(event: StoredEvent): RecentLine | undefined {
  const { path, fleet } = event.data;
  const where = text(path) === "" ? text(fleet) : text(path);
  const name = (where === "" ? (event.subject.split(".").at(-2) ?? "") : where).split("/").at(-1) ?? "";
  const said = WORDERS[event.type]?.(name, event.data);
  if (said === undefined) return undefined;
  return { seq: event.seq, time: event.time, lamp: said[0], text: said[1], path: where === "" ? undefined : where };
}

function lower(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}

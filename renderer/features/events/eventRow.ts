/** What a row shows of an event: whose it is, its lamp, the verb apart. Pure. */
import type { StoredEvent } from "#shared/model/event.ts";
import { nodeStateSchema, type NodeState } from "#shared/model/states.ts";

const LAMPS: Readonly<Record<string, NodeState>> = {
  started: "starting",
  adopted: "starting",
  gave_up: "gave_up",
  escalated: "escalated",
  restart_scheduled: "backoff",
  restart_counted: "backoff",
  start_refused: "crashed",
  stopped: "stopped",
  paused: "paused",
  resumed: "busy",
  permission_requested: "waiting_permission",
  question_asked: "waiting_answer",
};

/** The lamp of what happened; undefined for what is no state of anything. */
export function eventLamp({ type, data }: Pick<StoredEvent, "type" | "data">): NodeState | undefined {
  const verb = type.slice(type.lastIndexOf(".") + 1);
  if (verb === "state_changed") return nodeStateSchema.safeParse(data["state"]).data;
  if (verb === "exited") return data["cause"] === "done" ? "done" : data["cause"] === "stopped" ? "stopped" : "crashed";
  return LAMPS[verb];
}

/** The subject cut before its last token, which is what happened. */
export function splitSubject(subject: string): readonly [string, string] {
  const cut = subject.lastIndexOf(".") + 1;
  return [subject.slice(0, cut), subject.slice(cut)];
}

/** The data on one line: what the row says already is left out, ids go last. */
export function payloadWords({ path: _path, sessionId, ...rest }: StoredEvent["data"]): string {
  return JSON.stringify(sessionId === undefined ? rest : { ...rest, sessionId });
}

/** The tree path an event is about: from its data, else from its subject. */
export function eventPath({ subject, data }: Pick<StoredEvent, "subject" | "data">): string | undefined {
  const path = data["path"];
  if (typeof path === "string") return path;
  const [workspace, fleet, entity, id] = subject.split(".");
  return workspace === "ws" &&
    fleet !== undefined &&
    id !== undefined &&
    (entity === "agent" || entity === "supervisor")
    ? `${fleet}/${id}`
    : undefined;
}

/** The session an event belongs to. */
export function eventSession({ data }: Pick<StoredEvent, "data">): string | undefined {
  const sessionId = data["sessionId"];
  return typeof sessionId === "string" ? sessionId : undefined;
}

export const KINDS = [
  { label: "All", pattern: ">" },
  { label: "Agents", pattern: "ws.*.agent.>" },
  { label: "Supervisors", pattern: "ws.*.supervisor.>" },
  { label: "Fleets", pattern: "ws.*.fleet.>" },
  { label: "System", pattern: "sys.>" },
] as const;

/** Everything about one node. */
export function patternOf(path: string, kind: "agent" | "supervisor"): string {
  const slash = path.indexOf("/");
  return slash < 0 ? `ws.${path}.${kind}.${path}.>` : `ws.${path.slice(0, slash)}.${kind}.${path.slice(slash + 1)}.>`;
}

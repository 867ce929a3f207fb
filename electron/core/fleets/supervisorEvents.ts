/** What each report of a supervisor means for the tree: the words a person reads, and the event that is stored. */
import { agentSubject, supervisorSubject } from "#shared/lib/eventSubjects.ts";
import type { EventVerb, NewEvent } from "#shared/model/event.ts";
import type { SupervisorNodeSpec } from "#shared/model/fleetFile.ts";
import type { ExitReason, SupervisorEvent } from "#core/kernel/index.ts";
import type { NodeRecord, RestState, TreeState } from "./treeState.ts";

export interface Effect {
  readonly event?: NewEvent;
  /** Node ids whose records changed. */
  readonly changed: readonly string[];
  /** A restart was counted for this supervisor at this time; persisted so that an app restart does not forget it. */
  readonly counted?: { readonly supervisorPath: string; readonly atMs: number };
}

/** Which supervisor reports, in which fleet, and when. */
export interface Place {
  readonly tree: TreeState;
  readonly spec: SupervisorNodeSpec;
  readonly nowMs: number;
}

const NOTHING: Effect = { changed: [] };

/** Updates `tree` for one report of the supervisor `spec`; pure but for that. */
export function applySupervisorEvent({ tree, spec, nowMs }: Place, event: SupervisorEvent): Effect {
  const place = { tree, spec, nowMs };
  switch (event.type) {
    case "child_started":
      return started(tree, event.id, nowMs);
    case "child_exited":
      return exited(place, event.id, event.reason);
    case "child_terminated":
      return rested(tree, event.id, { state: "stopped", sinceMs: nowMs, detail: stoppedWords(tree, event) });
    case "restart_counted":
      return counted(tree, spec, event);
    case "restart_scheduled":
      return scheduled(place, event);
    case "start_failed":
      return rested(tree, event.id, { state: "crashed", sinceMs: nowMs, detail: reasonWords(event.reason) });
    case "intensity_reached":
      return gaveUp(place, event);
    case "stopped":
      return supervisorStopped(tree, spec, nowMs);
    case "shutdown_error":
    case "auto_shutdown":
    case "child_removed":
      return NOTHING;
  }
}

export function reasonWords(reason: ExitReason): string {
  switch (reason.type) {
    case "normal":
      return "Exit 0";
    case "shutdown":
      return reason.detail ?? "Stopped";
    case "killed":
      return "Killed";
    case "crash":
    case "parked":
    case "lost":
      return reason.detail;
  }
}

function started(tree: TreeState, id: string, nowMs: number): Effect {
  const record = tree.records.get(id);
  if (record === undefined) return NOTHING;
  record.rest = undefined;
  if (record.spec.kind === "supervisor") {
    record.up = true;
    record.sinceMs = nowMs;
    record.generation++;
  }
  return { changed: [id] };
}

function exited({ tree, nowMs }: Place, id: string, reason: ExitReason): Effect {
  const record = tree.records.get(id);
  if (record === undefined || record.spec.kind === "supervisor") return { changed: record === undefined ? [] : [id] };
  const view = record.agent?.view;
  const states = {
    normal: "done",
    shutdown: "stopped",
    crash: "crashed",
    killed: "crashed",
    lost: "crashed",
    parked: view?.state ?? "crashed",
  } as const;
  const rest = { state: states[reason.type], sinceMs: nowMs, detail: reasonWords(reason) };
  const until = reason.type === "parked" ? view?.parkUntilMs : undefined;
  return rested(tree, id, until === undefined ? rest : { ...rest, nextStartAtMs: until });
}

function rested(tree: TreeState, id: string, rest: RestState): Effect {
  const record = tree.records.get(id);
  if (record === undefined) return NOTHING;
  if (record.spec.kind === "supervisor" && record.rest?.state === "escalated") return { changed: [id] };
  record.rest = rest;
  return { changed: [id] };
}

function stoppedWords(tree: TreeState, event: Extract<SupervisorEvent, { type: "child_terminated" }>): string {
  switch (event.because) {
    case "requested":
      return "Stopped by you";
    case "sibling":
      return event.causedBy === undefined ? "Stopped with a sibling" : `Stopped with ${event.causedBy}`;
    case "shutdown":
      return `Stopped with ${tree.records.get(event.id)?.parentId ?? "its supervisor"}`;
  }
}

function counted(
  tree: TreeState,
  spec: SupervisorNodeSpec,
  event: Extract<SupervisorEvent, { type: "restart_counted" }>,
): Effect {
  const supervisor = tree.require(spec.id);
  supervisor.counted = [...supervisor.counted.filter((at) => at >= event.at - spec.periodMs), event.at];
  const child = tree.records.get(event.id);
  if (child !== undefined) child.restarts++;
  const path = child?.path ?? event.id;
  const data = {
    path,
    supervisor: supervisor.path,
    restartsInWindow: event.restartsInWindow,
    intensity: spec.intensity,
    periodMs: spec.periodMs,
  };
  return {
    changed: [spec.id, event.id],
    event: nodeEvent(child, path, { verb: "restart_counted", data }),
    counted: { supervisorPath: supervisor.path, atMs: event.at },
  };
}

function nodeEvent(
  record: NodeRecord | undefined,
  path: string,
  { verb, data }: { verb: EventVerb<"supervisor"> & EventVerb<"agent">; data: Record<string, unknown> },
): NewEvent {
  const isSupervisor = record?.spec.kind === "supervisor";
  const subject = isSupervisor ? supervisorSubject(path, verb) : agentSubject(path, verb);
  return { subject, type: `${isSupervisor ? "supervisor" : "agent"}.${verb}`, actor: "supervisor", data };
}

function scheduled(
  { tree, spec, nowMs }: Place,
  event: Extract<SupervisorEvent, { type: "restart_scheduled" }>,
): Effect {
  const record = tree.records.get(event.id);
  if (record === undefined || event.delayMs <= 0) return NOTHING;
  const detail = record.rest?.detail;
  record.rest = {
    state: "backoff",
    sinceMs: nowMs,
    nextStartAtMs: nowMs + event.delayMs,
    ...(detail === undefined ? {} : { detail }),
  };
  const data = {
    path: record.path,
    delayMs: Math.round(event.delayMs),
    attempt: event.attempt,
    supervisor: tree.require(spec.id).path,
  };
  return {
    changed: [event.id],
    event: nodeEvent(record, record.path, { verb: "restart_scheduled", data }),
  };
}

function gaveUp({ tree, spec, nowMs }: Place, event: Extract<SupervisorEvent, { type: "intensity_reached" }>): Effect {
  const supervisor = tree.require(spec.id);
  const seconds = Math.round(spec.periodMs / 1000);
  const cause = `${event.id}: ${reasonWords(event.reason)}`;
  const detail = `More than ${spec.intensity} restart${spec.intensity === 1 ? "" : "s"} in ${seconds} s. ${cause}`;
  const top = supervisor.parentId === undefined;
  supervisor.rest = {
    state: top ? "gave_up" : "escalated",
    sinceMs: nowMs,
    detail: top ? detail : `Escalated to ${supervisor.parentId}. ${detail}`,
  };
  const child = tree.records.get(event.id);
  // A supervisor that escalated to here says so itself, and why.
  if (child !== undefined && child.rest?.state !== "escalated")
    child.rest = { state: "gave_up", sinceMs: nowMs, detail: reasonWords(event.reason) };
  const verb = top ? "gave_up" : "escalated";
  const data = {
    path: supervisor.path,
    child: event.id,
    reason: reasonWords(event.reason),
    intensity: spec.intensity,
    periodMs: spec.periodMs,
    to: supervisor.parentId ?? null,
  };
  return {
    changed: [spec.id, event.id],
    event: { subject: supervisorSubject(supervisor.path, verb), type: `supervisor.${verb}`, actor: "supervisor", data },
  };
}

function supervisorStopped(tree: TreeState, spec: SupervisorNodeSpec, nowMs: number): Effect {
  const supervisor = tree.require(spec.id);
  supervisor.up = false;
  supervisor.rest ??= { state: "stopped", sinceMs: nowMs };
  return { changed: [spec.id, ...spec.children.map((child) => child.id)] };
}

/** The stored events of a life, each committed with the row it changes. */
import type { EventVerb } from "#shared/model/event.ts";
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import type { SessionDeps } from "./deps.ts";
import { endLife, insertLife, updateLifeNotes } from "./lives.ts";
import type { LifeRow } from "./lives.ts";

type Deps = Pick<SessionDeps, "recorder">;

export function noteStarted({ recorder }: Deps, row: LifeRow): void {
  const { path, sessionId, generation, mode, agent } = row;
  const data = { path, sessionId, generation, mode, pid: row.pid ?? null, agent };
  recorder.note({ subject: agentSubject(path, "started"), type: "agent.started", actor: "system", data }, (tx) =>
    insertLife(tx, row),
  );
}

export function noteAdopted({ recorder }: Deps, row: LifeRow, pid: number): void {
  const { path, sessionId, generation } = row;
  const data = { path, sessionId, generation, pid };
  recorder.note({ subject: agentSubject(path, "adopted"), type: "agent.adopted", actor: "system", data }, (tx) =>
    insertLife(tx, row),
  );
}

/** What the agent told of itself: its state, its own session id. */
export function noteByAgent(
  { recorder }: Deps,
  row: LifeRow,
  { verb, data }: { verb: EventVerb<"agent">; data: Record<string, unknown> },
): void {
  const { path, sessionId } = row;
  recorder.note(
    { subject: agentSubject(path, verb), type: `agent.${verb}`, actor: "agent", data: { path, sessionId, ...data } },
    (tx) => updateLifeNotes(tx, row),
  );
}

/** On disk before the answer: nothing else shows the next core that a process was frozen, or stopped by its budget. */
export function keepNotes(
  { recorder }: Deps,
  row: LifeRow,
  notes: Partial<Pick<LifeRow["notes"], "paused" | "braked" | "task">>,
): LifeRow {
  const next = { ...row, notes: { ...row.notes, ...notes } };
  recorder.project((tx) => updateLifeNotes(tx, next));
  recorder.flush();
  return next;
}

/** Without waiting for the disk: it stands in the way of a person's keys. */
export function keepLine({ recorder }: Deps, row: LifeRow, isLineTaken: boolean): LifeRow {
  const next = { ...row, notes: { ...row.notes, isLineTaken } };
  recorder.project((tx) => updateLifeNotes(tx, next));
  return next;
}

export function noteEnded({ recorder }: Deps, row: LifeRow, resumeBroken: boolean): void {
  const { path, sessionId, generation } = row;
  const data = {
    path,
    sessionId,
    generation,
    cause: row.exitCause ?? null,
    code: row.exitCode ?? null,
    signal: row.signal ?? null,
    detail: row.exitDetail ?? "",
    resumeBroken,
  };
  recorder.note({ subject: agentSubject(path, "exited"), type: "agent.exited", actor: "system", data }, (tx) =>
    endLife(tx, row),
  );
}

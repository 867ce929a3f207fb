/** What the event log keeps of a run: every move with the entry after it, so that a replay needs nothing else. */
import { workflowSubject } from "#shared/lib/eventSubjects.ts";
import type { NewEvent } from "#shared/model/event.ts";
import type { Entry, EntryState, Run, RunHead } from "#shared/model/workflow.ts";
import { stateName } from "#shared/model/workflow.ts";
import type { StepSpec } from "#shared/model/workflowFile.ts";

export type RunVerb =
  | "changed"
  | "suspended"
  | "resumed"
  | "plan_b_entered"
  | "plan_b_left"
  | "undo_begun"
  | "compensated"
  | "completed"
  | "failed"
  | "aborted";
/** Something to say of a step that is no move of it, or more than that. */
export type NoteVerb = "step_progressed" | "step_stalled" | "lock_taken_over";

type Described = Omit<NewEvent, "actor"> & { readonly actor: string };

export function runStarted({ head, spec, entries }: Run, actor: string): Described {
  return event(head, "started", { actor, data: { head, spec, entries } });
}

export function runMoved(head: RunHead, verb: RunVerb, actor: string): Described {
  return event(head, verb, { actor, data: { head } });
}

export interface EntryMoved {
  readonly step: StepSpec;
  readonly before: EntryState;
  readonly entry: Entry;
  readonly actor: string;
  /** One sentence, where something happened that a person should read. */
  readonly detail?: string | undefined;
}

export function entryMoved(head: RunHead, { step, before, entry, actor, detail }: EntryMoved): Described {
  const words = { from: before, to: entry.state, name: stateName(entry, step.doing) };
  return event(head, "step_moved", { actor, data: { ...words, ...detailOf(detail), entry } });
}

export function entryNoted(head: RunHead, verb: NoteVerb, noted: Omit<EntryMoved, "step" | "before">): Described {
  return event(head, verb, { actor: noted.actor, data: { ...detailOf(noted.detail), entry: noted.entry } });
}

export interface Refusal {
  readonly step: string;
  readonly order: string;
  readonly by: string;
  readonly why: string;
}

export function moveRefused(head: RunHead, refusal: Refusal): Described {
  return event(head, "move_refused", { actor: refusal.by, data: { ...refusal } });
}

function event(
  head: Pick<RunHead, "fleet" | "id">,
  verb: "started" | "step_moved" | "move_refused" | RunVerb | NoteVerb,
  { actor, data }: { readonly actor: string; readonly data: Record<string, unknown> },
): Described {
  return {
    subject: workflowSubject(head.fleet, head.id, verb),
    type: `workflow.${verb}`,
    actor,
    data: { run: head.id, fleet: head.fleet, ...data },
  };
}

function detailOf(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail };
}

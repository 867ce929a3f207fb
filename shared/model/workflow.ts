/** A run of a workflow: its own state and the state machine of every entry (step) that takes part in it. */
import { z } from "zod";
import { callSpecSchema, workflowSpecSchema } from "./workflowFile.ts";

/**
 * An entry waits for its needs, is queued, works under a lock, and is completed; or an attempt fails and another
 * follows, or it takes its plan B. When its run is undone it is queued once more, for its undo.
 */
export const ENTRY_STATES = [
  "waiting",
  "queued",
  "working",
  "retrying",
  "failed",
  "plan_b",
  "completed",
  "aborted",
  "undone",
  "not_undone",
] as const;
export const entryStateSchema = z.enum(ENTRY_STATES);
export type EntryState = z.infer<typeof entryStateSchema>;

export const RUN_STATES = [
  "running",
  "suspended",
  "plan_b",
  "compensating",
  "completed",
  "compensated",
  "failed",
  "aborted",
] as const;
export const runStateSchema = z.enum(RUN_STATES);
export type RunState = z.infer<typeof runStateSchema>;
/** Nothing follows them, unless a person has the run undone. */
export const FINAL_RUN_STATES: ReadonlySet<RunState> = new Set(["completed", "compensated", "failed", "aborted"]);

export const stepErrorSchema = z.object({ code: z.string(), message: z.string() });
export type StepError = z.infer<typeof stepErrorSchema>;
const snapshotRefSchema = z.object({ id: z.string(), url: z.string() });
export type SnapshotRef = z.infer<typeof snapshotRefSchema>;

export const entrySchema = z.object({
  run: z.string(),
  step: z.string(),
  state: entryStateSchema,
  /** Which of its two ways it goes. */
  plan: z.enum(["a", "b"]),
  /** When it is not what the file says: the healer's choice, or a person's. */
  call: callSpecSchema.optional(),
  /** Longer than the file says, when the healer gave it more. */
  timeoutMs: z.number().int().optional(),
  /** What does it: `tool:server.tool` or `agent:fleet/id`. */
  target: z.string(),
  /** Only the holder moves it on; a program of the core, or an agent by its path. */
  lockedBy: z.string().optional(),
  /** Without a sign of life until then, another may take the lock over. */
  leaseUntil: z.string().optional(),
  /** Attempts begun, of the plan it follows. */
  attempts: z.number().int(),
  /** Attempts begun in all, of either plan and of its undo; no two have the same. */
  begun: z.number().int().optional(),
  /** Counts every change. */
  revision: z.number().int(),
  contextId: z.string(),
  /** When it entered its state. */
  since: z.string(),
  /** The last sign of life of who works on it. */
  heardAt: z.string().optional(),
  stalled: z.boolean(),
  /** What who works on it says of itself: "thinking", the last progress it reported. */
  thought: z.string().optional(),
  /** When the next attempt follows. */
  nextAt: z.string().optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  error: stepErrorSchema.optional(),
  /** Of a failed one: who decides how it goes on. Absent: nobody, the run has failed. */
  waitsFor: z.enum(["healer", "person"]).optional(),
  /** The memory it began with. */
  hydratedFrom: snapshotRefSchema.optional(),
  /** The memory it left to those that follow. */
  snapshot: snapshotRefSchema.optional(),
  /** Since it was queued to be undone; its states are the undo's from then on, `output` stays what it gave. */
  undo: z
    .object({
      /** Of the run's undoing. */
      round: z.number().int(),
      /** When what is undone was completed. */
      doneAt: z.string(),
      /** When it is not what the file says. */
      call: callSpecSchema.optional(),
      input: z.unknown().optional(),
      output: z.unknown().optional(),
    })
    .optional(),
  /** `used` of attempts that ended; `usedNow` of the one under way, as far as it is known. */
  tokens: z
    .object({ given: z.number().int(), used: z.number().int(), usedNow: z.number().int().optional() })
    .optional(),
});
export type Entry = z.infer<typeof entrySchema>;

export const runHeadSchema = z.object({
  id: z.string(),
  fleet: z.string(),
  workflow: z.string(),
  state: runStateSchema,
  revision: z.number().int(),
  contextId: z.string(),
  input: z.record(z.string(), z.unknown()),
  /** Absent: the run has no token budget. */
  tokens: z.object({ budget: z.number().int(), used: z.number().int() }).optional(),
  startedBy: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** One sentence: why it failed, waits or was ended. */
  detail: z.string().optional(),
  /** Since it is being undone, and after it; `round` counts how often that was begun. */
  undo: z.object({ why: z.string(), since: z.string(), round: z.number().int() }).optional(),
});
export type RunHead = z.infer<typeof runHeadSchema>;

export const runSchema = z.object({ head: runHeadSchema, spec: workflowSpecSchema, entries: z.array(entrySchema) });
export type Run = z.infer<typeof runSchema>;

const STATE_WORDS: Readonly<Record<EntryState, string>> = {
  waiting: "Waiting",
  queued: "Queued",
  working: "Working",
  retrying: "Retrying",
  failed: "Failed",
  plan_b: "PlanB",
  completed: "Completed",
  aborted: "Aborted",
  undone: "Undone",
  not_undone: "NotUndone",
};
/** What an undo is called while it is under way. */
const UNDO_WORDS: Readonly<Partial<Record<EntryState, string>>> = {
  queued: "UndoQueued",
  working: "Undoing",
  retrying: "UndoRetrying",
  failed: "UndoFailed",
};

/** The name of an entry's state as handovers carry it: VisionAnalyzing, ResearcherQueued, ResearcherPlanB, VisionUndoing. */
export function stateName({ step, state, undo }: Pick<Entry, "step" | "state" | "undo">, doing = "working"): string {
  const undoing = undo === undefined ? undefined : UNDO_WORDS[state];
  if (undoing !== undefined) return pascal(step) + undoing;
  return pascal(step) + (state === "working" ? pascal(doing) : STATE_WORDS[state]);
}

function pascal(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

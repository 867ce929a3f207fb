/**
 * What happens in runs of workflows. On the bus a step that is completed or failed is a handover, every other move a short
 * notice; the event log keeps each with the whole state after it, so that a replay needs nothing else.
 */
import { z } from "zod";
import { entrySchema, entryStateSchema, runHeadSchema, runSchema } from "../workflow.ts";
import { count, define, detail, id, stored } from "./entry.ts";

const of = { run: id, fleet: id };
const whole = z.strictObject({ ...of, head: runHeadSchema });
const noted = z.strictObject({ ...of, entry: entrySchema, detail: detail.optional() });
const channel = "ws.{fleet}.workflow.{run}";
const OF = { run: "appraise-3f2a91c0", fleet: "appraisal" };
const AT = "2026-11-29T01:00:00.000Z";
const HEAD = {
  id: OF.run,
  fleet: OF.fleet,
  workflow: "appraise",
  state: "running",
  revision: 2,
  contextId: "run-appraise-3f2a91c0",
  input: { image: "/home/ada/lamp.png" },
  startedBy: "person",
  startedAt: AT,
} as const;
const ENTRY = {
  run: OF.run,
  step: "researcher",
  state: "working",
  plan: "a",
  target: "agent:appraisal/researcher",
  lockedBy: "appraisal/researcher",
  leaseUntil: AT,
  attempts: 1,
  revision: 4,
  contextId: HEAD.contextId,
  since: AT,
  stalled: false,
} as const;
const SPEC = { name: "appraise", folder: "/home/ada", inputs: [], atOnce: 5, steps: [] };

function aboutRun(verb: string, purpose: string) {
  return stored({
    family: "workflow",
    purpose,
    spokenBy: "The core, with every change of a run as a whole.",
    channel: `${channel}.${verb}`,
    schema: whole,
    example: { ...OF, head: HEAD },
  });
}

function aboutStep(verb: string, purpose: string) {
  return stored({
    family: "workflow",
    purpose,
    spokenBy: "The core, about a step of a run.",
    channel: `${channel}.${verb}`,
    schema: noted,
    example: { ...OF, entry: ENTRY, detail: "It has given no sign of life for 15 s." },
  });
}

export const workflowMessages = {
  "workflow.step_entered": define({
    family: "workflow",
    kind: "event",
    purpose: "A step of a run, or the run itself, entered another state.",
    spokenBy: "The core, for every move that is no handover; its own planner starts what follows.",
    channel: "workflow.{run}.{step}.{state}",
    aliases: ["TaskCoordination", "workflow_coordination", "WorkflowUpdate", "StateTransition"],
    schema: z.strictObject({
      run: id,
      /** `run` when it is the run itself. */
      step: id,
      state: id,
      /** VisionAnalyzing, ResearcherQueued, ResearcherPlanB. */
      name: id,
      attempts: count,
      /** Counts every change of the step. */
      revision: count,
      /** Who alone may move it on. */
      locked_by: z.string().max(400).optional(),
    }),
    example: {
      run: OF.run,
      step: "researcher",
      state: "working",
      name: "ResearcherSearching",
      attempts: 1,
      revision: 4,
      locked_by: "appraisal/researcher",
    },
  }),
  "workflow.started": stored({
    family: "workflow",
    purpose: "A run began, with its workflow as the fleet file said then.",
    spokenBy: "The core, for whoever started it.",
    channel: `${channel}.started`,
    aliases: ["workflow_state_sync", "WorkflowEvent"],
    schema: runSchema.extend(of).strict(),
    example: { ...OF, head: HEAD, spec: SPEC, entries: [ENTRY] },
  }),
  "workflow.step_moved": stored({
    family: "workflow",
    purpose: "A step went from one state to another; the whole step after it.",
    spokenBy: "The core, with every legal move of a step.",
    channel: `${channel}.step_moved`,
    schema: noted.extend({ from: entryStateSchema, to: entryStateSchema, name: id }),
    example: { ...OF, from: "queued", to: "working", name: "ResearcherSearching", entry: ENTRY },
  }),
  "workflow.step_progressed": aboutStep("step_progressed", "Who works on a step gave a sign of life."),
  "workflow.step_stalled": aboutStep("step_stalled", "Who works on a step is silent for too long."),
  "workflow.lock_taken_over": aboutStep("lock_taken_over", "The holder of a step's lock is gone; another has it now."),
  "workflow.move_refused": stored({
    family: "workflow",
    purpose: "Somebody wanted a move that is not legal, or of a step that another holds the lock of.",
    spokenBy: "The core, against whoever tried.",
    channel: `${channel}.move_refused`,
    schema: z.strictObject({ ...of, step: id, order: id, by: z.string(), why: detail }),
    example: {
      ...OF,
      step: "researcher",
      order: "complete",
      by: "appraisal/forger",
      why: "researcher is locked by appraisal/researcher, not by appraisal/forger; only the holder of the lock moves it.",
    },
  }),
  "workflow.changed": aboutRun("changed", "Something of a run changed that is no state: tokens used, why it waits."),
  "workflow.suspended": aboutRun("suspended", "Nothing new begins in a run until somebody resumes it."),
  "workflow.resumed": aboutRun("resumed", "A run goes on."),
  "workflow.plan_b_entered": aboutRun("plan_b_entered", "A step of a run goes its other way."),
  "workflow.plan_b_left": aboutRun("plan_b_left", "The other way has led back: the run goes on as planned."),
  "workflow.undo_begun": aboutRun("undo_begun", "What a run did is being undone, the last step first."),
  "workflow.compensated": aboutRun("compensated", "All that a run did and that can be undone is undone."),
  "workflow.completed": aboutRun("completed", "Every step of a run is completed."),
  "workflow.failed": aboutRun("failed", "A step of a run failed for good, or not all of the run could be undone."),
  "workflow.aborted": aboutRun("aborted", "A person ended a run; every lock was let go."),
};

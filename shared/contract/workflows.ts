/** Workflows: what the fleet files define, runs and their live state; spread into the contract. */
import { z } from "zod";
import { runHeadSchema, runSchema } from "../model/workflow.ts";
import { workflowSpecSchema } from "../model/workflowFile.ts";

export const definitionSchema = z.object({ fleet: z.string(), spec: workflowSpecSchema });
export type WorkflowDefinition = z.infer<typeof definitionSchema>;
const runId = z.string().min(1).max(200);
const one = z.object({ run: runId });
const step = one.extend({ step: z.string().min(1).max(64) });
const head = z.object({ head: runHeadSchema });

export const workflowQueries = {
  "workflow.definitions": { input: z.object({}), output: z.array(definitionSchema) },
  /** Newest first. */
  "workflow.runs": {
    input: z.object({ limit: z.number().int().min(1).max(500).default(50) }),
    output: z.array(runSchema),
  },
  /** Its whole past is in the event log: `ws.<fleet>.workflow.<run>.>`. */
  "workflow.run": { input: one, output: runSchema },
} as const;

export const workflowCommands = {
  /** `workflow` is its name, its fleet's, or `fleet/name`. What its steps cost is the person's consent to give: this is it. */
  "workflow.start": {
    input: z.object({
      workflow: z.string().min(1).max(200),
      input: z.record(z.string(), z.union([z.string().max(100_000), z.number()])).default({}),
      tokens: z.number().int().positive().optional(),
    }),
    output: head,
  },
  /** Steps under way end; nothing new begins. */
  "workflow.suspend": { input: one, output: head },
  "workflow.resume": { input: one, output: head },
  /** For good: every lock is let go. */
  "workflow.abort": { input: one, output: head },
  /** What its steps did is taken back, the last one first. What the undos cost is the person's consent to give: this is it. */
  "workflow.undo": { input: one, output: head },
  /** An undo that failed is given up: what its step did stands, and the run ends as not wholly undone. */
  "workflow.skipUndo": { input: step, output: head },
  /** A failed step, or a failed undo, again, its attempts counted anew. */
  "workflow.retryStep": { input: step, output: head },
  /** A failed step goes its other way. */
  "workflow.planB": { input: step, output: head },
} as const;

export const workflowStreams = {
  workflows: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), definitions: z.array(definitionSchema), runs: z.array(runSchema) }),
      z.object({ type: z.literal("definitions"), definitions: z.array(definitionSchema) }),
      /** Each whole, of those that changed; a run has at most ten entries. */
      z.object({ type: z.literal("runs"), runs: z.array(runSchema) }),
    ]),
  },
} as const;

/**
 * The `workflow:` section of a fleet file as people write it, and what it normalises to. Defaults and bounds are those
 * of mission RO-16: at most 10 steps, 5 at a time, 30 s a step, 3 retries; a lease of 30 s, of an agent 300 s.
 */
import { z } from "zod";

export const MOST_STEPS = 10;
export const MOST_AT_ONCE = 5;
export const WORKFLOW_DEFAULTS = {
  atOnce: MOST_AT_ONCE,
  toolTimeoutMs: 30_000,
  agentTimeoutMs: 300_000,
  retries: 3,
  toolLeaseMs: 30_000,
  agentLeaseMs: 300_000,
} as const;
/** Names that stand for something else in `${…}` and in subjects. */
export const RESERVED_STEP_IDS: ReadonlySet<string> = new Set(["input", "run"]);

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const nameSchema = z.string().regex(NAME, "must be 1 to 64 letters, digits, _ or -, and begin with a letter or digit");
const durationSchema = z
  .string()
  .regex(/^\s*\d+(\.\d+)?(ms|s|m|h)\s*$/, 'must be a duration such as "500ms", "10s" or "5m"');
const tokensSchema = z.union([z.number().int().positive(), z.string().regex(/^\s*\d+(\.\d+)?\s?[kKmM]?\s*$/)], {
  error: 'must be a number of tokens, such as 250000, "250k" or "2M"',
});
const toolSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_/@-]{0,127}\.[A-Za-z0-9_-]{1,128}$/, 'must be "server.tool"')
  .describe("An MCP server of the registry and one of its tools: vision.describe_image");

const call = {
  tool: toolSchema.optional(),
  agent: nameSchema.optional().describe("An agent of this fleet, by its id"),
  with: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The tool's arguments; ${input.name} and ${step.key} are bound"),
  ask: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe("What the agent is told to do; ${input.name} and ${step.key} are bound"),
  timeout: durationSchema.optional().describe("How long one attempt may take: 30s for a tool, 5m for an agent"),
};
const undoSchema = z
  .strictObject(call)
  .describe("What takes back what was done, when the run is undone; ${step.key} of the step itself is bound, too");
const planBSchema = z
  .strictObject({ ...call, undo: undoSchema.optional() })
  .describe("What is done instead, when the step cannot be healed; it is undone as it says itself");
const stepSchema = z.strictObject({
  id: nameSchema.describe("Name of the step, unique in the workflow"),
  ...call,
  needs: z
    .union([nameSchema, z.array(nameSchema)], { error: "must be a step or a list of steps" })
    .optional()
    .describe("Steps whose outputs it takes; it begins when all are completed"),
  doing: z
    .string()
    .regex(/^[A-Za-z]{1,24}$/, "must be one word")
    .optional()
    .describe('Word for its state while it works: "analyzing"'),
  retries: z.number().int().min(0).max(10).optional().describe("Further attempts after the first has failed (3)"),
  lease: durationSchema
    .optional()
    .describe("How long its holder may give no sign of life before another may take over"),
  tokens: tokensSchema.optional().describe("What the agent may use of the run's budget for this step"),
  gives: z
    .array(nameSchema)
    .max(50)
    .optional()
    .describe("Keys its output must have; an output without them is refused"),
  once: z.boolean().optional().describe("Never called again when it is unknown whether it was done"),
  plan_b: planBSchema.optional(),
  undo: undoSchema.optional(),
});
const inputSchema = z.strictObject({
  about: z.string().max(300).optional(),
  type: z.enum(["text", "number", "file"]).optional().describe("file: relative to this file's folder"),
  default: z.union([z.string(), z.number()]).optional().describe("Without one it must be given"),
});

export const workflowFileSchema = z.strictObject({
  name: nameSchema.optional().describe("The fleet's name by default"),
  about: z.string().max(300).optional().describe("What it does, in a sentence"),
  input: z.record(nameSchema, inputSchema).optional(),
  tokens: tokensSchema.optional().describe("Token budget of one run, carried with every handover"),
  at_once: z.number().int().min(1).max(MOST_AT_ONCE).optional().describe("Steps that may work at the same time (5)"),
  on_failure: z
    .enum(["stop", "undo"])
    .optional()
    .describe("What becomes of the steps that were done, when a run fails for good: they stay (stop), or are undone"),
  steps: z.array(stepSchema).min(1, "must have a step").max(MOST_STEPS, `must have at most ${MOST_STEPS} steps`),
});
/** One workflow or a list of them. */
export const workflowsFileSchema = z
  .union([workflowFileSchema, z.array(workflowFileSchema)], { error: "must be a workflow or a list of workflows" })
  .describe("Steps that hand over to each other; started with signalbox workflow run");

export type RawWorkflow = z.infer<typeof workflowFileSchema>;
export type RawStep = RawWorkflow["steps"][number];
export type RawCall = z.infer<typeof undoSchema>;
export const WORKFLOW_KEYS = {
  workflow: Object.keys(workflowFileSchema.shape),
  step: Object.keys(stepSchema.shape),
  planB: Object.keys(planBSchema.shape),
  undo: Object.keys(undoSchema.shape),
  input: Object.keys(inputSchema.shape),
} as const;

/** What a step, its plan B or its undo does. */
export const callSpecSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tool"), server: z.string(), tool: z.string(), with: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal("agent"), agent: z.string(), ask: z.string() }),
]);
export type CallSpec = z.infer<typeof callSpecSchema>;
const waySpecSchema = z.object({ call: callSpecSchema, timeoutMs: z.number() });
export type WaySpec = z.infer<typeof waySpecSchema>;

export const stepSpecSchema = z.object({
  id: z.string(),
  call: callSpecSchema,
  needs: z.array(z.string()),
  doing: z.string(),
  timeoutMs: z.number(),
  retries: z.number(),
  leaseMs: z.number(),
  tokens: z.number().optional(),
  gives: z.array(z.string()),
  once: z.boolean(),
  planB: waySpecSchema.extend({ undo: waySpecSchema.optional() }).optional(),
  undo: waySpecSchema.optional(),
});
export type StepSpec = z.infer<typeof stepSpecSchema>;

export const workflowSpecSchema = z.object({
  name: z.string(),
  about: z.string().optional(),
  /** What relative `file` inputs are relative to. Absolute. */
  folder: z.string(),
  inputs: z.array(
    z.object({
      name: z.string(),
      type: z.enum(["text", "number", "file"]),
      about: z.string().optional(),
      default: z.union([z.string(), z.number()]).optional(),
    }),
  ),
  tokens: z.number().optional(),
  atOnce: z.number(),
  /** Absent: what was done stays. */
  onFailure: z.enum(["stop", "undo"]).optional(),
  steps: z.array(stepSpecSchema),
});
export type WorkflowSpec = z.infer<typeof workflowSpecSchema>;

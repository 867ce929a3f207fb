/**
 * A message that a consumer gave up on after its last attempt, or a tool call that failed: kept whole, with what went
 * wrong, until it is replayed or discarded. One per (stream, sequence, consumer).
 */
import { z } from "zod";

/** AI-11 and RO-10: what the healer chooses its strategy by. */
export const ERROR_CLASSES = [
  "not_found",
  "timeout",
  "rate_limit",
  "network",
  "validation",
  "processing",
  "auth",
  "resource",
  "unknown",
] as const;
export const errorClassSchema = z.enum(ERROR_CLASSES);
export type ErrorClass = z.infer<typeof errorClassSchema>;

/** Mission 6.2. `retrying`: the healer has a plan, or an attempt is under way. */
export const DEAD_LETTER_STATES = ["new", "retrying", "replayed", "discarded", "needs_human"] as const;
export const deadLetterStateSchema = z.enum(DEAD_LETTER_STATES);
export type DeadLetterState = z.infer<typeof deadLetterStateSchema>;

/** Type of the letter of an undo; nothing but its own call undoes what its step did. */
export const UNDO_LETTER = "workflow.undo";

export const HEALING_STRATEGIES = [
  "alternative_tool",
  "longer_timeout",
  "wait",
  "retry",
  "plan_b",
  "no_strategy",
] as const;
const healingStrategySchema = z.enum(HEALING_STRATEGIES);

export const toolRefSchema = z.object({ server: z.string(), tool: z.string() });
export type ToolRef = z.infer<typeof toolRefSchema>;

/** What happens next, by the healer or because a person said so. */
export const healingPlanSchema = z.object({
  strategy: healingStrategySchema,
  by: z.enum(["healer", "person"]),
  dueAt: z.string(),
  /** How long the attempt may take. */
  timeoutMs: z.number().int().positive(),
  alternative: toolRefSchema.optional(),
  /** One sentence for people. */
  sentence: z.string(),
});
export type HealingPlan = z.infer<typeof healingPlanSchema>;

export const letterErrorSchema = z.object({
  class: errorClassSchema,
  message: z.string(),
  code: z.string().optional(),
  stack: z.string().optional(),
  /** Told by a rate limit: when it may be tried again. */
  retryAt: z.string().optional(),
});
export type LetterError = z.infer<typeof letterErrorSchema>;

export const LETTER_DEEDS = [
  "died",
  "planned",
  "attempted",
  "attempt_failed",
  "replayed",
  "gave_up",
  "edited",
  "discarded",
  "restored",
] as const;
export const letterHistorySchema = z.object({
  at: z.string(),
  /** `healer`, `person`, `cli`, or the consumer it failed at. */
  actor: z.string(),
  what: z.enum(LETTER_DEEDS),
  detail: z.string(),
});
export type LetterHistory = z.infer<typeof letterHistorySchema>;

/** One line of a list. */
export const deadLetterSchema = z.object({
  id: z.number().int(),
  stream: z.string(),
  seq: z.number().int(),
  consumer: z.string(),
  subject: z.string(),
  /** The CloudEvents type; the subject where the message is no CloudEvent. */
  type: z.string(),
  source: z.string().optional(),
  messageId: z.string(),
  state: deadLetterStateSchema,
  error: letterErrorSchema.omit({ stack: true }),
  /** Deliveries until it died. */
  attempts: z.number().int(),
  /** Attempts of the healer and of people since. */
  retries: z.number().int(),
  firstFailedAt: z.string(),
  lastFailedAt: z.string(),
  diedAt: z.string(),
  settledAt: z.string().optional(),
  /** When a settled letter is removed for good. */
  keptUntil: z.string().optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  agent: z.string().optional(),
  contextId: z.string().optional(),
  correlationId: z.string().optional(),
  isEdited: z.boolean(),
  plan: healingPlanSchema.optional(),
  /** An earlier letter of its run, which has to be settled before this one is tried. */
  waitsFor: z.number().int().optional(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** Everything about one. */
export const deadLetterDetailSchema = deadLetterSchema.extend({
  stack: z.string().optional(),
  headers: z.record(z.string(), z.array(z.string())),
  /** As it was published. */
  original: z.string(),
  /** What a person made of it; goes out instead of the original. */
  edited: z.string().optional(),
  history: z.array(letterHistorySchema),
  /** Tools that could take a failed call over. */
  alternatives: z.array(toolRefSchema),
  /** Whether someone who could take it listens now. */
  hasTaker: z.boolean(),
});
export type DeadLetterDetail = z.infer<typeof deadLetterDetailSchema>;

export const deadLetterFilterSchema = z.object({
  ids: z.array(z.number().int()).max(1000).optional(),
  states: z.array(deadLetterStateSchema).optional(),
  errorClass: errorClassSchema.optional(),
  /** The CloudEvents type, exactly. */
  type: z.string().max(300).optional(),
  /** The destination: who did not take it. */
  consumer: z.string().max(300).optional(),
  stream: z.string().max(300).optional(),
  /** When it died: from (inclusive) and until (exclusive). */
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});
export type DeadLetterFilter = z.infer<typeof deadLetterFilterSchema>;

export const deadLetterCountsSchema = z.record(deadLetterStateSchema, z.number().int());
export type DeadLetterCounts = z.infer<typeof deadLetterCountsSchema>;

/** MS-B7: a bulk replay never goes faster. */
export const MOST_REPLAYS_PER_S = 100;

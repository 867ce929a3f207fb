/**
 * What a model request cost, who says so and how sure that is. Tokens are normalised by whoever reports them: `input`
 * never holds cached tokens, `output` always holds the reasoning ones.
 */
import { z } from "zod";

/** Best first (architecture, decision 5): a better source supersedes a worse one for the same request. */
export const USAGE_SOURCES = ["gateway", "otlp", "stream_json", "hook", "transcript", "acp", "estimate"] as const;
export const usageSourceSchema = z.enum(USAGE_SOURCES);
export type UsageSource = z.infer<typeof usageSourceSchema>;

/** The model of totals that are told for a whole session, whatever answered in it. */
export const ANY_MODEL = "unknown";

/** exact: the provider's own count. rounded: a total that was split, or a client's figure. estimated: counted from text. */
export const USAGE_CONFIDENCES = ["exact", "rounded", "estimated"] as const;
export const usageConfidenceSchema = z.enum(USAGE_CONFIDENCES);
export type UsageConfidence = z.infer<typeof usageConfidenceSchema>;

/** auxiliary: what a CLI asks for itself: titles, compaction, quota checks. */
export const usageKindSchema = z.enum(["main", "subagent", "auxiliary", "unknown"]);
export type UsageKind = z.infer<typeof usageKindSchema>;

/** interrupted: the stream broke off or was cancelled. failed: an error answer, usually without tokens. */
export const usageOutcomeSchema = z.enum(["complete", "interrupted", "failed"]);
export type UsageOutcome = z.infer<typeof usageOutcomeSchema>;

/** No model takes or gives this many tokens in one request; the largest contexts are around ten million. */
export const MOST_TOKENS = 1_000_000_000;

const count = z.number().int().min(0);
export const tokensSchema = z.object({
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite: count,
  /** A subset of `output`; never added again. */
  reasoning: count,
});
export type Tokens = z.infer<typeof tokensSchema>;

/** What the ledger had to change in a report before it could be an entry. */
export const usageMarkSchema = z.enum([
  "clock", // `at` was in the future, before 2020 or no time: the time of receipt stands instead
  "clamped", // a negative or fractional number was set right
  "absurd", // numbers no request can have; the tokens count as unknown
]);
export type UsageMark = z.infer<typeof usageMarkSchema>;

/** Immutable. Sums count only entries that nothing supersedes. */
export const ledgerEntrySchema = z.object({
  /** Monotonic. */
  id: z.number().int(),
  at: z.string(),
  recordedAt: z.string(),
  /** `fleet/id` of the agent; absent for history from outside Signalbox. */
  path: z.string().optional(),
  sessionId: z.string().optional(),
  /** The life of the agent. */
  generation: z.number().int().optional(),
  task: z.string().optional(),
  cliSessionId: z.string().optional(),
  /** Agent CLI, an adapter's id. */
  agent: z.string(),
  kind: usageKindSchema,
  subagent: z.string().optional(),
  provider: z.string(),
  model: z.string(),
  tokens: tokensSchema,
  /** Billionths of a US dollar by our prices or the person's; null: no price is known, which is never zero. */
  costNanos: z.number().int().nullable(),
  /** Which price list or override; null: unpriced. */
  priceVersion: z.string().nullable(),
  /** What the source itself says it cost; shown beside, never mixed in. */
  reportedCostNanos: z.number().int().optional(),
  source: usageSourceSchema,
  confidence: usageConfidenceSchema,
  outcome: usageOutcomeSchema,
  requestId: z.string().optional(),
  messageId: z.string().optional(),
  /** The entry this one took the place of, and the one that took this one's. */
  supersedes: z.number().int().optional(),
  supersededBy: z.number().int().optional(),
  imported: z.boolean(),
  /** Not one request: what a session's own totals know beyond its single requests. */
  isRemainder: z.boolean(),
  marks: z.array(usageMarkSchema),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** What one source said of a request, kept beside the entry. */
export const usageWordSchema = z.object({
  source: usageSourceSchema,
  confidence: usageConfidenceSchema,
  outcome: usageOutcomeSchema,
  at: z.string(),
  sourceKey: z.string(),
  tokens: tokensSchema.nullable(),
  reportedCostNanos: z.number().int().optional(),
  marks: z.array(usageMarkSchema),
});

/** `totalTokens` is input + output + cacheRead + cacheWrite. */
export const usageSumSchema = z.object({
  entries: count,
  ...tokensSchema.shape,
  totalTokens: count,
  costNanos: count,
  unpricedEntries: count,
  unpricedTokens: count,
  estimatedEntries: count,
  estimatedCostNanos: count,
  roundedEntries: count,
  interruptedEntries: count,
});
export type UsageSum = z.infer<typeof usageSumSchema>;

export const modelPriceSchema = z.object({
  provider: z.string(),
  model: z.string(),
  /** Billionths of a US dollar per token; fractions occur. Above a tier's size other prices hold; these are the first. */
  inputNanos: z.number(),
  outputNanos: z.number(),
  cacheReadNanos: z.number().nullable(),
  cacheWriteNanos: z.number().nullable(),
  /** A person's own price, and since when it holds. */
  overridden: z.boolean(),
  since: z.string().optional(),
  hasTiers: z.boolean(),
  /** The ledger has entries of this model. */
  used: z.boolean(),
});
export type ModelPrice = z.infer<typeof modelPriceSchema>;

export const usageImportStateSchema = z.object({
  state: z.enum(["idle", "running", "done", "cancelled", "failed"]),
  files: count,
  filesDone: count,
  bytes: count,
  bytesDone: count,
  /** New entries; requests that were known already; lines no reader could make sense of. */
  entries: count,
  duplicates: count,
  skippedLines: count,
  /** The agent CLI whose files are being read. */
  agent: z.string().optional(),
  message: z.string().optional(),
});
export type UsageImportState = z.infer<typeof usageImportStateSchema>;

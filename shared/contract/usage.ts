/** What was spent: queries, commands and streams over the ledger and the prices. Spread into the contract. */
import { z } from "zod";
import {
  ledgerEntrySchema,
  modelPriceSchema,
  usageConfidenceSchema,
  usageImportStateSchema,
  usageKindSchema,
  usageOutcomeSchema,
  usageSourceSchema,
  usageSumSchema,
  usageWordSchema,
} from "../model/usage.ts";

/** ISO 8601; `to` is exclusive. Absent: from the beginning, until now. */
const period = z.object({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
const scope = z.string().min(1).max(300);

export const usageFilterSchema = period.extend({
  /** A fleet, or `fleet/id` of an agent or a supervisor with all below it; absent: everything. */
  scope: scope.optional(),
  agent: z.string().optional(),
  model: z.string().optional(),
  source: usageSourceSchema.optional(),
  confidence: usageConfidenceSchema.optional(),
  kind: usageKindSchema.optional(),
  outcome: usageOutcomeSchema.optional(),
  sessionId: z.string().optional(),
  cliSessionId: z.string().optional(),
  /** Part of a path, model, agent or provider, or a whole request, message or session id. */
  text: z.string().max(300).optional(),
  imported: z.enum(["with", "without", "only"]).default("with"),
});
export type UsageFilter = z.output<typeof usageFilterSchema>;

const USAGE_GROUPS = ["agent", "subtree", "fleet", "model", "source", "cli", "task", "session", "day", "none"] as const;
const groupBy = z.enum(USAGE_GROUPS).default("none");
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const burnSchema = z.object({
  type: z.literal("burn"),
  todayNanos: z.number(),
  todayTokens: z.number(),
  /** Over the last five minutes. */
  perMinuteTokens: z.number(),
  perHourNanos: z.number(),
  /** Most expensive today, at most ten. */
  topPaths: z.array(z.object({ path: z.string(), costNanos: z.number(), tokens: z.number() })),
  unpricedEntries: z.number().int(),
  estimatedEntries: z.number().int(),
});
export type UsageBurn = z.infer<typeof burnSchema>;

/** For the tree's cost columns: an agent's today, and its running or last life. */
const pathUsageSchema = z.object({
  path: z.string(),
  todayNanos: z.number(),
  todayTokens: z.number(),
  lifeNanos: z.number(),
  lifeTokens: z.number(),
  unpricedTokens: z.number(),
});
export type PathUsage = z.infer<typeof pathUsageSchema>;

const sumRow = usageSumSchema.extend({ key: z.string(), label: z.string() });
const modelRef = z.object({ model: z.string().min(1).max(200), provider: z.string().max(100).optional() });
/** US dollars per million tokens, as providers print them. */
const dollars = z.number().min(0).max(1_000_000);

export const usageQueries = {
  "usage.totals": {
    input: usageFilterSchema.extend({ groupBy }),
    output: z.object({ total: usageSumSchema, rows: z.array(sumRow) }),
  },
  /** For charts; `auto` chooses so that a period has at most a few hundred points. Minutes reach back three hours. */
  "usage.series": {
    input: usageFilterSchema.extend({ groupBy, bucket: z.enum(["minute", "hour", "day", "auto"]).default("auto") }),
    output: z.object({
      bucket: z.enum(["minute", "hour", "day"]),
      /** Where each bucket begins; days are the person's local days. */
      times: z.array(z.string()),
      series: z.array(
        z.object({ key: z.string(), label: z.string(), costNanos: z.array(z.number()), tokens: z.array(z.number()) }),
      ),
    }),
  },
  "usage.entries": {
    input: usageFilterSchema.extend({
      order: z.enum(["newest", "oldest"]).default("newest"),
      after: z.string().max(100).optional(),
      limit: z.number().int().min(1).max(1000).default(200),
      includeSuperseded: z.boolean().default(false),
    }),
    output: z.object({ entries: z.array(ledgerEntrySchema), next: z.string().optional() }),
  },
  /** One entry with every version of it, oldest first, and what each source said of the request. */
  "usage.entry": {
    input: z.object({ id: z.number().int() }),
    output: z.object({
      entry: ledgerEntrySchema,
      history: z.array(ledgerEntrySchema),
      reports: z.array(usageWordSchema),
    }),
  },
  /** Where two sources of one session do not say the same. Shown, never averaged. */
  "usage.drift": {
    input: period.extend({ scope: scope.optional() }),
    output: z.array(
      z.object({
        path: z.string().optional(),
        sessionId: z.string().optional(),
        cliSessionId: z.string().optional(),
        agent: z.string(),
        a: usageSourceSchema,
        b: usageSourceSchema,
        tokensA: z.number().int(),
        tokensB: z.number().int(),
        explained: z.array(z.object({ why: z.string(), requests: z.number().int(), tokens: z.number().int() })),
        unexplainedTokens: z.number().int(),
      }),
    ),
  },
  /** Requests that are known to have been made, and whose tokens nobody knows. */
  "usage.unknown": {
    input: period.extend({ limit: z.number().int().min(1).max(1000).default(200) }),
    output: z.array(
      z.object({
        at: z.string(),
        path: z.string().optional(),
        sessionId: z.string().optional(),
        cliSessionId: z.string().optional(),
        agent: z.string(),
        model: z.string().optional(),
        why: z.enum(["interrupted", "auxiliary", "no_usage_in_answer", "bad_numbers", "source_lost"]),
        detail: z.string().optional(),
        source: usageSourceSchema,
        requestId: z.string().optional(),
      }),
    ),
  },
  /** What each agent CLI tells of its tokens, best source first, and how it can be held to a budget. */
  "usage.sources": {
    input: z.object({}),
    output: z.array(
      z.object({
        agent: z.string(),
        name: z.string(),
        sources: z.array(
          z.object({
            source: usageSourceSchema,
            what: z.string(),
            confidence: usageConfidenceSchema,
            /** Told while it works; else when its session is over. */
            live: z.boolean(),
          }),
        ),
        /** What holds when its budget is used up; `gateway` only where it can be put behind it. */
        brakes: z.object({ soft: z.string(), hard: z.string(), gateway: z.string().optional() }),
        /** Why the best of these is not read: the person's own settings are never overruled. */
        standsAside: z.string().optional(),
      }),
    ),
  },
  "usage.forecast": {
    input: z.object({ scope: scope.optional(), period: z.enum(["day", "week", "month"]).default("day") }),
    output: z.object({
      spentNanos: z.number(),
      /** At the end of the period if the rest goes as it went in earlier ones; null: too little history to say. */
      forecastNanos: z.number().nullable(),
      lowNanos: z.number().nullable(),
      highNanos: z.number().nullable(),
      resetsAt: z.string(),
      /** What a mean day had cost by each quarter of an hour, for the line behind today's. */
      meanDay: z.array(z.object({ minuteOfDay: z.number().int(), costNanos: z.number() })),
    }),
  },
  "prices.list": {
    input: z.object({ text: z.string().max(200).optional(), onlyUsed: z.boolean().default(false) }),
    output: z.object({
      version: z.string(),
      date: z.string().optional(),
      models: z.array(modelPriceSchema),
      /** Models of the ledger without a price. */
      unpriced: z.array(z.object({ provider: z.string(), model: z.string(), tokens: z.number(), entries: z.number() })),
    }),
  },
  /** The ledger's sums in Prometheus' text format. */
  "usage.counters": { input: z.object({}), output: z.object({ text: z.string() }) },
} as const;

export const usageCommands = {
  /** Reads every past transcript on this machine; a second time it adds nothing. Progress: stream `usageImport`. */
  "usage.import": {
    input: z.object({ agents: z.array(z.string()).max(50).optional() }),
    output: z.object({ importId: z.string() }),
  },
  "usage.importCancel": { input: z.object({}), output: z.object({ cancelled: z.boolean() }) },
  /** Holds from now on; entries that had no price get this one. */
  "prices.set": {
    input: modelRef.extend({
      input: dollars,
      output: dollars,
      cacheRead: dollars.optional(),
      cacheWrite: dollars.optional(),
    }),
    output: z.object({ model: z.string() }),
  },
  "prices.remove": { input: modelRef, output: z.object({ model: z.string() }) },
} as const;

export const usageStreams = {
  /** What is being spent; at most once a second, and only when something changed. */
  usage: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      burnSchema,
      z.object({ type: z.literal("paths"), rows: z.array(pathUsageSchema) }),
    ]),
  },
  usageImport: { bytes: false, input: z.object({}), item: usageImportStateSchema },
  /** The entries of the filter, oldest first, as a file. */
  usageExport: {
    bytes: true,
    input: usageFilterSchema.extend({
      format: z.enum(["csv", "json"]),
      includeSuperseded: z.boolean().default(false),
    }),
    item: z.object({ entries: z.number().int() }),
  },
} as const;

/** Budgets: queries, commands and the stream; spread into the contract. Amounts are nano-dollars or tokens. */
import { z } from "zod";
import {
  BUDGET_DEFAULTS,
  budgetChangeSchema,
  budgetRulesSchema,
  budgetSchema,
  budgetUnitSchema,
  MOST_TOKENS,
  MOST_USD,
  NANOS_PER_USD,
} from "../model/budget.ts";

const amountSchema = z
  .number()
  .int()
  .positive()
  .max(Math.max(MOST_USD * NANOS_PER_USD, MOST_TOKENS));
const reason = z.string().max(500).optional();
const one = z.object({ id: z.string(), reason });
/** `note` is one sentence about what follows from it: already used up, capped by a budget above. */
const changed = z.object({ budget: budgetSchema, note: z.string().optional() });

export const budgetQueries = {
  /** Without `scope` all; with it those that bind this scope: its own and those above it. */
  "budget.list": { input: z.object({ scope: z.string().optional() }), output: z.array(budgetSchema) },
  /** Newest first. Every change by whom, when, why; levels, resets and stops between them. */
  "budget.history": {
    input: z.object({ id: z.string(), limit: z.number().int().min(1).max(1000).default(200) }),
    output: z.array(budgetChangeSchema),
  },
} as const;

export const budgetCommands = {
  /** A person's budget; over one of the same scope, period and unit in the fleet file it wins until it is removed. */
  "budget.set": {
    input: z.object({
      scope: z.string(),
      period: budgetRulesSchema.shape.period.exclude(["handover"]).default("day"),
      unit: budgetUnitSchema,
      limit: amountSchema,
      rollover: budgetRulesSchema.shape.rollover.default(BUDGET_DEFAULTS.rollover),
      noticeAt: budgetRulesSchema.shape.noticeAt.default(BUDGET_DEFAULTS.noticeAt),
      warnAt: budgetRulesSchema.shape.warnAt.default(BUDGET_DEFAULTS.warnAt),
      atLimit: budgetRulesSchema.shape.atLimit.default(BUDGET_DEFAULTS.atLimit),
      overdraft: budgetRulesSchema.shape.overdraft.default(BUDGET_DEFAULTS.overdraft),
      unpriced: budgetRulesSchema.shape.unpriced.default(BUDGET_DEFAULTS.unpriced),
      resumeAtReset: z.boolean().default(BUDGET_DEFAULTS.resumeAtReset),
      reason,
    }),
    output: changed,
  },
  /** Only a person's; one of the fleet file is removed there. */
  "budget.remove": { input: one, output: z.object({ id: z.string(), note: z.string().optional() }) },
  /** More for this period; what it had stopped goes on: the grant is the consent. */
  "budget.grant": { input: one.extend({ amount: amountSchema }), output: changed },
  /** From one budget to another of the same unit, for this period. */
  "budget.move": {
    input: z.object({ from: z.string(), to: z.string(), amount: amountSchema, reason }),
    output: z.object({ from: budgetSchema, to: budgetSchema, note: z.string().optional() }),
  },
  "budget.freeze": { input: one, output: changed },
  "budget.unfreeze": { input: one, output: changed },
  /**
   * Tokens for one piece of work: taken from the giver (an agent), enforced on the receiver. Without a giver a person gives.
   * Answers what was really handed over: never more than the giver or the receiver's own budgets have left.
   */
  "budget.handover": {
    input: z.object({ from: z.string().optional(), to: z.string(), tokens: z.number().int().positive(), reason }),
    output: z.object({ tokens: z.number().int(), budget: budgetSchema, note: z.string().optional() }),
  },
  /** The work is done: the receiver is bound no longer, and what it left goes back to the giver. */
  "budget.handback": {
    input: z.object({ to: z.string(), reason }),
    output: z.object({ tokens: z.number().int() }),
  },
  /** Whether an agent that waits for a plan's or a budget's reset goes on by itself; over `resume_at_reset` of the file. */
  "budget.setResume": {
    input: z.object({ id: z.string(), resume: z.boolean() }),
    output: z.object({ path: z.string() }),
  },
} as const;

export const budgetStreams = {
  budgets: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), budgets: z.array(budgetSchema) }),
      z.object({ type: z.literal("budgets"), budgets: z.array(budgetSchema) }),
      z.object({ type: z.literal("removed"), ids: z.array(z.string()) }),
    ]),
  },
} as const;

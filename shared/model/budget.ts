/**
 * A budget: how much money or how many tokens everything, a fleet, a supervisor's subtree or an agent may use in a period.
 * Several may bind one agent; all of them do, and none of them gives more than those above it have left.
 */
import { z } from "zod";

export const BUDGET_PERIODS = ["run", "day", "week", "month", "total", "handover"] as const;
/** `run`: one life of one agent. `handover`: what was handed to an agent, until it is given back; only made by handovers. */
export const budgetPeriodSchema = z.enum(BUDGET_PERIODS);
export type BudgetPeriod = z.infer<typeof budgetPeriodSchema>;

export const budgetUnitSchema = z.enum(["usd", "tokens"]);
export type BudgetUnit = z.infer<typeof budgetUnitSchema>;

/** What happens at 100 %: it is only said; no new prompt; or the agent is interrupted and stopped, and may not restart. */
export const atLimitSchema = z.enum(["warn", "soft", "hard"]);

export const rolloverSchema = z.enum(["none", "carry"]);

/** ok, then notice (50 %), warn (80 %), then the stop the budget asks for; a frozen one lets nothing through. */
export const budgetLevelSchema = z.enum(["ok", "notice", "warn", "soft", "hard", "frozen"]);
export type BudgetLevel = z.infer<typeof budgetLevelSchema>;

/** Levels at which no new prompt and no start is let through. */
export const STOPPING_LEVELS: ReadonlySet<BudgetLevel> = new Set(["soft", "hard", "frozen"]);

/** A million dollars and a trillion tokens: more is a slip of the finger, and nano-dollars stay exact integers below it. */
export const MOST_USD = 1_000_000;
export const MOST_TOKENS = 1_000_000_000_000;
export const NANOS_PER_USD = 1_000_000_000;

export const fractionSchema = z.number().min(0.01).max(1);
export const BUDGET_DEFAULTS = {
  rollover: "none",
  noticeAt: 0.5,
  warnAt: 0.8,
  atLimit: "hard",
  overdraft: 0,
  unpriced: "warn",
  resumeAtReset: false,
} as const;

/** What a person or a fleet file decides. Amounts are nano-dollars or tokens. */
export const budgetRulesSchema = z.object({
  period: budgetPeriodSchema,
  unit: budgetUnitSchema,
  limit: z.number().int().positive(),
  /** carry: what is left over adds to the next period, at most one limit. */
  rollover: rolloverSchema,
  noticeAt: fractionSchema,
  warnAt: fractionSchema,
  atLimit: atLimitSchema,
  /** Hard only: no new prompt at 100 %, the stop at 100 % plus this fraction. */
  overdraft: z.number().min(0).max(1),
  /** What a money budget does about a model without a price, which it cannot count. */
  unpriced: z.enum(["warn", "stop"]),
  /** The person's consent that what this budget stopped goes on by itself when the period is over. */
  resumeAtReset: z.boolean(),
});
export type BudgetRules = z.infer<typeof budgetRulesSchema>;

export const budgetSchema = budgetRulesSchema.extend({
  /** `<scope>#<period>#<unit>`. */
  id: z.string(),
  /** `*` for everything, a fleet's name, or `fleet/id` of a supervisor (its subtree) or an agent. */
  scope: z.string(),
  /** `person` wins over the same budget in the fleet file until it is removed. */
  setBy: z.enum(["file", "person"]),
  frozen: z.boolean(),
  periodStart: z.string(),
  /** Absent where nothing resets it by itself. */
  resetsAt: z.string().optional(),
  spent: z.number().int(),
  /** Set aside for requests under way. */
  reserved: z.number().int(),
  /** By persons, for this period; negative when it was moved or handed on. */
  granted: z.number().int(),
  /** Left over from the last period. */
  carried: z.number().int(),
  /** limit + carried + granted. */
  allowance: z.number().int(),
  /** What may still be spent: of its own, and never more than a budget above it has left. */
  available: z.number().int(),
  /** The budget above that has less left, where one has. */
  cappedBy: z.string().optional(),
  /** Spent beyond the allowance. */
  overshoot: z.number().int(),
  /** Tokens of models without a price: a money budget cannot count them. */
  unpricedTokens: z.number().int(),
  level: budgetLevelSchema,
  /** One sentence where a person should know more. */
  notice: z.string().optional(),
  /** When it is used up at the pace of this period; absent when it is not before the reset. */
  forecastAt: z.string().optional(),
});
export type Budget = z.infer<typeof budgetSchema>;

export function budgetId(scope: string, period: BudgetPeriod, unit: BudgetUnit): string {
  return `${scope}#${period}#${unit}`;
}

/** One change of a budget by a person, or one of its own moments, from the event log. */
export const budgetChangeSchema = z.object({
  seq: z.number().int(),
  at: z.string(),
  actor: z.string(),
  /** set, removed, granted, moved, frozen, unfrozen, reset, level_changed, exhausted, overshot, handed_over. */
  what: z.string(),
  reason: z.string().optional(),
  before: z.number().int().optional(),
  after: z.number().int().optional(),
  amount: z.number().int().optional(),
  detail: z.string(),
});
export type BudgetChange = z.infer<typeof budgetChangeSchema>;

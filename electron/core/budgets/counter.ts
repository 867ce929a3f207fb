/** One budget's arithmetic. Pure: what is left, how far it is, what a new period begins with. */
import { STOPPING_LEVELS } from "#shared/model/budget.ts";
import type { BudgetLevel, BudgetRules, BudgetUnit } from "#shared/model/budget.ts";
import { nextPeriodStart, periodStart } from "#shared/lib/budgetPeriods.ts";
import type { ResettingPeriod } from "#shared/lib/budgetPeriods.ts";

/** What is kept of a budget beside its rules. */
export interface BudgetState {
  readonly periodStartMs: number;
  /** The life a budget per run counts. */
  readonly sessionId?: string | undefined;
  readonly spent: number;
  readonly granted: number;
  readonly carried: number;
  readonly frozen: boolean;
  readonly unpricedTokens: number;
  /** The newest ledger entry in `spent`; what the ledger has beyond it is counted at the next start. */
  readonly entryId: number;
  /** As last announced. */
  readonly level: BudgetLevel;
}

export interface Counter {
  readonly id: string;
  readonly scope: string;
  readonly setBy: "file" | "person";
  readonly rules: BudgetRules;
  readonly state: BudgetState;
  /** Set aside for requests under way. */
  readonly reserved: number;
}

/** What one request, or many, used. */
export interface Spend {
  readonly nanos: number;
  readonly tokens: number;
  readonly unpricedTokens: number;
}

/** A clock corrected over midnight by less than this does not bring yesterday back: today just lasts that much longer. */
const SMALL_STEP_BACK_MS = 60 * 60 * 1000;

export const NO_SPEND: Spend = { nanos: 0, tokens: 0, unpricedTokens: 0 };

export function freshState(rules: Pick<BudgetRules, "period">, wallMs: number): BudgetState {
  return {
    periodStartMs: isResetting(rules.period) ? periodStart(rules.period, wallMs) : wallMs,
    spent: 0,
    granted: 0,
    carried: 0,
    frozen: false,
    unpricedTokens: 0,
    entryId: 0,
    level: "ok",
  };
}

export function isResetting(period: BudgetRules["period"]): period is ResettingPeriod {
  return period === "day" || period === "week" || period === "month";
}

export function inUnit(spend: Pick<Spend, "nanos" | "tokens">, unit: BudgetUnit): number {
  return unit === "usd" ? spend.nanos : spend.tokens;
}

export function allowanceOf({ rules, state }: Pick<Counter, "rules" | "state">): number {
  return Math.max(0, rules.limit + state.carried + state.granted);
}

/** What this budget by itself would still let through; never negative. */
export function leftOf(counter: Counter): number {
  if (counter.state.frozen) return 0;
  return Math.max(0, allowanceOf(counter) - counter.state.spent - counter.reserved);
}

export function levelOf(counter: Pick<Counter, "rules" | "state">): BudgetLevel {
  const { rules, state } = counter;
  if (state.frozen) return "frozen";
  const allowance = allowanceOf(counter);
  const isBlind = rules.unit === "usd" && rules.unpriced === "stop" && state.unpricedTokens > 0;
  if (isBlind) return rules.atLimit === "hard" ? "hard" : "soft";
  if (state.spent >= allowance) return levelAtLimit(rules, state.spent, allowance);
  if (state.spent >= allowance * rules.warnAt) return "warn";
  return state.spent >= allowance * rules.noticeAt ? "notice" : "ok";
}

function levelAtLimit(rules: BudgetRules, spent: number, allowance: number): BudgetLevel {
  if (rules.atLimit === "warn") return "warn";
  if (rules.atLimit === "soft") return "soft";
  return rules.overdraft === 0 || spent >= allowance * (1 + rules.overdraft) ? "hard" : "soft";
}

export function isStopping(counter: Counter): boolean {
  return STOPPING_LEVELS.has(levelOf(counter));
}

export function spentMore(state: BudgetState, unit: BudgetUnit, spend: Spend): BudgetState {
  return {
    ...state,
    // A better source may say that it was less than was thought; a budget never goes below nothing.
    spent: Math.max(0, state.spent + inUnit(spend, unit)),
    unpricedTokens: unit === "usd" ? Math.max(0, state.unpricedTokens + spend.unpricedTokens) : 0,
  };
}

/** The period `wallMs` is in, when it is another than the one that is counted; `back` when the clock was set back over its begin. */
export function periodChange(
  { rules, state }: Pick<Counter, "rules" | "state">,
  wallMs: number,
): { readonly startMs: number; readonly back: boolean } | undefined {
  if (!isResetting(rules.period)) return undefined;
  const startMs = periodStart(rules.period, wallMs);
  if (startMs > state.periodStartMs) return { startMs, back: false };
  return wallMs < state.periodStartMs - SMALL_STEP_BACK_MS ? { startMs, back: true } : undefined;
}

/** The next period: what was granted ends with the old one; what is left over is carried where the rules say so. */
export function nextPeriod(counter: Pick<Counter, "rules" | "state">, startMs: number): BudgetState {
  const { rules, state } = counter;
  const isNext = isResetting(rules.period) && nextPeriodStart(rules.period, state.periodStartMs) === startMs;
  // Periods in which the machine was off spent nothing: a whole limit is left over, and that is the most.
  const leftOver = isNext ? Math.min(rules.limit, Math.max(0, allowanceOf(counter) - state.spent)) : rules.limit;
  return {
    ...state,
    periodStartMs: startMs,
    spent: 0,
    granted: 0,
    carried: rules.rollover === "carry" ? leftOver : 0,
    unpricedTokens: 0,
  };
}

export function resetsAtMs({ rules, state }: Pick<Counter, "rules" | "state">): number | undefined {
  return isResetting(rules.period) ? nextPeriodStart(rules.period, state.periodStartMs) : undefined;
}

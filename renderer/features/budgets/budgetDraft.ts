/** What a person fills in for a budget, and what the core is asked for. */
import type { CommandInput } from "#shared/contract/index.ts";
import { BUDGET_DEFAULTS } from "#shared/model/budget.ts";
import type { Budget } from "#shared/model/budget.ts";
import { parseTokens, parseUsd } from "#shared/lib/amountWords.ts";

export interface BudgetDraft {
  readonly unit: Budget["unit"];
  readonly period: Exclude<Budget["period"], "handover">;
  /** As typed: "15", "2.5M". */
  readonly amount: string;
  readonly atLimit: Budget["atLimit"];
  readonly warnAt: string;
  readonly rollover: Budget["rollover"];
  readonly resumeAtReset: boolean;
  readonly unpriced: Budget["unpriced"];
  readonly reason: string;
}

export const NEW_DRAFT: BudgetDraft = {
  unit: "usd",
  period: "day",
  amount: "",
  atLimit: BUDGET_DEFAULTS.atLimit,
  warnAt: String(Math.round(BUDGET_DEFAULTS.warnAt * 100)),
  rollover: BUDGET_DEFAULTS.rollover,
  resumeAtReset: BUDGET_DEFAULTS.resumeAtReset,
  unpriced: BUDGET_DEFAULTS.unpriced,
  reason: "",
};

export function draftOf(budget: Budget): BudgetDraft {
  return {
    unit: budget.unit,
    period: budget.period === "handover" ? "total" : budget.period,
    amount: budget.unit === "usd" ? String(budget.limit / 1e9) : String(budget.limit),
    atLimit: budget.atLimit,
    warnAt: String(Math.round(budget.warnAt * 100)),
    rollover: budget.rollover,
    resumeAtReset: budget.resumeAtReset,
    unpriced: budget.unpriced,
    reason: "",
  };
}

export interface DraftProblems {
  readonly amount?: string;
  readonly warnAt?: string;
}

/** Nano-dollars or tokens; undefined when it is no amount. */
export function parseAmount(unit: Budget["unit"], text: string): number | undefined {
  const amount = unit === "usd" ? parseUsd(text) : parseTokens(text);
  return amount === undefined || amount <= 0 ? undefined : amount;
}

export const AMOUNT_HINT: Readonly<Record<Budget["unit"], string>> = {
  usd: "Dollars, for example 15 or 2.50.",
  tokens: "Tokens, for example 250k or 2.5M.",
};

export function draftProblems(draft: BudgetDraft): DraftProblems {
  const warn = Number(draft.warnAt);
  return {
    ...(parseAmount(draft.unit, draft.amount) === undefined ? { amount: AMOUNT_HINT[draft.unit] } : {}),
    ...(Number.isFinite(warn) && warn >= 1 && warn <= 100 ? {} : { warnAt: "From 1 to 100 percent." }),
  };
}

export function setInput(scope: string, draft: BudgetDraft): CommandInput<"budget.set"> {
  const reason = draft.reason.trim();
  const warnAt = Number(draft.warnAt) / 100;
  return {
    scope,
    period: draft.period,
    unit: draft.unit,
    limit: parseAmount(draft.unit, draft.amount) ?? 0,
    rollover: draft.rollover,
    noticeAt: Math.min(BUDGET_DEFAULTS.noticeAt, warnAt),
    warnAt,
    atLimit: draft.atLimit,
    resumeAtReset: draft.resumeAtReset,
    unpriced: draft.unpriced,
    ...(reason === "" ? {} : { reason }),
  };
}

/** Budgets in words (design.md 7 and 12). */
import type { Budget, BudgetChange } from "#shared/model/budget.ts";
import { clockWords } from "#shared/lib/words.ts";
import { amountWords, PERIOD_WORDS } from "#shared/model/budgetWords.ts";

const STOP_WORDS: Readonly<Record<Budget["atLimit"], string>> = {
  warn: "only warns",
  soft: "holds at 100%",
  hard: "stops at 100%",
};

export function limitWords(budget: Pick<Budget, "unit" | "limit" | "period">): string {
  return `${amountWords(budget.unit, budget.limit)} ${PERIOD_WORDS[budget.period]}`;
}

/** "of $15.00": what it may spend now, grants and what was carried over included. */
export function ofWords(budget: Pick<Budget, "unit" | "allowance">): string {
  return `of ${amountWords(budget.unit, budget.allowance)}`;
}

/** The quiet word at the end of a row: why it stands still, what is set aside, or what it will do. */
export function rowNote(budget: Budget): string {
  switch (budget.level) {
    case "frozen":
      return "frozen";
    case "hard":
      return "stopped";
    case "soft":
      return "no new prompt";
    case "ok":
    case "notice":
    case "warn":
      break;
  }
  if (budget.reserved > 0) return `${amountWords(budget.unit, budget.reserved)} held`;
  return STOP_WORDS[budget.atLimit];
}

/** "resets 00:00", "never resets". */
export function resetWords(budget: Pick<Budget, "resetsAt" | "period">, now: number): string {
  if (budget.resetsAt !== undefined) return `resets ${clockWords(Date.parse(budget.resetsAt), now)}`;
  return budget.period === "run" ? "begins anew with each life" : "never resets by itself";
}

export function scopeName(scope: string): string {
  return scope === "*" ? "Everything" : (scope.split("/").at(-1) ?? scope);
}

const CHANGE_WORDS: Readonly<Record<string, string>> = {
  set: "Set to",
  removed: "Removed:",
  granted: "Granted",
  moved: "Moved",
  frozen: "Frozen with",
  unfrozen: "Unfrozen with",
  overshot: "Spent",
  handed_over: "Handed over",
  handed_back: "Given back",
};

/** "Granted $3.00": what happened to a budget; a level says it by itself. */
export function changeWords({ what, detail }: Pick<BudgetChange, "what" | "detail">): string {
  const words = CHANGE_WORDS[what];
  return words === undefined ? detail : `${words} ${detail}`;
}

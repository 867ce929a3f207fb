/** How far a budget is used, in a number and in words: the same in the window, the tray and the tree. */
import { costWords, tokenWords } from "../lib/amountWords.ts";
import type { Budget } from "./budget.ts";

/** After an amount: "$5.00 a day". */
export const PERIOD_WORDS: Readonly<Record<Budget["period"], string>> = {
  run: "each life",
  day: "a day",
  week: "a week",
  month: "a month",
  total: "in all",
  handover: "handed over",
};

/** The share of its allowance that is used or set aside; 1 where nothing is allowed. */
export function usedShare({ spent, reserved, allowance }: Pick<Budget, "spent" | "reserved" | "allowance">): number {
  return allowance <= 0 ? 1 : (spent + reserved) / allowance;
}

/** Short, where the unit is plain from its place; `amountText` names it. */
export function amountWords(unit: Budget["unit"], amount: number): string {
  return unit === "usd" ? costWords(amount) : tokenWords(amount);
}

/** "$8.56 of $15.00": grants and what was carried over included. */
export function spentOfWords({ unit, spent, allowance }: Pick<Budget, "unit" | "spent" | "allowance">): string {
  return `${amountWords(unit, spent)} of ${amountWords(unit, allowance)}`;
}

export function levelWords(budget: Pick<Budget, "level" | "noticeAt" | "warnAt">): string {
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  switch (budget.level) {
    case "ok":
      return "Within budget";
    case "notice":
      return `Over ${percent(budget.noticeAt)}`;
    case "warn":
      return `Over ${percent(budget.warnAt)}`;
    case "soft":
      return "Used up: no new prompt";
    case "hard":
      return "Used up: stopped";
    case "frozen":
      return "Frozen: nothing more may be spent";
  }
}

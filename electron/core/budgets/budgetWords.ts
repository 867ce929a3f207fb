/** A budget in words: what it is, and what a person reads where it stops something (design.md 12, sentence 11). */
import type { BudgetLevel } from "#shared/model/budget.ts";
import { amountText as amountWords, tokenWords } from "#shared/lib/amountWords.ts";
import { resetWords } from "#shared/lib/budgetPeriods.ts";
import { allowanceOf, isResetting } from "./counter.ts";
import type { Counter } from "./counter.ts";

/** "its budget of $5.00" for the agent's own, "the budget of $5.00 of shop" above it. */
export function budgetWords(counter: Counter, path: string): string {
  const amount = amountWords(allowanceOf(counter), counter.rules.unit);
  if (counter.scope === path) return `its budget of ${amount}`;
  return counter.scope === "*"
    ? `the budget of ${amount} for everything`
    : `the budget of ${amount} of ${counter.scope}`;
}

/** "Paused at its budget of $5.00. Raise it, or let it continue tomorrow at 00:00." */
export function pausedWords(counter: Counter, path: string, level: BudgetLevel): string {
  const budget = budgetWords(counter, path);
  if (level === "frozen") return `Paused: ${budget} is frozen. Unfreeze it to go on.`;
  if (isBlind(counter)) return `Paused: ${budget} cannot count a model without a price. ${BLIND_ADVICE}`;
  return `Paused at ${budget}. ${advice(counter)}`;
}

function advice({ rules }: Counter): string {
  if (!isResetting(rules.period)) return "Raise it to go on.";
  const when = resetWords(rules.period);
  return rules.resumeAtReset ? `Raise it, or it continues ${when}.` : `Raise it, or let it continue ${when}.`;
}

const BLIND_ADVICE = "Set a price for the model, or let the budget only warn about it.";

/** It stopped because of what it cannot count, not because of what it counted. */
function isBlind(counter: Counter): boolean {
  const { rules, state } = counter;
  return rules.unpriced === "stop" && state.unpricedTokens > 0 && state.spent < allowanceOf(counter);
}

/** One sentence beside the numbers; undefined when they say all. */
export function noticeWords(counter: Counter): string | undefined {
  const { rules, state } = counter;
  if (rules.unit === "usd" && state.unpricedTokens > 0)
    return `${tokenWords(state.unpricedTokens)} tokens went to a model without a price and are not counted. ${BLIND_ADVICE}`;
  const over = state.spent - allowanceOf(counter);
  return over > 0 && rules.atLimit !== "warn" ? `Overshot by ${amountWords(over, rules.unit)}.` : undefined;
}

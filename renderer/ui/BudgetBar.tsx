/** How much of a budget is used: amber from its warning on, its own ground and word when it stops. Nothing for no budget. */
import type { ReactElement } from "react";
import type { Budget } from "#shared/model/budget.ts";
import { levelWords, usedShare } from "#shared/model/budgetWords.ts";
import "./budgetBar.css";

export function BudgetBar({ budget }: { readonly budget: Budget }): ReactElement {
  const share = Math.min(1, Math.max(0, usedShare(budget)));
  const spent = budget.allowance <= 0 ? 1 : Math.min(1, budget.spent / budget.allowance);
  return (
    <span
      className={`budget-bar budget-bar-${budget.level}`}
      role="meter"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-label={`${Math.round(share * 100)}% used. ${levelWords(budget)}`}
      title={levelWords(budget)}
    >
      <span className="budget-bar-held" style={{ width: `${share * 100}%` }} />
      <span className="budget-bar-spent" style={{ width: `${spent * 100}%` }} />
      <span className="budget-bar-mark" style={{ left: `${budget.warnAt * 100}%` }} />
    </span>
  );
}

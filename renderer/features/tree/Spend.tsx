/** What a node spent today, with the bar of the budget set on it that is used most. Nothing where nothing is metered. */
import type { ReactElement } from "react";
import { useAppState } from "#renderer/state/hooks.ts";
import { budgetsByScope } from "#renderer/state/usageSlice.ts";
import { BudgetBar } from "#renderer/ui/BudgetBar.tsx";
import { costWords, tokenWords } from "#shared/lib/amountWords.ts";
import { amountWords } from "#shared/model/budgetWords.ts";

export function Spend({ path }: { readonly path: string }): ReactElement {
  const usage = useAppState((state) => state.pathUsage.get(path));
  const budget = useAppState((state) => budgetsByScope(state.budgets).get(path)?.[0]);
  const spent =
    budget !== undefined
      ? amountWords(budget.unit, budget.spent)
      : usage === undefined || usage.todayTokens === 0
        ? ""
        : usage.todayNanos === 0
          ? `${tokenWords(usage.todayTokens)} tok`
          : costWords(usage.todayNanos);
  return (
    <span className="tree-spend">
      <span className="num">{spent}</span>
      {budget !== undefined && <BudgetBar budget={budget} />}
    </span>
  );
}

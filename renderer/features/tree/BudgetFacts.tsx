/** The inspector's block about money: the budgets set on this node, or what it spent today. */
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useAppState, useIsLive, useNavigation } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { budgetsByScope, isStopped } from "#renderer/state/usageSlice.ts";
import { BudgetBar } from "#renderer/ui/BudgetBar.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { costWords, tokenWords } from "#shared/lib/amountWords.ts";
import { levelWords, spentOfWords } from "#shared/model/budgetWords.ts";

export function BudgetFacts({ path }: { readonly path: string }): ReactElement {
  const { store } = useApp();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const own = useAppState((state) => budgetsByScope(state.budgets).get(path));
  const usage = useAppState((state) => state.pathUsage.get(path));
  return (
    <section className="inspect-block" aria-label="Budget">
      <div className="section-head">
        Budget
        <span className="aside">
          <Button kind="quiet" onClick={() => navigation.navigate({ page: "budgets", scope: path })}>
            Details
          </Button>
        </span>
      </div>
      {own === undefined ? (
        <div className="inspect-budget small t2">
          {usage === undefined || usage.todayTokens === 0
            ? "Nothing was spent today."
            : `${costWords(usage.todayNanos)} today, ${tokenWords(usage.todayTokens)} tokens.`}{" "}
          <Button
            kind="quiet"
            disabled={!isLive}
            onClick={() => openOverlay(store, { kind: "setBudget", scope: path })}
          >
            Set a budget
          </Button>
        </div>
      ) : (
        own.map((budget) => (
          <div key={budget.id} className="inspect-budget">
            <div className="row small">
              <span className="medium tab">{spentOfWords(budget)}</span>
              <span className="t3">{budget.period === "run" ? "each life" : budget.period}</span>
              <span className="grow" />
              {isStopped(budget) ? (
                <Button disabled={!isLive} onClick={() => openOverlay(store, { kind: "grantBudget", id: budget.id })}>
                  Grant
                </Button>
              ) : (
                <span className="t2">{levelWords(budget)}</span>
              )}
            </div>
            <BudgetBar budget={budget} />
          </div>
        ))
      )}
    </section>
  );
}

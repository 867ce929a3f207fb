/** The inspector of one place: every budget that binds it, what may be done, and who did what when. */
import { ArrowRightLeft, Plus, Snowflake, Trash2, Pencil } from "lucide-react";
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useAppState, useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { budgetsByScope } from "#renderer/state/usageSlice.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import type { Budget, BudgetChange } from "#shared/model/budget.ts";
import { clockWords } from "#shared/lib/words.ts";
import { BudgetBar } from "#renderer/ui/BudgetBar.tsx";
import { amountWords, levelWords } from "#shared/model/budgetWords.ts";
import { changeWords, limitWords, ofWords, resetWords, scopeName } from "./budgetWords.ts";

export function BudgetDetails({ scope }: { readonly scope: string }): ReactElement {
  const { store } = useApp();
  const navigation = useNavigation();
  const isLive = useIsLive();
  const all = useAppState((state) => state.budgets);
  const own = budgetsByScope(all).get(scope) ?? [];
  const hasNode = useAppState((state) => state.nodes.has(scope));
  return (
    <>
      <div className="inspect-head">
        <h2 className="strong ell">{scopeName(scope)}</h2>
        <span className="grow" />
        {hasNode && (
          <Button kind="quiet" onClick={() => navigation.navigate({ page: "tree", path: scope })}>
            Show in tree
          </Button>
        )}
      </div>
      {own.length === 0 && (
        <div className="inspect-block budget-none">
          <p className="t2">
            {scope === "*"
              ? "Nothing caps what all agents together may spend."
              : `Nothing caps ${scopeName(scope)} by itself; budgets above it still do.`}
          </p>
        </div>
      )}
      {own.map((budget) => (
        <OneBudget key={budget.id} budget={budget} />
      ))}
      <div className="inspect-block">
        <Button
          icon={<Plus size={13} />}
          keys="e"
          disabled={!isLive}
          onClick={() => openOverlay(store, { kind: "setBudget", scope })}
        >
          {own.length === 0 ? "Set a budget" : "Another budget"}
        </Button>
      </div>
      {own.map((budget) => (
        <History key={budget.id} budget={budget} isOnly={own.length === 1} />
      ))}
    </>
  );
}

function OneBudget({ budget }: { readonly budget: Budget }): ReactElement {
  const resets = useNowText((now) => resetWords(budget, now));
  const forecast = useNowText((now) =>
    budget.forecastAt === undefined
      ? ""
      : `Used up about ${clockWords(Date.parse(budget.forecastAt), now)} at this pace.`,
  );
  return (
    <section className="inspect-block" aria-label={limitWords(budget)}>
      <div className="section-head">
        {limitWords(budget)}
        <span className="aside t3">{budget.setBy === "file" ? "from the fleet file" : "set by you"}</span>
      </div>
      <div className="budget-figures">
        <span className="strong">{amountWords(budget.unit, budget.spent)}</span>
        <span className="t2">{ofWords(budget)}</span>
        <span className="grow" />
        <span className={`budget-level budget-level-${budget.level}`}>{levelWords(budget)}</span>
      </div>
      <BudgetBar budget={budget} />
      <p className="small t2 budget-facts">{factWords(budget, resets, forecast)}</p>
      {budget.notice !== undefined && <p className="small budget-notice">{budget.notice}</p>}
      <Actions budget={budget} />
    </section>
  );
}

/** One line of plain sentences: what is left and why, what is set aside, what else came in, when it begins anew. */
function factWords(budget: Budget, resets: string, forecast: string): string {
  const amount = (value: number): string => amountWords(budget.unit, value);
  const facts = [
    `${amount(Math.max(0, budget.available))} left${budget.cappedBy === undefined ? "" : `, capped by ${scopeName(budget.cappedBy.split("#")[0] ?? "")}`}`,
  ];
  if (budget.reserved > 0) facts.push(`${amount(budget.reserved)} held for requests under way`);
  if (budget.granted !== 0)
    facts.push(`${amount(Math.abs(budget.granted))} ${budget.granted > 0 ? "granted" : "moved away"}`);
  if (budget.carried > 0) facts.push(`${amount(budget.carried)} carried over`);
  if (budget.overshoot > 0) facts.push(`${amount(budget.overshoot)} over when it stopped`);
  if (budget.unpricedTokens > 0)
    facts.push(`${amountWords("tokens", budget.unpricedTokens)} tokens have no price and are not in it`);
  return `${facts.join(", ")}; ${resets}. ${forecast}`.trim();
}

function Actions({ budget }: { readonly budget: Budget }): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const act = useBudgetActs(budget);
  const { id, scope } = budget;
  return (
    <div className="budget-actions">
      <Button
        icon={<Plus size={13} />}
        disabled={!isLive}
        onClick={() => openOverlay(store, { kind: "grantBudget", id })}
      >
        Grant
      </Button>
      <Button
        icon={<ArrowRightLeft size={13} />}
        disabled={!isLive}
        onClick={() => openOverlay(store, { kind: "moveBudget", id })}
      >
        Move
      </Button>
      <Button
        icon={<Snowflake size={13} />}
        disabled={!isLive}
        running={act.isPending && (budget.frozen ? "Unfreezing" : "Freezing")}
        onClick={budget.frozen ? act.unfreeze : act.askFreeze}
      >
        {budget.frozen ? "Unfreeze" : "Freeze"}
      </Button>
      <span className="grow" />
      {budget.period !== "handover" && (
        <Button
          kind="quiet"
          aria-label="Edit"
          title="Edit"
          icon={<Pencil size={13} />}
          disabled={!isLive}
          onClick={() => openOverlay(store, { kind: "setBudget", scope, id })}
        />
      )}
      {budget.setBy === "person" && (
        <Button
          kind="quiet"
          aria-label="Remove"
          title="Remove"
          icon={<Trash2 size={13} />}
          disabled={!isLive}
          onClick={act.askRemove}
        />
      )}
    </div>
  );
}

/** What stops agents or deletes asks first, and says what it takes with it. */
function useBudgetActs(budget: Budget) {
  const { store } = useApp();
  const freeze = useCommand("budget.freeze");
  const unfreeze = useCommand("budget.unfreeze");
  const remove = useCommand("budget.remove");
  const { id } = budget;
  const name = `${scopeName(budget.scope)}: ${limitWords(budget)}`;
  const ask = (action: string, body: string, run: () => void) =>
    openOverlay(store, {
      kind: "confirm",
      question: { title: `${action} ${name}?`, body, action, isDangerous: true, run },
    });
  const thaw = () => void unfreeze.run({ id });
  return {
    isPending: freeze.isPending || unfreeze.isPending,
    unfreeze: thaw,
    askFreeze: () =>
      ask(
        "Freeze",
        FREEZE_BODY,
        () => void freeze.run({ id }, { undo: () => ({ text: `Froze ${name}.`, run: thaw }) }),
      ),
    askRemove: () => ask("Remove", REMOVE_BODY, () => void remove.run({ id })),
  };
}

const FREEZE_BODY =
  "Nothing more may be spent under it until you unfreeze it: agents get no new prompt, and none that it binds starts. What runs now finishes its request.";
const REMOVE_BODY = "What it had stopped may go on. Its history stays in the event log.";

function History({ budget, isOnly }: { readonly budget: Budget; readonly isOnly: boolean }): ReactElement | null {
  // Its own numbers change with each request; what persons did to it does not.
  const key = `${budget.limit} ${budget.granted} ${budget.frozen} ${budget.level} ${budget.periodStart}`;
  const history = useCoreQuery("budget.history", { id: budget.id, limit: 30 }, { key });
  if (history.error !== null)
    return (
      <Problem title="The history could not be read." action="Try again" onAction={() => void history.refetch()} />
    );
  if (history.data === undefined || history.data.length === 0) return null;
  return (
    <section className="inspect-block" aria-label="History">
      <div className="section-head">History {!isOnly && <span className="count">{limitWords(budget)}</span>}</div>
      <ul className="budget-history">
        {history.data.map((change) => (
          <Change key={change.seq} change={change} />
        ))}
      </ul>
    </section>
  );
}

function Change({ change }: { readonly change: BudgetChange }): ReactElement {
  const at = useNowText((now) => clockWords(Date.parse(change.at), now));
  return (
    <li>
      <span className="t3 tab nowrap">{at}</span>
      <span className="t1">{changeWords(change)}</span>
      <span className="t3">
        {change.actor === "system" ? "" : `by ${change.actor}`}
        {change.reason === undefined ? "" : `: ${change.reason}`}
      </span>
    </li>
  );
}

/** Sets a budget, or changes the rules of one. Says beforehand what it would do to what is spent already. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { closeOverlay, showToast } from "#renderer/state/overlays.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";
import { Switch } from "#renderer/ui/Switch.tsx";
import type { Budget } from "#shared/model/budget.ts";
import {
  AMOUNT_HINT,
  draftOf,
  draftProblems,
  NEW_DRAFT,
  parseAmount,
  setInput,
  type BudgetDraft,
} from "./budgetDraft.ts";
import { scopeName } from "./budgetWords.ts";
import { amountWords } from "#shared/model/budgetWords.ts";
import "./budgetDialogs.css";

interface Props {
  readonly scope: string;
  readonly id: string | undefined;
}

export function SetBudgetDialog({ scope, id }: Props): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const budget = useAppState((state) => (id === undefined ? undefined : state.budgets.get(id)));
  const set = useCommand("budget.set");
  const [draft, setDraft] = useState<BudgetDraft>(budget === undefined ? NEW_DRAFT : draftOf(budget));
  const [isTried, setTried] = useState(false);
  const problems = draftProblems(draft);
  const change = (part: Partial<BudgetDraft>) => setDraft((old) => ({ ...old, ...part }));
  const close = () => closeOverlay(store);
  const title = `${budget === undefined ? "Set a budget for" : "Change the budget of"} ${scopeName(scope).toLowerCase() === "everything" ? "everything" : scopeName(scope)}`;
  useKeys("Budget", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const save = async () => {
    setTried(true);
    if (!isLive || Object.keys(problems).length > 0) return;
    const result = await set.run(setInput(scope, draft), { isQuiet: true });
    if (!result.ok) return;
    close();
    const before = budget === undefined ? undefined : draftOf(budget);
    const note = result.value.note === undefined ? "" : ` ${result.value.note}`;
    if (before !== undefined)
      showToast(store, {
        kind: "undo",
        text: `Changed the budget of ${scopeName(scope)}.${note}`,
        undo: () => void set.run(setInput(scope, before)),
      });
  };
  return (
    <Dialog label={title} width={520} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="dialog-head">{title}</div>
        <div className="dialog-body budget-form">
          <AmountFields
            draft={draft}
            isNew={budget === undefined}
            error={isTried ? problems.amount : undefined}
            onChange={change}
          />
          <StopFields draft={draft} error={isTried ? problems.warnAt : undefined} onChange={change} />
          <Foresight budget={budget} draft={draft} />
          <Labelled label="Why" hint="Optional; kept in the history." error={set.error?.message}>
            {(field) => (
              <Field id={field} value={draft.reason} onChange={(event) => change({ reason: event.target.value })} />
            )}
          </Labelled>
        </div>
        <SubmitFoot isAble={isLive} running={set.isPending && "Saving"} onCancel={close}>
          {budget === undefined ? "Set the budget" : "Save"}
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly draft: BudgetDraft;
  readonly error: string | undefined;
  readonly onChange: (part: Partial<BudgetDraft>) => void;
}

const PERIODS = [
  { value: "run", label: "Each life" },
  { value: "day", label: "Day" },
  { value: "week", label: "Week" },
  { value: "month", label: "Month" },
  { value: "total", label: "In all" },
] as const;

function AmountFields({ draft, error, isNew, onChange }: FieldsProps & { readonly isNew: boolean }): ReactElement {
  return (
    <>
      <div className="budget-pair">
        <Labelled label="At most" hint={AMOUNT_HINT[draft.unit]} error={error}>
          {(id) => (
            <Field
              id={id}
              data-autofocus
              inputMode="decimal"
              value={draft.amount}
              invalid={error !== undefined}
              placeholder={draft.unit === "usd" ? "15.00" : "2.5M"}
              icon={draft.unit === "usd" ? <span className="t3">$</span> : undefined}
              onChange={(event) => onChange({ amount: event.target.value })}
            />
          )}
        </Labelled>
        <div className="labelled">
          <span className="label">Counted in</span>
          {isNew ? (
            <Segments
              label="Counted in"
              value={draft.unit}
              options={[
                { value: "usd", label: "Cost" },
                { value: "tokens", label: "Tokens" },
              ]}
              onChange={(unit) => onChange({ unit, amount: "" })}
            />
          ) : (
            <span className="t2 budget-fixed">{draft.unit === "usd" ? "Cost" : "Tokens"}</span>
          )}
        </div>
      </div>
      <div className="labelled">
        <span className="label">Per</span>
        {isNew ? (
          <span>
            <Segments label="Per" value={draft.period} options={PERIODS} onChange={(period) => onChange({ period })} />
          </span>
        ) : (
          <span className="t2">{PERIODS.find(({ value }) => value === draft.period)?.label}</span>
        )}
      </div>
    </>
  );
}

const AT_LIMIT = [
  { value: "warn", label: "Only warn" },
  { value: "soft", label: "No new prompt" },
  { value: "hard", label: "Stop" },
] as const;

const MEANS: Readonly<Record<Budget["atLimit"], string>> = {
  warn: "It is said in the tree, the inbox and the tray; nothing is held back.",
  soft: "The current request ends, tools and new prompts are refused with a sentence the agent shows.",
  hard: "The agent is interrupted and stopped, and may not start again until you grant more or the period is over.",
};

function StopFields({ draft, error, onChange }: FieldsProps): ReactElement {
  return (
    <>
      <div className="labelled">
        <span className="label">When it is used up</span>
        <span>
          <Segments
            label="When it is used up"
            value={draft.atLimit}
            options={AT_LIMIT}
            onChange={(atLimit) => onChange({ atLimit })}
          />
        </span>
        <span className="t3">{MEANS[draft.atLimit]}</span>
      </div>
      <div className="budget-pair">
        <Labelled label="Warn at" error={error}>
          {(id) => (
            <Field
              id={id}
              inputMode="numeric"
              value={draft.warnAt}
              invalid={error !== undefined}
              trailing={<span className="t3">%</span>}
              onChange={(event) => onChange({ warnAt: event.target.value })}
            />
          )}
        </Labelled>
        <div className="labelled">
          <span className="label">What is left over</span>
          <Segments
            label="What is left over"
            value={draft.rollover}
            options={[
              { value: "none", label: "Lapses" },
              { value: "carry", label: "Carries over" },
            ]}
            onChange={(rollover) => onChange({ rollover })}
          />
        </div>
      </div>
      {draft.atLimit !== "warn" && draft.period !== "run" && draft.period !== "total" && (
        <Switch
          label="Go on by itself in the next period"
          hint="Agents this budget stopped start again and spend without asking you."
          isOn={draft.resumeAtReset}
          onChange={(resumeAtReset) => onChange({ resumeAtReset })}
        />
      )}
      {draft.unit === "usd" && draft.atLimit !== "warn" && (
        <Switch
          label="Stop what has no price"
          hint="A model without a price cannot be counted in dollars. Off: its tokens are said beside the budget."
          isOn={draft.unpriced === "stop"}
          onChange={(isStopped) => onChange({ unpriced: isStopped ? "stop" : "warn" })}
        />
      )}
    </>
  );
}

/** What saving would mean for what is spent already. */
function Foresight({
  budget,
  draft,
}: {
  readonly budget: Budget | undefined;
  readonly draft: BudgetDraft;
}): ReactElement | null {
  const limit = parseAmount(draft.unit, draft.amount);
  if (budget === undefined || limit === undefined || limit === budget.limit) return null;
  const allowance = limit + budget.carried + budget.granted;
  const left = allowance - budget.spent;
  const words =
    left > 0
      ? `${amountWords(budget.unit, budget.spent)} are spent; ${amountWords(budget.unit, left)} would be left.`
      : `${amountWords(budget.unit, budget.spent)} are spent already: this budget is used up as soon as you save it${draft.atLimit === "hard" ? ", and what it binds stops" : ""}.`;
  return <p className={left > 0 ? "small t2" : "small budget-notice"}>{words}</p>;
}

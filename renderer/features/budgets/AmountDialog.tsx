/** Grants more for this period, or moves some from one budget to another. Says what goes on because of it. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { closeOverlay, showToast } from "#renderer/state/overlays.ts";
import { isStopped } from "#renderer/state/usageSlice.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";
import type { Budget } from "#shared/model/budget.ts";
import { AMOUNT_HINT, parseAmount } from "./budgetDraft.ts";
import { limitWords, scopeName } from "./budgetWords.ts";
import { amountWords } from "#shared/model/budgetWords.ts";
import "./budgetDialogs.css";

interface Props {
  readonly what: "grant" | "move";
  readonly id: string;
}

export function AmountDialog({ what, id }: Props): ReactElement | null {
  const { store } = useApp();
  const budget = useAppState((state) => state.budgets.get(id));
  const close = () => closeOverlay(store);
  useKeys("Budget", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  return budget === undefined ? null : <AmountForm what={what} budget={budget} onClose={close} />;
}

interface FormProps {
  readonly what: "grant" | "move";
  readonly budget: Budget;
  readonly onClose: () => void;
}

/** What is typed, and the command that follows from it. */
function useAmount({ what, budget, onClose }: FormProps) {
  const { store } = useApp();
  const isLive = useIsLive();
  const all = useAppState((state) => state.budgets);
  const others = [...all.values()].filter(
    (one) => one.id !== budget.id && one.unit === budget.unit && one.period !== "handover",
  );
  const grant = useCommand("budget.grant");
  const move = useCommand("budget.move");
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const [to, setTo] = useState(others[0]?.id ?? "");
  const amount = parseAmount(budget.unit, text);
  const canSave = isLive && amount !== undefined && (what === "grant" || to !== "");
  const give = async (): Promise<void> => {
    if (amount === undefined || !canSave) return;
    const why = reason.trim() === "" ? {} : { reason: reason.trim() };
    if (what === "grant") {
      const granted = await grant.run({ id: budget.id, amount, ...why }, { isQuiet: true });
      return granted.ok ? onClose() : undefined;
    }
    const moved = await move.run({ from: budget.id, to, amount, ...why }, { isQuiet: true });
    if (!moved.ok) return;
    onClose();
    showToast(store, {
      kind: "undo",
      text: `Moved ${amountWords(budget.unit, amount)} to ${scopeName(moved.value.to.scope)}.`,
      undo: () => void move.run({ from: to, to: budget.id, amount, reason: "undone" }),
    });
  };
  const { error, isPending } = what === "grant" ? grant : move;
  return {
    others,
    text,
    setText,
    reason,
    setReason,
    to,
    setTo,
    amount,
    canSave,
    give,
    error: error?.message,
    isPending,
  };
}

function AmountForm(props: FormProps): ReactElement {
  const { what, budget, onClose } = props;
  const form = useAmount(props);
  const { text, setText, reason, setReason, amount, error } = form;
  const name = scopeName(budget.scope);
  const title = what === "grant" ? `Grant ${name} more` : `Move from ${name}`;
  return (
    <Dialog label={title} width={460} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void form.give();
        }}
      >
        <div className="dialog-head">{title}</div>
        <div className="dialog-body budget-form">
          <p className="t2">
            {limitWords(budget)}: {amountWords(budget.unit, budget.spent)} spent of{" "}
            {amountWords(budget.unit, budget.allowance)}, {amountWords(budget.unit, Math.max(0, budget.available))}{" "}
            left.
          </p>
          <Labelled
            label={what === "grant" ? "How much more" : "How much"}
            hint={AMOUNT_HINT[budget.unit]}
            error={error}
          >
            {(id) => (
              <Field
                id={id}
                data-autofocus
                inputMode="decimal"
                value={text}
                invalid={error !== undefined}
                icon={budget.unit === "usd" ? <span className="t3">$</span> : undefined}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Labelled>
          {what === "move" && <Target others={form.others} value={form.to} onChange={form.setTo} />}
          <Labelled label="Why" hint="Optional; kept in the history.">
            {(id) => <Field id={id} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Labelled>
          <p className="small t2">{consequence(what, budget)}</p>
        </div>
        <SubmitFoot isAble={form.canSave} running={form.isPending && RUNNING[what]} onCancel={onClose}>
          {verb(what, budget, amount)}
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

const RUNNING = { grant: "Granting", move: "Moving" } as const;

function verb(what: "grant" | "move", budget: Budget, amount: number | undefined): string {
  const word = what === "grant" ? "Grant" : "Move";
  return amount === undefined ? word : `${word} ${amountWords(budget.unit, amount)}`;
}

function consequence(what: "grant" | "move", budget: Budget): string {
  if (what === "move") return "Both hold for this period only; the limits stay as they are.";
  return isStopped(budget)
    ? "It holds for this period. Agents this budget stopped go on as soon as you grant it, and spend."
    : "It holds for this period; the limit stays as it is.";
}

interface TargetProps {
  readonly others: readonly Budget[];
  readonly value: string;
  readonly onChange: (id: string) => void;
}

function Target({ others, value, onChange }: TargetProps): ReactElement {
  if (others.length === 0) return <p className="t2">There is no other budget of the same kind to move it to.</p>;
  return (
    <Labelled label="To">
      {(id) => (
        <span className="field">
          <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
            {others.map((one) => (
              <option key={one.id} value={one.id}>
                {one.scope === "*" ? "Everything" : one.scope}, {limitWords(one)}
              </option>
            ))}
          </select>
        </span>
      )}
    </Labelled>
  );
}

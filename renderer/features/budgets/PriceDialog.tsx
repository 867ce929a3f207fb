/** A price of the person's own, for a model that has none or a wrong one. */
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";
import "./budgetDialogs.css";

interface Props {
  readonly model: string;
  readonly provider: string | undefined;
}

const KINDS = [
  { key: "input", label: "Input", isNeeded: true },
  { key: "output", label: "Output", isNeeded: true },
  { key: "cacheRead", label: "Cache read", isNeeded: false },
  { key: "cacheWrite", label: "Cache write", isNeeded: false },
] as const;
type Kind = (typeof KINDS)[number]["key"];

type Typed = Readonly<Record<Kind, string>>;

function parsePrice(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function isWrong(text: string): boolean {
  return text.trim() !== "" && parsePrice(text) === undefined;
}

export function PriceDialog({ model, provider }: Props): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const set = useCommand("prices.set");
  const [typed, setTyped] = useState<Typed>({
    input: "",
    output: "",
    cacheRead: "",
    cacheWrite: "",
  });
  const close = () => closeOverlay(store);
  useKeys("Price", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const [input, output] = [parsePrice(typed.input), parsePrice(typed.output)];
  const canSave =
    isLive && input !== undefined && output !== undefined && !KINDS.some(({ key }) => isWrong(typed[key]));
  const save = async () => {
    if (!canSave) return;
    const [cacheRead, cacheWrite] = [parsePrice(typed.cacheRead), parsePrice(typed.cacheWrite)];
    const result = await set.run(
      {
        model,
        input,
        output,
        ...(provider === undefined ? {} : { provider }),
        ...(cacheRead === undefined ? {} : { cacheRead }),
        ...(cacheWrite === undefined ? {} : { cacheWrite }),
      },
      { isQuiet: true },
    );
    if (result.ok) close();
  };
  return (
    <Dialog label={`Price of ${model}`} width={460} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="dialog-head">
          Price of <span className="mono">{model}</span>
        </div>
        <div className="dialog-body budget-form">
          <p className="t2">
            Dollars per million tokens, as the provider prints them. Holds from now on; entries without a price get this
            one.
          </p>
          <PriceFields typed={typed} onChange={(kind, text) => setTyped((old) => ({ ...old, [kind]: text }))} />
          {set.error !== undefined && <p className="bad small">{set.error.message}</p>}
        </div>
        <SubmitFoot isAble={canSave} running={set.isPending && "Saving"} onCancel={close}>
          Set the price
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly typed: Typed;
  readonly onChange: (kind: Kind, text: string) => void;
}

function PriceFields({ typed, onChange }: FieldsProps): ReactElement {
  return (
    <div className="budget-pair">
      {KINDS.map(({ key, label, isNeeded }) => (
        <Labelled
          key={key}
          label={label}
          hint={isNeeded ? undefined : "Empty: as input"}
          error={isWrong(typed[key]) ? "A number, for example 3 or 0.25." : undefined}
        >
          {(id) => (
            <Field
              id={id}
              data-autofocus={key === "input" ? true : undefined}
              inputMode="decimal"
              icon={<span className="t3">$</span>}
              value={typed[key]}
              invalid={isWrong(typed[key])}
              onChange={(event) => onChange(key, event.target.value)}
            />
          )}
        </Labelled>
      ))}
    </div>
  );
}

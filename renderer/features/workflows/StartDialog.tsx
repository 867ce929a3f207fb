/** Starts a run: its inputs with the file's defaults, and what it may use. */
import { useState, type ReactElement } from "react";
import { parseTokens, tokenWords } from "#shared/lib/amountWords.ts";
import type { WorkflowDefinition } from "#shared/contract/index.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";

interface Props {
  readonly definition: WorkflowDefinition;
  readonly onClose: () => void;
  readonly onStarted: (run: string) => void;
}

export function StartDialog({ definition: { fleet, spec }, onClose, onStarted }: Props): ReactElement {
  const isLive = useIsLive();
  const start = useCommand("workflow.start");
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [tokens, setTokens] = useState("");
  useKeys("Run", [{ keys: "esc", label: "Cancel", run: onClose, inInputs: true }], "modal");
  const budget = tokens.trim() === "" ? undefined : parseTokens(tokens);
  const isBadBudget = tokens.trim() !== "" && budget === undefined;
  const run = async () => {
    if (!isLive || isBadBudget) return;
    const input = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));
    const order = { workflow: `${fleet}/${spec.name}`, input, ...(budget === undefined ? {} : { tokens: budget }) };
    const started = await start.run(order, { isQuiet: true });
    if (started.ok) onStarted(started.value.head.id);
  };
  const agents = spec.steps.filter(({ call }) => call.kind === "agent").length;
  return (
    <Dialog label={`Run ${spec.name}`} width={480} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div className="dialog-head">Run {spec.name}</div>
        <div className="dialog-body wf-form">
          {spec.about !== undefined && <p className="t2">{spec.about}.</p>}
          {spec.inputs.map((input, index) => (
            <Labelled key={input.name} label={input.name} hint={input.about ?? `A ${input.type}.`}>
              {(id) => (
                <Field
                  id={id}
                  data-autofocus={index === 0 || undefined}
                  value={values[input.name] ?? ""}
                  placeholder={input.default === undefined ? "has to be given" : String(input.default)}
                  onChange={(event) => setValues((old) => ({ ...old, [input.name]: event.target.value }))}
                />
              )}
            </Labelled>
          ))}
          <Labelled
            label="Tokens"
            hint={modelWords(agents)}
            error={isBadBudget ? 'Write tokens, such as 40000 or "40k".' : start.error?.message}
          >
            {(id) => (
              <Field
                id={id}
                value={tokens}
                placeholder={spec.tokens === undefined ? "no budget" : tokenWords(spec.tokens)}
                invalid={isBadBudget}
                onChange={(event) => setTokens(event.target.value)}
              />
            )}
          </Labelled>
        </div>
        <SubmitFoot isAble={isLive} running={start.isPending && "Starting"} onCancel={onClose}>
          Run
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

function modelWords(steps: number): string {
  if (steps === 0) return "No step of it uses a model.";
  return steps === 1
    ? "One of its steps uses a model; it stops at this."
    : `${steps} of its steps use a model; they stop at this.`;
}

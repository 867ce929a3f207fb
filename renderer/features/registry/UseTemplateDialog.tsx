/** Puts an agent made from a template into a fleet's file. It starts when that fleet is up, which the button says. */
import { useState, type ReactElement } from "react";
import type { AgentTemplate } from "#shared/model/agentTemplate.ts";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { SubmitFoot } from "#renderer/ui/SubmitFoot.tsx";

interface Props {
  readonly template: AgentTemplate;
  readonly onClose: () => void;
}

export function UseTemplateDialog({ template, onClose }: Props): ReactElement {
  const isLive = useIsLive();
  const fleets = useCoreQuery("fleet.list", {}, { key: "template fleets", staleMs: 0 }).data;
  const use = useCommand("registry.useTemplate");
  const [chosen, setChosen] = useState<string>();
  const [id, setId] = useState(template.id);
  useKeys("Put into a fleet", [{ keys: "esc", label: "Cancel", run: onClose, inInputs: true }], "modal");
  const fleet = chosen ?? fleets?.[0]?.name;
  const submit = async () => {
    if (fleet === undefined || !isLive) return;
    const used = await use.run({ template: template.id, fleet, id }, { isQuiet: true });
    if (used.ok) onClose();
  };
  const error = use.error?.message;
  return (
    <Dialog label="Put into a fleet" width={420} onClose={onClose}>
      <form
        className="registry-add"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="dialog-head">An agent from {template.id}</div>
        <div className="dialog-body registry-add-fields">
          <Labelled label="Fleet" hint="If it is up, the agent starts.">
            {(labelled) => (
              <span className="field">
                <select id={labelled} value={fleet ?? ""} onChange={(event) => setChosen(event.target.value)}>
                  {(fleets ?? []).map(({ name }) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </span>
            )}
          </Labelled>
          <Labelled label="Name in the fleet" hint="Letters, digits, _ and -.">
            {(labelled) => (
              <Field id={labelled} data-autofocus value={id} onChange={(event) => setId(event.target.value)} />
            )}
          </Labelled>
          {error !== undefined && <p className="bad">{error}</p>}
          {fleets?.length === 0 && <p className="t2">No fleet is known yet. Open or create one first.</p>}
        </div>
        <SubmitFoot
          isAble={fleet !== undefined && id !== "" && isLive}
          running={use.isPending && "Adding"}
          onCancel={onClose}
        >
          Add agent
        </SubmitFoot>
      </form>
    </Dialog>
  );
}

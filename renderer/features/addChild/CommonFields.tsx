import type { ReactElement } from "react";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import type { ChildDraft, DraftProblems } from "./childDraft.ts";
import type { ParentChoice } from "./useParents.ts";

export interface FieldsProps {
  readonly draft: ChildDraft;
  readonly problems: DraftProblems;
  readonly onChange: (part: Partial<ChildDraft>) => void;
}

const RESTARTS = [
  { value: "transient", label: "After a failure" },
  { value: "permanent", label: "Always" },
  { value: "temporary", label: "Never" },
] as const;

/** Name, place in the tree and restart type: what agents and supervisors share. */
export function CommonFields({
  draft,
  problems,
  parents,
  onChange,
}: FieldsProps & { readonly parents: readonly ParentChoice[] }): ReactElement {
  return (
    <>
      <div className="add-child-pair">
        <Labelled label="Name" error={problems.id}>
          {(id) => (
            <Field
              id={id}
              data-autofocus
              value={draft.id}
              invalid={problems.id !== undefined}
              placeholder={draft.what === "agent" ? "fixer" : "builders"}
              onChange={(event) => onChange({ id: event.target.value.trim() })}
            />
          )}
        </Labelled>
        <Labelled label="Under">
          {(id) => (
            <span className="field">
              <select id={id} value={draft.parent} onChange={(event) => onChange({ parent: event.target.value })}>
                {parents.map((parent) => (
                  <option key={parent.path} value={parent.path}>
                    {parent.label}
                  </option>
                ))}
              </select>
            </span>
          )}
        </Labelled>
      </div>
      <div className="labelled">
        <span className="label">Restart</span>
        <span>
          <Segments
            label="Restart"
            value={draft.restart}
            options={RESTARTS}
            onChange={(restart) => onChange({ restart })}
          />
        </span>
      </div>
    </>
  );
}

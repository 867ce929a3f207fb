import type { ReactElement } from "react";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import type { Strategy } from "#shared/model/states.ts";
import type { FieldsProps } from "./CommonFields.tsx";

const STRATEGIES: readonly { readonly value: Strategy; readonly words: string }[] = [
  { value: "one_for_one", words: "the failed one restarts alone" },
  { value: "rest_for_one", words: "it and those started after it restart" },
  { value: "one_for_all", words: "all of them restart" },
];

/** What a failure takes with it, and how many restarts are too many. */
export function SupervisorFields({ draft, problems, onChange }: FieldsProps): ReactElement {
  return (
    <>
      <fieldset className="add-child-strategies">
        <legend className="label">When a child fails</legend>
        {STRATEGIES.map(({ value, words }) => (
          <label key={value} className="row">
            <input
              type="radio"
              name="strategy"
              checked={draft.strategy === value}
              onChange={() => onChange({ strategy: value })}
            />
            <span className="t2">
              <StrategyGlyph strategy={value} />
            </span>
            <span className="mono add-child-strategy">{value}</span>
            <span className="small t3">{words}</span>
          </label>
        ))}
      </fieldset>
      <div className="add-child-pair">
        <Labelled label="Restarts allowed" error={problems.intensity} hint="One more and it gives up.">
          {(id) => (
            <Field
              id={id}
              inputMode="numeric"
              value={draft.intensity}
              onChange={(event) => onChange({ intensity: event.target.value })}
            />
          )}
        </Labelled>
        <Labelled label="Within" error={problems.period}>
          {(id) => (
            <Field id={id} value={draft.period} onChange={(event) => onChange({ period: event.target.value })} />
          )}
        </Labelled>
      </div>
    </>
  );
}

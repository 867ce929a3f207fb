import { ListFilter } from "lucide-react";
import { useId, type ReactElement, type Ref } from "react";
import { patternProblem } from "#shared/lib/subjects.ts";
import "./patternField.css";

interface Props {
  readonly value: string;
  readonly inputRef: Ref<HTMLInputElement>;
  readonly onChange: (value: string) => void;
}

/** A subject pattern as one types it; the first bad token is underlined and said in words. */
export function PatternField({ value, inputRef, onChange }: Props): ReactElement {
  const problem = patternProblem(value);
  const id = useId();
  return (
    <span className="pattern">
      <label className={problem === undefined ? "field pattern-field" : "field field-bad pattern-field"}>
        <ListFilter size={14} aria-hidden="true" />
        <span className="pattern-text mono">
          {problem !== undefined && <Underline value={value} index={problem.index} />}
          <input
            ref={inputRef}
            className="mono"
            aria-label="Subject pattern"
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={problem === undefined ? undefined : id}
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
        </span>
      </label>
      {problem !== undefined && (
        <span id={id} role="status" className="pattern-problem small bad">
          {problem.message}
        </span>
      )}
    </span>
  );
}

/** Behind the input, the same text with the bad token underlined; an empty token is a blank one wide. */
function Underline({ value, index }: { readonly value: string; readonly index: number }): ReactElement {
  const tokens = value.split(".");
  const before = tokens
    .slice(0, index)
    .map((token) => `${token}.`)
    .join("");
  const bad = tokens[index] ?? "";
  return (
    <span className="pattern-under" aria-hidden="true">
      {before}
      <u>{bad === "" ? "\u00a0" : bad}</u>
    </span>
  );
}

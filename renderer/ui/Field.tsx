/** Text fields: one line with an optional icon and key, and a labelled form row. */
import { useId, type InputHTMLAttributes, type ReactElement, type ReactNode, type Ref } from "react";
import { Kbd } from "./Kbd.tsx";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "size"> {
  readonly icon?: ReactNode;
  readonly keys?: string;
  readonly invalid?: boolean;
  readonly width?: number | string;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly trailing?: ReactNode;
}

export function Field(props: FieldProps): ReactElement {
  const { icon, keys, invalid, width, inputRef, trailing, className, ...input } = props;
  return (
    <label className={`field ${invalid === true ? "field-bad" : ""} ${className ?? ""}`} style={{ width }}>
      {icon}
      <input
        autoComplete="off"
        spellCheck={false}
        {...input}
        ref={inputRef}
        aria-invalid={invalid === true || undefined}
      />
      {trailing}
      {keys !== undefined && <Kbd keys={keys} />}
    </label>
  );
}

interface LabelledProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** Gets the id the control must carry. */
  readonly children: (id: string) => ReactNode;
}

export function Labelled({ label, hint, error, children }: LabelledProps): ReactElement {
  const id = useId();
  return (
    <div className="labelled">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {error === undefined ? (
        hint !== undefined && <span className="t3">{hint}</span>
      ) : (
        <span className="bad">{error}</span>
      )}
    </div>
  );
}

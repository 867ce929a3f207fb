import type { ReactElement } from "react";

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly disabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** One line that is on or off; its whole width can be pressed. */
export function Switch({ label, hint, isOn, disabled, onChange }: Props): ReactElement {
  return (
    <button
      type="button"
      className="switch-line"
      role="switch"
      aria-checked={isOn}
      disabled={disabled}
      onClick={() => onChange(!isOn)}
    >
      <span className="grow">
        {label}
        {hint !== undefined && <span className="small t3 switch-hint">{hint}</span>}
      </span>
      <span className="small t3" aria-hidden="true">
        {isOn ? "On" : "Off"}
      </span>
      <span className="switch" aria-hidden="true">
        <span className="switch-knob" />
      </span>
    </button>
  );
}

import type { ReactElement, ReactNode } from "react";

interface Props<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: ReactNode }[];
  readonly onChange: (value: T) => void;
}

/** A choice among a few, all in sight. Arrow keys move it, as in any radio group. */
export function Segments<T extends string>({ label, value, options, onChange }: Props<T>): ReactElement {
  const move = (step: number, from: number) => {
    const next = options[(from + step + options.length) % options.length];
    if (next !== undefined) onChange(next.value);
  };
  return (
    <div className="seg" role="radiogroup" aria-label={label}>
      {options.map((option, index) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight" || event.key === "ArrowDown") move(1, index);
            else if (event.key === "ArrowLeft" || event.key === "ArrowUp") move(-1, index);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        >
          {option.icon}
          {option.label}
        </button>
      ))}
    </div>
  );
}

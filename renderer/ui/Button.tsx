/** The one button. Its key is printed on it; while it runs its word changes and it cannot be pressed again. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from "react";
import { Kbd } from "./Kbd.tsx";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger" | "danger-text";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children" | "type"> {
  readonly kind?: ButtonKind;
  readonly size?: "normal" | "large";
  readonly icon?: ReactNode;
  readonly keys?: string | readonly string[] | undefined;
  /** The word while it runs: "Restarting". */
  readonly running?: string | false | undefined;
  readonly submits?: boolean;
  readonly children?: ReactNode;
}

export function Button(props: Props): ReactElement {
  const {
    kind: _kind,
    size: _size,
    className: _className,
    icon,
    keys,
    running,
    submits,
    children,
    disabled,
    ...rest
  } = props;
  const isRunning = running !== undefined && running !== false;
  return (
    <button
      {...rest}
      type={submits === true ? "submit" : "button"}
      className={classes(props)}
      disabled={disabled === true || isRunning}
      aria-busy={isRunning || undefined}
      aria-keyshortcuts={keys === undefined ? undefined : shortcut(keys)}
    >
      {icon}
      {isRunning ? running : children}
      {keys !== undefined && !isRunning && <Kbd keys={keys} />}
    </button>
  );
}

function classes({ kind = "plain", size, children, className }: Props): string {
  const all = ["btn"];
  if (kind !== "plain") all.push(`btn-${kind}`);
  if (size === "large") all.push("btn-large");
  if (children === undefined) all.push("btn-icon");
  if (className !== undefined) all.push(className);
  return all.join(" ");
}

function shortcut(keys: string | readonly string[]): string {
  return (typeof keys === "string" ? keys : keys.join(" ")).replaceAll("mod", "Control").replaceAll("esc", "Escape");
}

import type { ReactElement, ReactNode } from "react";
import type { StateToken } from "./stateToken.ts";

interface Props {
  readonly children: ReactNode;
  readonly outline?: boolean;
  /** Ground and text of a state. */
  readonly token?: StateToken;
}

/** A short fact on a ground: `resumed`, `fresh`, a state. */
export function Chip({ children, outline, token }: Props): ReactElement {
  const style =
    token === undefined ? undefined : { background: `var(--st-${token}-tint)`, color: `var(--st-${token}-fg)` };
  return (
    <span className={outline === true ? "chip chip-outline" : "chip"} style={style}>
      {children}
    </span>
  );
}

/** A page without data: one sentence, what it is for, what to do first, and the same as commands to copy. */
import type { ReactElement, ReactNode } from "react";
import { CopyLine } from "./CopyLine.tsx";

interface Props {
  readonly title: string;
  /** What would be here, and how it comes here. */
  readonly children?: ReactNode;
  /** At most one button. */
  readonly action?: ReactNode;
  readonly commands?: readonly string[];
}

export function Blank({ title, children, action, commands = [] }: Props): ReactElement {
  return (
    <div className="blank">
      <p className="page-sentence">{title}</p>
      {children !== undefined && <div className="t2">{children}</div>}
      {action !== undefined && <div className="row">{action}</div>}
      {commands.length > 0 && (
        <div className="blank-commands">
          <div className="small t3">{action === undefined ? "From a terminal" : "Or from a terminal"}</div>
          {commands.map((command) => (
            <CopyLine key={command} command={command} />
          ))}
        </div>
      )}
    </div>
  );
}

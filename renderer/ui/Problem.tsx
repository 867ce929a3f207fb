import type { ReactElement, ReactNode } from "react";
import { Button } from "./Button.tsx";

interface Props {
  /** What happened. */
  readonly title: string;
  /** What to do. */
  readonly children?: ReactNode;
  readonly action?: string;
  readonly onAction?: () => void;
  /** Folds open, in mono. */
  readonly details?: string | undefined;
}

/** An error where the data would be: what happened, what to do, one button. */
export function Problem({ title, children, action, onAction, details }: Props): ReactElement {
  return (
    <div className="problem" role="alert">
      <div className="strong">{title}</div>
      {children !== undefined && <div className="t2">{children}</div>}
      {action !== undefined && <Button onClick={onAction}>{action}</Button>}
      {details !== undefined && (
        <details>
          <summary className="small t3">Details</summary>
          <pre className="mono t2">{details}</pre>
        </details>
      )}
    </div>
  );
}

/** Below a form in a dialog: back without doing it, or do it. Both say their key. */
import type { ReactElement, ReactNode } from "react";
import { Button } from "./Button.tsx";

interface Props {
  readonly isAble: boolean;
  /** The word while it is done: "Saving". */
  readonly running: string | false;
  readonly onCancel: () => void;
  /** What it does. */
  readonly children: ReactNode;
}

export function SubmitFoot({ isAble, running, onCancel, children }: Props): ReactElement {
  return (
    <div className="dialog-foot">
      <Button size="large" keys="esc" onClick={onCancel}>
        Cancel
      </Button>
      <span className="grow" />
      <Button size="large" kind="primary" submits keys="enter" disabled={!isAble} running={running}>
        {children}
      </Button>
    </div>
  );
}

/** What can be done with several rows of the outline at once. */
import type { ReactElement } from "react";
import { Button } from "#renderer/ui/Button.tsx";
import type { TreeAction } from "./consequence.ts";

export function PickedBar({
  count,
  isConnected,
  onAct,
}: {
  readonly count: number;
  readonly isConnected: boolean;
  readonly onAct: (action: TreeAction) => void;
}): ReactElement {
  return (
    <div className="tree-blastbar" role="toolbar" aria-label="Selected nodes">
      <span className="medium" role="status">
        {count} selected
      </span>
      <span className="grow" />
      <Button keys="P" disabled={!isConnected} onClick={() => onAct("pause")}>
        Pause
      </Button>
      <Button disabled={!isConnected} onClick={() => onAct("resume")}>
        Resume
      </Button>
      <Button keys="R" disabled={!isConnected} onClick={() => onAct("restart")}>
        Restart
      </Button>
      <Button kind="danger-text" keys="X" disabled={!isConnected} onClick={() => onAct("stop")}>
        Stop
      </Button>
    </div>
  );
}

/** The tree without nodes, and a filter without matches: the page's own frame drawn faint, one sentence, one way on. */
import type { ReactElement } from "react";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";

export function EmptyTree({
  isConnected,
  onStart,
}: {
  readonly isConnected: boolean;
  readonly onStart: () => void;
}): ReactElement {
  return (
    <div className="tree-empty">
      <svg className="tree-empty-lines" width="460" height="210" fill="none" aria-hidden="true">
        <path d="M30 34V152" strokeWidth="4" />
        <path d="M30 68l20 20H236l56 56M30 152l20 20H236l28 28" strokeWidth="2.5" />
        <path d="M236 88H400M264 116H400M292 144H400M236 172H400M264 200H400" strokeWidth="2" />
        <path d="M400 83.500v9M400 111.500v9M400 139.500v9M400 167.500v9M400 195.500v9" strokeWidth="1.500" />
        <circle cx="30" cy="26" r="6" strokeWidth="2" />
      </svg>
      <div className="page-sentence">No fleet is here yet.</div>
      <div className="t2">
        A fleet is a tree of agents and the supervisors that restart them. Choose the agents and a folder, and it
        starts.
      </div>
      <Button kind="primary" size="large" disabled={!isConnected} onClick={onStart}>
        Start a fleet
      </Button>
      <div className="t3 small">
        Or from a file: <code>signalbox up fleet.yaml</code>
      </div>
    </div>
  );
}

/** Below the fleets' own lines: none of them has a child. */
export function NoAgents({ onAdd, isConnected }: { readonly onAdd: () => void; readonly isConnected: boolean }) {
  return (
    <Blank
      title="No agent is in the tree yet."
      action={
        <Button kind="primary" disabled={!isConnected} onClick={onAdd}>
          Add agent
        </Button>
      }
      commands={["signalbox up fleet.yaml"]}
    >
      Add one and give it a budget. Group agents under a supervisor later, when one depends on another.
    </Blank>
  );
}

export function NothingFound({ text, onClear }: { readonly text: string; readonly onClear: () => void }): ReactElement {
  return (
    <div className="tree-nothing" role="status">
      <span>
        Nothing in the tree matches <span className="medium">{text}</span>.
      </span>
      <Button keys="esc" onClick={onClear}>
        Clear the filter
      </Button>
    </div>
  );
}

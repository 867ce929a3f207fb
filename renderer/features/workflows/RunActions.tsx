/** What a person can do about a run as a whole: hold it, let it go on, end it, undo it, run it again. */
import { Ban, Pause, Play, Undo2 } from "lucide-react";
import type { ReactElement } from "react";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { undoable } from "./workflowWords.ts";

interface Props {
  readonly run: Run;
  readonly onAgain: () => void;
}

export function RunActions({ run, onAgain }: Props): ReactElement {
  const isLive = useIsLive();
  if (!FINAL_RUN_STATES.has(run.head.state))
    return (
      <>
        <HoldButton run={run} />
        {run.head.undo === undefined && <UndoButton run={run} />}
        <EndButton run={run} />
      </>
    );
  return (
    <>
      <UndoButton run={run} />
      <Button icon={<Play size={13} />} disabled={!isLive} onClick={onAgain}>
        Run again
      </Button>
    </>
  );
}

function HoldButton({ run }: Pick<Props, "run">): ReactElement {
  const isLive = useIsLive();
  const suspend = useCommand("workflow.suspend");
  const resume = useCommand("workflow.resume");
  const { id, state } = run.head;
  return state === "suspended" ? (
    <Button icon={<Play size={13} />} disabled={!isLive} onClick={() => void resume.run({ run: id })}>
      Resume
    </Button>
  ) : (
    <Button icon={<Pause size={13} />} disabled={!isLive} onClick={() => void suspend.run({ run: id })}>
      Suspend
    </Button>
  );
}

function EndButton({ run }: Pick<Props, "run">): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const abort = useCommand("workflow.abort");
  const { id, undo } = run.head;
  const isUndo = undo !== undefined;
  const ask = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: isUndo ? `End undoing ${id}?` : `End ${id}?`,
        body: isUndo
          ? "What is not undone yet stays as it is; the run can be undone again later."
          : "Every lock of this run is let go, and what is under way counts for nothing. What it did stays. Agents go on running.",
        action: isUndo ? "End undoing" : "End the run",
        isDangerous: true,
        run: () => void abort.run({ run: id }),
      },
    });
  return (
    <Button kind="danger-text" icon={<Ban size={13} />} disabled={!isLive} onClick={ask}>
      End
    </Button>
  );
}

/** Only where something was done that the file can take back. */
function UndoButton({ run }: Pick<Props, "run">): ReactElement | null {
  const { store } = useApp();
  const isLive = useIsLive();
  const undo = useCommand("workflow.undo");
  const { id, state } = run.head;
  const steps = undoable(run);
  if (steps.length === 0) return null;
  const ends = FINAL_RUN_STATES.has(state) ? "" : " Nothing new begins in it; what is under way ends first.";
  const ask = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Undo ${id}?`,
        body: `What was done is taken back, the last step first: ${steps.toReversed().join(", ")}.${ends}${costWords(run)}`,
        action: FINAL_RUN_STATES.has(state) ? "Undo the run" : "Cancel and undo",
        isDangerous: true,
        run: () => void undo.run({ run: id }),
      },
    });
  return (
    <Button icon={<Undo2 size={13} />} disabled={!isLive} onClick={ask}>
      Undo
    </Button>
  );
}

/** Consent is asked for where an agent is. */
function costWords({ spec }: Run): string {
  const isPaid = spec.steps.some(({ undo, planB }) => [undo, planB?.undo].some((way) => way?.call.kind === "agent"));
  return isPaid ? " An agent is asked for a part of it, which uses tokens." : "";
}

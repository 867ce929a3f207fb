/** Ends every agent after one look at what that takes. Enter confirms here: sessions are kept. Afterwards it says what it did. */
import { OctagonX } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useKeys, useStateCounts } from "#renderer/state/hooks.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { plural } from "#shared/lib/words.ts";
import { toll, type TollLine } from "./toll.ts";
import "./emergencyStop.css";

export function EmergencyStopDialog(): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  // What it says must not shift while it is read, and not fall to zero while it works.
  const now = useStateCounts();
  const [counts] = useState(now);
  const stop = useCommand("app.estop");
  const pause = useCommand("app.pauseAll");
  const [done, setDone] = useState<{ readonly killed: number; readonly tookMs: number }>();
  const close = () => closeOverlay(store);
  const { running, lines } = toll(counts);
  const stopAll = async () => {
    const result = await stop.run({}, { isQuiet: true });
    if (result.ok) setDone(result.value);
  };
  const pauseAll = async () => {
    const result = await pause.run({});
    if (result.ok) close();
  };
  const isBusy = stop.isPending || pause.isPending;
  useKeys(
    "Emergency stop",
    [
      { keys: "esc", label: "Cancel", run: close, inInputs: true },
      {
        keys: "p",
        label: "Pause all instead",
        run: () => void (isLive && !isBusy && done === undefined && pauseAll()),
      },
    ],
    "modal",
  );
  if (done !== undefined) return <Stopped {...done} agents={running} onClose={close} />;
  const title = running === 0 ? "No agent is running. Stop all anyway?" : `Stop all ${plural(running, "agent")}?`;
  return (
    <Dialog label={title} role="alertdialog" width={500} onClose={close}>
      <div className="dialog-head estop-head">
        <OctagonX size={22} strokeWidth={1.6} aria-hidden="true" />
        <span>{title}</span>
      </div>
      <div className="dialog-body">
        <p className="t2">
          Every agent and everything it started is ended within 2 s. Supervisors will not restart them. Sessions are
          kept, so each can be resumed later.
        </p>
        <ul className="estop-toll">
          {lines.map((line) => (
            <TollRow key={line.words} line={line} />
          ))}
        </ul>
        <Obstacle isLive={isLive} refusal={stop.error?.message} />
      </div>
      <div className="dialog-foot">
        <Button size="large" keys="esc" onClick={close}>
          Cancel
        </Button>
        <Button
          size="large"
          keys="p"
          disabled={!isLive || isBusy || running === 0}
          running={pause.isPending && "Pausing"}
          onClick={() => void pauseAll()}
        >
          Pause all instead
        </Button>
        <span className="grow" />
        <Button
          size="large"
          kind="danger"
          keys="enter"
          data-autofocus
          disabled={!isLive || isBusy}
          running={stop.isPending && "Stopping"}
          onClick={() => void stopAll()}
        >
          Stop all
        </Button>
      </div>
      <div className="dialog-note">
        <span className="nowrap">Without this window:</span>
        <code className="t2">signalbox estop</code>
        <span className="grow" />
        <span className="nowrap">Works when the app hangs</span>
      </div>
    </Dialog>
  );
}

function Obstacle({
  isLive,
  refusal,
}: {
  readonly isLive: boolean;
  readonly refusal: string | undefined;
}): ReactElement | null {
  if (!isLive) {
    return (
      <p className="problem-inline" role="alert">
        This window cannot reach Signalbox. Run <code>signalbox estop</code> in a terminal: it ends the agents without
        the app.
      </p>
    );
  }
  return refusal === undefined ? null : (
    <p className="problem-inline" role="alert">
      {refusal}
    </p>
  );
}

function TollRow({ line }: { readonly line: TollLine }): ReactElement {
  return (
    <li className="row estop-line">
      <Lamp state={line.lamp} size={14} />
      <span className="medium tab estop-count">{line.count}</span>
      <span className="t2">{line.words}</span>
    </li>
  );
}

function Stopped({
  agents,
  killed,
  tookMs,
  onClose,
}: {
  /** Those that ran when it was asked for. */
  readonly agents: number;
  /** Processes, with all that the agents had started. */
  readonly killed: number;
  readonly tookMs: number;
  readonly onClose: () => void;
}): ReactElement {
  const title =
    killed === 0
      ? "No agent was running"
      : `${plural(agents === 0 ? killed : agents, "agent")} ended in ${(tookMs / 1000).toFixed(1)} s`;
  return (
    <Dialog label={title} role="alertdialog" width={460} onClose={onClose}>
      <div className="dialog-head estop-head">
        <Lamp state="stopped" size={18} />
        <span role="status">{title}</span>
      </div>
      <div className="dialog-body t2">
        {agents > 0 && killed > agents && `With what they had started, ${killed} processes are gone. `}
        Nothing restarts by itself. Start an agent or a fleet again from the tree; sessions resume where they were.
      </div>
      <div className="dialog-foot">
        <span className="grow" />
        <Button size="large" kind="primary" keys="enter" data-autofocus onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

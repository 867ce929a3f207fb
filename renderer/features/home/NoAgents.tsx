import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useFleets, useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { CopyLine } from "#renderer/ui/CopyLine.tsx";

/** Fleets without a single agent, or all of them down: what to do next, and the same as a command. */
export function NoAgents(): ReactElement {
  const { store } = useApp();
  const fleets = useFleets();
  const isLive = useIsLive();
  const up = useCommand("fleet.up");
  const add = () => openOverlay(store, { kind: "addChild", what: "agent" });
  const down = fleets.find((fleet) => fleet.status !== "up");
  useKeys("Home", [{ keys: "n", label: "Add agent", run: add }]);
  return (
    <div className="home-empty">
      <div className="t2">Add one agent now. Group agents under a supervisor later, when one depends on another.</div>
      <div className="row">
        <Button kind="primary" size="large" keys="n" disabled={!isLive} onClick={add}>
          Add agent
        </Button>
        {down !== undefined && (
          <Button
            size="large"
            disabled={!isLive}
            running={up.isPending && "Starting"}
            onClick={() => void up.run({ name: down.name })}
          >
            Start {down.name}
          </Button>
        )}
      </div>
      <div className="section-head">Or from a terminal</div>
      <CopyLine command="signalbox up fleet.yaml" />
    </div>
  );
}

import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useFleets, useInfo, useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import type { FleetEntry } from "#renderer/state/treeSlice.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Switch } from "#renderer/ui/Switch.tsx";
import { shortPath } from "#shared/lib/words.ts";

/** Every fleet this data directory knows: its file, whether it may start by itself, and forgetting it. */
export function FleetSettings(): ReactElement {
  const { store } = useApp();
  const fleets = useFleets();
  return (
    <section className="settings-group" aria-label="Fleets">
      <div className="section-head">
        <h2>Fleets</h2>
        <span className="aside">
          <Button kind="quiet" onClick={() => openOverlay(store, { kind: "openFleet" })}>
            Open a fleet file…
          </Button>
        </span>
      </div>
      <div className="list">
        {fleets.map((fleet) => (
          <FleetLine key={fleet.name} fleet={fleet} />
        ))}
        {fleets.length === 0 && <div className="settings-line t3">No fleet yet.</div>}
      </div>
    </section>
  );
}

const STATUS: Readonly<Record<FleetEntry["status"], string>> = {
  up: "up",
  down: "down",
  gave_up: "gave up",
  interrupted: "interrupted",
};

function FleetLine({ fleet }: { readonly fleet: FleetEntry }): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const homeDir = useInfo()?.homeDir;
  const autostart = useCommand("fleet.setAutostart");
  const up = useCommand("fleet.up");
  const forget = useCommand("fleet.forget");
  const askToForget = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Forget ${fleet.name}?`,
        body: "It leaves this list. Its file and its recorded sessions stay where they are.",
        action: "Forget",
        isDangerous: true,
        run: () => void forget.run({ name: fleet.name }),
      },
    });
  return (
    <div className="fleet-line">
      <div className="row">
        <span className="medium">{fleet.name}</span>
        <Chip {...(fleet.status === "gave_up" ? { token: "gaveup" as const } : { outline: true })}>
          {STATUS[fleet.status]}
        </Chip>
        <span className="mono t3 ell grow" title={fleet.file}>
          {shortPath(fleet.file, homeDir)}
        </span>
        {fleet.status !== "up" && (
          <>
            <Button
              disabled={!isLive}
              running={up.isPending && "Starting"}
              onClick={() => void up.run({ name: fleet.name })}
            >
              Start
            </Button>
            <Button kind="quiet" disabled={!isLive} onClick={askToForget}>
              Forget
            </Button>
          </>
        )}
      </div>
      {fleet.fileError !== undefined && (
        <p className="problem-inline">
          Line {fleet.fileError.line}, column {fleet.fileError.column}: {fleet.fileError.message} The last good version
          runs on.
        </p>
      )}
      <Switch
        label="Starts by itself when the app starts"
        hint="Off: after a start of the app it waits for you, so that nothing that costs money begins unasked."
        isOn={fleet.autostart}
        disabled={!isLive}
        onChange={(isOn) => void autostart.run({ name: fleet.name, autostart: isOn })}
      />
    </div>
  );
}

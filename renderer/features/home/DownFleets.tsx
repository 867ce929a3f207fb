/** Fleets that do not run: nothing starts unasked, so here is where a person asks. */
import { type ReactElement } from "react";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useFleets, useInfo, useIsLive } from "#renderer/state/hooks.ts";
import type { FleetEntry } from "#renderer/state/treeSlice.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { plural, shortPath } from "#shared/lib/words.ts";

export function DownFleets(): ReactElement | null {
  const down = useFleets().filter((fleet) => fleet.status === "down");
  if (down.length === 0) return null;
  return (
    <section aria-label="Fleets that are down">
      <div className="section-head">
        <h2>Not started</h2>
        <span className="count">{plural(down.length, "fleet")}</span>
      </div>
      <ul className="list">
        {down.map((fleet) => (
          <DownFleet key={fleet.name} fleet={fleet} />
        ))}
      </ul>
    </section>
  );
}

function DownFleet({ fleet }: { readonly fleet: FleetEntry }): ReactElement {
  const isLive = useIsLive();
  const homeDir = useInfo()?.homeDir;
  const up = useCommand("fleet.up");
  const agents = useAppState(
    ({ nodes }) =>
      [...nodes.values()].filter((node) => node.kind === "agent" && node.path.startsWith(`${fleet.name}/`)).length,
  );
  return (
    <li className="home-row">
      <Lamp state="stopped" size={14} />
      <span className="home-name medium ell">{fleet.name}</span>
      <span className="home-state small t2">{plural(agents, "agent")}</span>
      <span className="grow ell mono t3">{shortPath(fleet.file, homeDir)}</span>
      <Button
        disabled={!isLive}
        running={up.isPending && "Starting"}
        aria-label={`Start ${fleet.name}`}
        onClick={() => void up.run({ name: fleet.name })}
      >
        Start
      </Button>
    </li>
  );
}

/** A fake for looking at screens: two other machines on the same NATS server, one of them away. */
import { deepFleet, flatFleet } from "#core/machines/index.ts";
import type { Machine } from "#shared/model/machine.ts";
import type { Fleet } from "#shared/model/node.ts";
import { downFleet, sampleFleet } from "./sampleFleets.ts";

const MINUTE = 60_000;

export function sampleMachines(now: number): Machine[] {
  return [
    machine({
      label: "build-1",
      digit: 1,
      state: "online",
      sinceMs: now - 90 * MINUTE,
      fleet: renamed(sampleFleet(now), "night"),
    }),
    machine({ label: "lab", digit: 2, state: "away", sinceMs: now - 4 * MINUTE, fleet: downFleet(now) }),
  ];
}

interface Sketch {
  readonly label: string;
  readonly digit: number;
  readonly state: Machine["state"];
  readonly sinceMs: number;
  readonly fleet: Fleet;
}

function machine({ label, digit, state, sinceMs, fleet }: Sketch): Machine {
  const made = deepFleet(label, flatFleet(fleet));
  return {
    id: `00000000-0000-4000-8000-00000000000${digit}`,
    label,
    name: label,
    version: "0.1.0",
    platform: "linux",
    host: "headless",
    state,
    since: new Date(sinceMs).toISOString(),
    cut: 0,
    fleets: made === undefined ? [] : [made],
  };
}

function renamed(fleet: Fleet, name: string): Fleet {
  const moved = (node: Fleet["root"]): Fleet["root"] => ({
    ...node,
    id: node.path === fleet.name ? name : node.id,
    path: node.path.replace(fleet.name, name),
    children: node.children.slice(0, 2).map(moved),
  });
  return { ...fleet, name, root: moved(fleet.root) };
}

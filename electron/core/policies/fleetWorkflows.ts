/** Joins fleet files and workflows: what a file defines can be run as long as the fleet is known. */
import type { FleetSpec } from "#shared/model/fleetFile.ts";
import type { Workflows } from "#core/workflows/index.ts";

/** Told of every fleet as its file stands. */
export function fleetWorkflows(workflows: Workflows): (name: string, fleet: FleetSpec | undefined) => void {
  return (name, fleet) => workflows.define(name, fleet?.workflows ?? []);
}

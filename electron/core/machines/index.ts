/** The machines slice's door. */
export { deepFleet, flatFleet } from "./flatTree.ts";
export { Machines } from "./machines.ts";
export type { MachinesDeps } from "./machines.ts";

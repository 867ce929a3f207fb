/** The fleets slice's door. */
export { Fleets } from "./fleets.ts";
export { addChildToText, removeChildFromText } from "./fleetEdit.ts";
export { parseFleet } from "./parseFleet.ts";
export type { FleetAgent } from "./fleetAgent.ts";
export type { ResolvedNode } from "./resolveNode.ts";
export { drainNode, pauseNode, restartNode, resumeNode, startNode, stopNode } from "./nodeOrders.ts";

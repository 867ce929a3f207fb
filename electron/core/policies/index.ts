/** The policies' door: one file per rule that joins two slices. */
export { aboveInTree } from "./aboveInTree.ts";
export { emergencyStop } from "./emergencyStop.ts";
export { lifeOfSession } from "./whoseUsage.ts";
export { askPolicy, settleTrouble, splitAskItemId, troublePolicy } from "./whatWaits.ts";

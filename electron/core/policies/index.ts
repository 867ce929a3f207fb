/** The policies' door: one file per rule that joins two slices. */
export { aboveInTree } from "./aboveInTree.ts";
export { budgetBrakes } from "./budgetBrakes.ts";
export { answerBudgetItem, budgetStopsAgents, startAllowed } from "./budgetStopsAgents.ts";
export { budgetTree } from "./budgetTree.ts";
export { InboxLetters } from "./deadLettersInInbox.ts";
export { fleetBudgets } from "./fleetBudgets.ts";
export { agentEntries, fleetServers, serversFollowFleets } from "./fleetServers.ts";
export { emergencyStop } from "./emergencyStop.ts";
export { gatewayDesk } from "./gatewayDesk.ts";
export { meteringGateway } from "./meteringGateway.ts";
export { sendWithTokens } from "./paidPrompts.ts";
export { reportLeftOver } from "./requestsUnderWay.ts";
export { recordedLives } from "./recordedLives.ts";
export { spendLedger, spendOf } from "./spendLedger.ts";
export { lifeOfSession, ownerOfSession } from "./whoseUsage.ts";
export { askPolicy, settleTrouble, splitAskItemId, troublePolicy } from "./whatWaits.ts";

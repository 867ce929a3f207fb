/** All handlers of the contract over one core. Saying a command twice does it once; key strokes and sizes are never said twice. */
import type { CommandName } from "#shared/contract/index.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { createReceipts } from "#core/store/index.ts";
import type { Core } from "#core/app.ts";
import { appCommands, appQueries } from "./appHandlers.ts";
import type { HostControls } from "./appHandlers.ts";
import { budgetCommands, budgetQueries } from "./budgetHandlers.ts";
import { busCommands, busQueries, busStreams } from "./busHandlers.ts";
import { deadLetterCommands, deadLetterQueries, deadLetterStreams } from "./deadLetterHandlers.ts";
import { fleetCommands, fleetQueries } from "./fleetHandlers.ts";
import { messageCommands, messageQueries, messageStreams } from "./messageHandlers.ts";
import { memoryCommands, memoryQueries } from "./memoryHandlers.ts";
import { machineQueries, machineStreams } from "./machineHandlers.ts";
import { nodeCommands } from "./nodeHandlers.ts";
import { recordingCommands, recordingQueries } from "./recordingHandlers.ts";
import { sessionCommands, sessionQueries } from "./sessionHandlers.ts";
import { registryCommands, registryQueries } from "./registryHandlers.ts";
import { streamHandlers } from "./streamHandlers.ts";
import { usageCommands, usageQueries, usageStreams } from "./usageHandlers.ts";
import { workflowCommands, workflowQueries, workflowStreams } from "./workflowHandlers.ts";

export type { HostControls } from "./appHandlers.ts";

/** High-rate and harmless to lose, or impossible to repeat. */
const WITHOUT_RECEIPT: ReadonlySet<CommandName> = new Set<CommandName>([
  "session.input",
  "session.resize",
  "auth.mint",
  "app.quit",
]);

export function createHandlers(core: Core, host: HostControls): Handlers {
  const receipts = createReceipts(core.store);
  return {
    queries: {
      ...appQueries(core),
      ...fleetQueries(core),
      ...sessionQueries(core),
      ...recordingQueries(core),
      ...usageQueries(core),
      ...budgetQueries(core),
      ...messageQueries(core),
      ...busQueries(core),
      ...deadLetterQueries(core),
      ...registryQueries(core),
      ...workflowQueries(core),
      ...memoryQueries(core),
      ...machineQueries(core),
    },
    commands: {
      ...fleetCommands(core),
      ...nodeCommands(core),
      ...sessionCommands(core),
      ...recordingCommands(core),
      ...usageCommands(core),
      ...budgetCommands(core),
      ...messageCommands(core),
      ...busCommands(core),
      ...deadLetterCommands(core),
      ...registryCommands(core),
      ...workflowCommands(core),
      ...memoryCommands(core),
      ...appCommands(core, host),
    },
    streams: {
      ...streamHandlers(core),
      ...usageStreams(core),
      ...busStreams(core),
      ...messageStreams(core),
      ...deadLetterStreams(core),
      ...workflowStreams(core),
      ...machineStreams(core),
    },
    once: ({ name, commandId }, work) => (WITHOUT_RECEIPT.has(name) ? work() : receipts.once(commandId, work)),
  };
}

/** What the desktop shell asks of the core: the same contract every client speaks, and nothing more. */
import type { CommandInput, CommandName, CommandOutput, StreamInput, StreamItem, StreamName } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";

export interface HostCore {
  command<K extends CommandName>(name: K, input: CommandInput<K>): Promise<Result<CommandOutput<K>>>;
  /** Calls `onItem` for every item until the returned function is called. */
  follow<K extends StreamName>(name: K, input: StreamInput<K>, onItem: (item: StreamItem<K>) => void): () => void;
}

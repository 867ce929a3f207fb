/** What the registry is given. */
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { McpHost } from "#core/ports/mcpClient.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import type { RegistryNews } from "./registryNews.ts";

export interface RegistryDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly host: McpHost;
  readonly newId: () => string;
  /** Never throws: telling the bus must not break a call. */
  readonly emit: (news: RegistryNews) => void;
}

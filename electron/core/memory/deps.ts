/** What the memory slice is given. */
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Embedder } from "#core/ports/embedder.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Recorder, Store } from "#core/store/index.ts";

export interface MemoryDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly embedder: Embedder;
  /** As the database port has it. */
  readonly loadVectors: () => Result<{ readonly version: string }>;
}

/** Who does it: the events' actor, and a name where there is one (an agent's path). */
export interface By {
  readonly actor: string;
  readonly name?: string | undefined;
}

export function authorOf({ actor, name }: By): string {
  return name ?? actor;
}

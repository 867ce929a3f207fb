/** What one fleet's runtime is given, and how it comes up. */
import type { NewEvent } from "#shared/model/event.ts";
import type { FleetSpec } from "#shared/model/fleetFile.ts";
import type { AgentRunner } from "#core/ports/agentRunner.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Recorder } from "#core/store/index.ts";
import type { FleetStore } from "./fleetStore.ts";

export interface RuntimeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly recorder: Recorder;
  readonly fleetStore: FleetStore;
  readonly agents: AgentRunner;
  /** Delay of the next start at boot, so that a morning does not begin with a storm. */
  readonly nextBootDelayMs: () => number;
  readonly onChange: (fleet: string, ids: readonly string[]) => void;
  /** Nodes came or went. */
  readonly onShape: (fleet: string) => void;
  /** The top supervisor gave up. */
  readonly onGaveUp: (fleet: string) => void;
  readonly onEvent: (event: NewEvent) => void;
  /** A fleet as its file stands, before anything of it starts; undefined: it was forgotten. */
  readonly onSpec: (name: string, fleet: FleetSpec | undefined) => void;
}

/** How the next start of the whole tree treats children that ran before. */
export type UpMode =
  /** A person asked: everything starts, now. */
  | { readonly type: "person" }
  /** The core came up: adopt what lives; start the rest of what was running only if `startLost`. */
  | { readonly type: "boot"; readonly startLost: boolean };

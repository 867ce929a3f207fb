/** A copy of the fleets' rows beside the database: should that be damaged, it is still known whose the running agents are. */
import { z } from "zod";
import type { Logger } from "#core/ports/logger.ts";
import type { FleetFiles } from "#core/ports/fleetFiles.ts";
import { fleetStatusSchema } from "./fleetStatus.ts";
import type { FleetRow } from "./fleetStatus.ts";

const mirrorSchema = z.array(
  z.object({
    name: z.string(),
    file: z.string(),
    text: z.string(),
    status: fleetStatusSchema,
    autostart: z.boolean(),
  }),
);

export interface FleetMirrorDeps {
  readonly files: FleetFiles;
  readonly logger: Logger;
  readonly file: string;
}

export class FleetMirror {
  readonly #deps: FleetMirrorDeps;
  #isWriting = false;
  #next: readonly FleetRow[] | undefined;

  constructor(deps: FleetMirrorDeps) {
    this.#deps = deps;
  }

  /** Follows the store, the newest rows last; a copy that cannot be written is no reason to refuse anything. */
  write(rows: readonly FleetRow[]): void {
    this.#next = rows;
    if (!this.#isWriting) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let rows = this.#next; rows !== undefined; rows = this.#next) {
      this.#next = undefined;
      const written = await this.#deps.files.write(this.#deps.file, JSON.stringify(rows));
      if (!written.ok)
        this.#deps.logger.warn("The copy of the fleets is not written.", { error: written.error.message });
    }
    this.#isWriting = false;
  }

  /** What it holds; nothing when it cannot be read. */
  async read(): Promise<readonly FleetRow[]> {
    const read = await this.#deps.files.read(this.#deps.file);
    if (!read.ok) return [];
    try {
      return mirrorSchema.parse(JSON.parse(read.value));
    } catch (error) {
      this.#deps.logger.warn("The copy of the fleets cannot be read.", { error: String(error) });
      return [];
    }
  }
}

/**
 * Memory limits that a person set: every few seconds, and only while an agent with a limit runs, its whole process
 * tree is measured. Over the limit it is told of once, or ended and left to its supervisor as any crash is.
 */
import type { MemoryLimit } from "#shared/model/fleetFile.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Resources } from "#core/ports/resources.ts";
import type { LiveLife } from "./liveLife.ts";

export interface LimitedLife {
  readonly life: Pick<LiveLife, "sessionId" | "pid" | "memory">;
  readonly limit: MemoryLimit;
}

export interface MemoryWatchDeps {
  readonly clock: Clock;
  readonly resources: Resources;
  readonly logger: Logger;
  /** The running lives that have a limit, as it is now. */
  readonly limited: () => readonly LimitedLife[];
}

/** A leak takes minutes; a look at the whole process table takes milliseconds. */
const LOOK_EVERY_MS = 5000;
/** Below this share of the limit the warning is taken back; between the two it stands. */
const RECOVERED = 0.9;

export class MemoryWatch {
  readonly #deps: MemoryWatchDeps;
  readonly #over = new Set<string>();
  #isWatching = false;

  constructor(deps: MemoryWatchDeps) {
    this.#deps = deps;
  }

  /** A life began or a limit changed. Cheap, and safe to call at any time. */
  consider(): void {
    if (this.#isWatching || this.#deps.limited().length === 0) return;
    this.#isWatching = true;
    this.#deps.clock.after(LOOK_EVERY_MS, () => {
      void this.#look()
        .catch((error: unknown) => this.#deps.logger.warn("Memory could not be measured.", { error: String(error) }))
        .finally(() => {
          this.#isWatching = false;
          this.consider();
        });
    });
  }

  async #look(): Promise<void> {
    const limited = this.#deps.limited();
    const measured = limited.flatMap(({ life: { sessionId, pid } }) => (pid === undefined ? [] : [{ sessionId, pid }]));
    const used = await this.#deps.resources.memoryOf(measured);
    const running = new Set(limited.map(({ life }) => life.sessionId));
    for (const sessionId of this.#over) if (!running.has(sessionId)) this.#over.delete(sessionId);
    for (const { life, limit } of limited) this.#judge(life, limit, used.get(life.sessionId));
  }

  #judge(life: LimitedLife["life"], limit: MemoryLimit, used: number | undefined): void {
    if (used === undefined) return;
    const wasOver = this.#over.has(life.sessionId);
    if (used > limit.memoryBytes) {
      this.#over.add(life.sessionId);
      life.memory.over(used, limit, !wasOver);
    } else if (wasOver && used < limit.memoryBytes * RECOVERED) {
      this.#over.delete(life.sessionId);
      life.memory.within();
    }
  }
}

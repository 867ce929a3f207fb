/** Consumers' progress of one turn of the loop is written together: an acknowledgement costs no commit of its own. */
import { scheduler } from "node:timers/promises";
import type { Clock } from "#core/ports/clock.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { BusStorage, ConsumerRecord } from "./busStorage.ts";
import type { ConsumerRun } from "./consumerRun.ts";

type Saved = PromiseWithResolvers<Result<void>>;

export class ProgressWriter {
  readonly #storage: BusStorage;
  readonly #clock: Clock;
  readonly #streamIds = new Map<ConsumerRun, number>();
  readonly #waiting = new Map<ConsumerRun, Saved>();
  #isScheduled = false;
  #isClosed = false;

  constructor(storage: BusStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  add(run: ConsumerRun, streamId: number): void {
    this.#streamIds.set(run, streamId);
  }

  /** Nothing of it is written any more. */
  remove(run: ConsumerRun): void {
    this.#streamIds.delete(run);
    this.#waiting.get(run)?.resolve(ok(undefined));
    this.#waiting.delete(run);
  }

  now(run: ConsumerRun): Result<void> {
    return this.#write([run]);
  }

  soon(run: ConsumerRun): Promise<Result<void>> {
    if (this.#isClosed) return Promise.resolve(fail("disconnected", "The bus is closed: this message comes again."));
    if (!this.#streamIds.has(run)) return Promise.resolve(ok(undefined));
    const known = this.#waiting.get(run);
    if (known !== undefined) return known.promise;
    const saved: Saved = Promise.withResolvers();
    this.#waiting.set(run, saved);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      void scheduler.yield().then(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    }
    return saved.promise;
  }

  /** The last words are written; the storage is not touched afterwards. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
  }

  #flush(): void {
    if (this.#waiting.size > 0) this.#write([...this.#waiting.keys()]);
  }

  #write(runs: readonly ConsumerRun[]): Result<void> {
    const saved = this.#storage.saveProgress(runs.flatMap((run) => this.#record(run)));
    for (const run of runs) {
      this.#waiting.get(run)?.resolve(saved);
      this.#waiting.delete(run);
    }
    return saved;
  }

  #record(run: ConsumerRun): ConsumerRecord[] {
    const streamId = this.#streamIds.get(run);
    if (streamId === undefined) return [];
    const at = { now: this.#clock.now(), wallNow: this.#clock.wallNow() };
    return [{ streamId, settings: run.settings, progress: run.progress.save(at) }];
  }
}

/**
 * Group commit: what is published in one turn of the loop is one transaction, and everybody hears of it after it is
 * committed. Bounded; what does not fit is refused (throttled), never dropped.
 */
import { scheduler } from "node:timers/promises";
import type { Clock } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import type { BusMessage, PubAck } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { BusStorage } from "./busStorage.ts";
import type { LocalStream } from "./localStream.ts";
import type { CheckedMessage } from "./outgoing.ts";

/** Waiting for a commit: at two hundred thousand a second a third of a second. */
const MAX_WAITING = 65_536;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Each sync serves this many; a transaction of so many holds the loop for about 20 ms. */
const MAX_COMMIT = 5000;
const MAX_COMMIT_BYTES = 4 * 1024 * 1024;

interface Waiting {
  readonly stream: LocalStream;
  readonly message: CheckedMessage;
  readonly answer: (result: Result<PubAck>) => void;
  /** Decided, and told once it is committed. */
  outcome: Result<PubAck> | undefined;
}

export interface PublishQueueDeps {
  readonly storage: BusStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onCommitted: (stream: LocalStream, messages: readonly BusMessage[]) => void;
}

export class PublishQueue {
  readonly #deps: PublishQueueDeps;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;

  constructor(deps: PublishQueueDeps) {
    this.#deps = deps;
  }

  add(stream: LocalStream, message: CheckedMessage): Promise<Result<PubAck>> {
    if (this.#waiting.length >= MAX_WAITING || this.#bytes >= MAX_WAITING_BYTES) {
      const why = "More is published than the disk takes. Nothing was stored; try again in a moment.";
      return Promise.resolve(fail("throttled", why, { errCode: BUS_ERRORS.insufficientResources }));
    }
    this.#bytes += message.bytes;
    const { promise, resolve: answer } = Promise.withResolvers<Result<PubAck>>();
    this.#waiting.push({ stream, message, answer, outcome: undefined });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when everything published so far is answered. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Writes what the limits want gone, where nobody publishes. */
  commitStream(stream: LocalStream): Result<void> {
    return this.#commit([stream]);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await scheduler.yield();
      const batch = this.#next();
      try {
        this.#flush(batch);
      } catch (error) {
        this.#giveUp(batch, error);
      }
    }
    this.#running = undefined;
  }

  /** A bug must not leave anybody waiting for an answer. */
  #giveUp(batch: readonly Waiting[], error: unknown): void {
    this.#deps.logger.error("The bus failed to store what was published.", { error: String(error) });
    for (const { stream } of batch) stream.settle(false);
    for (const { answer } of batch) answer(fail("internal", "The bus failed; the log has the details."));
  }

  #next(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { message } of this.#waiting) {
      if (count >= MAX_COMMIT || bytes >= MAX_COMMIT_BYTES) break;
      count += 1;
      bytes += message.bytes;
    }
    this.#bytes -= bytes;
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  #flush(batch: readonly Waiting[]): void {
    const time = toIsoTime(this.#deps.clock.wallNow());
    const streams = new Set<LocalStream>();
    for (const one of batch) {
      streams.add(one.stream);
      one.outcome = guarded(() => one.stream.stage(one.message, time));
    }
    const committed = this.#commit([...streams]);
    // A refusal was decided on what did not come to be, too: the sender looks again either way.
    for (const { outcome, answer } of batch) if (outcome !== undefined) answer(committed.ok ? outcome : committed);
  }

  #commit(streams: readonly LocalStream[]): Result<void> {
    const { storage, clock, onCommitted } = this.#deps;
    const writes = guarded(() => ok(streams.flatMap((stream) => stream.staged(clock.wallNow()) ?? [])));
    const committed = !writes.ok ? writes : writes.value.length === 0 ? ok(undefined) : storage.write(writes.value);
    for (const stream of streams) {
      const appended = stream.settle(committed.ok);
      if (appended.length > 0) onCommitted(stream, appended);
    }
    return committed;
  }
}

/** What the disk refuses to read while something is decided. */
function guarded<T>(work: () => Result<T>): Result<T> {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail("store_unavailable", `The store cannot be read (${error.message}), so nothing was published.`);
  }
}

/**
 * A durable consumer at work: delivers in order, never more than `maxAckPending` at a time, again what is not answered,
 * and after `maxDeliver` attempts hands over a dead letter. Its handlers' failures are its own: nobody waits for them.
 */
import { scheduler } from "node:timers/promises";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Consumption, Delivery } from "#core/ports/messageBus.ts";
import type { BusMessage, ConsumerInfo, ConsumerSettings } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Advise } from "./advisories.ts";
import type { ConsumerProgress, Failure, Pending } from "./consumerProgress.ts";
import { LagMeter } from "./lagMeter.ts";
import { deadLetter, isUsedUp, retryMs, shortened, thrownBy, timeoutOf, waitMs } from "./redelivery.ts";
import { messageAt, subjectFilter } from "./streamSource.ts";
import type { StreamSource, SubjectFilter } from "./streamSource.ts";

/** Handed out before others get a turn. */
const BATCH = 256;
/** Where the disk refuses or a dead letter was not taken. */
const RETRY_MS = 1000;

export interface ConsumerRunDeps {
  readonly source: StreamSource;
  readonly settings: ConsumerSettings;
  readonly progress: ConsumerProgress;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Progress as it is now, before anything else happens. */
  readonly saveNow: (run: ConsumerRun) => Result<void>;
  /** Progress with the next save; resolves when that is done. */
  readonly saveSoon: (run: ConsumerRun) => Promise<Result<void>>;
  readonly advise: Advise;
}

interface Due {
  readonly entry: Pending;
  readonly message: BusMessage;
}

export class ConsumerRun {
  readonly #deps: ConsumerRunDeps;
  readonly progress: ConsumerProgress;
  readonly #lag = new LagMeter();
  readonly #subscriptions: Consumption[] = [];
  #settings: ConsumerSettings;
  #filter: SubjectFilter;
  #turn = 0;
  #isRunning = false;
  #isClosed = false;
  /** No pending message is due before this. */
  #nextDueAtMs = 0;
  #cancelTimer: (() => void) | undefined;
  /** The disk refused; tried again then. */
  #stalledUntilMs = 0;

  constructor(deps: ConsumerRunDeps) {
    this.#deps = deps;
    this.progress = deps.progress;
    this.#settings = deps.settings;
    this.#filter = subjectFilter(deps.settings.filters);
  }

  get settings(): ConsumerSettings {
    return this.#settings;
  }

  update(settings: ConsumerSettings): void {
    this.#settings = settings;
    this.#filter = subjectFilter(settings.filters);
    this.#lag.reset();
    this.wake();
  }

  subscribe(consumption: Consumption): () => void {
    this.#subscriptions.push(consumption);
    this.#nextDueAtMs = 0;
    this.wake();
    return () => {
      const index = this.#subscriptions.indexOf(consumption);
      if (index >= 0) this.#subscriptions.splice(index, 1);
      if (this.#subscriptions.length === 0) this.#letGo();
    };
  }

  info(): ConsumerInfo {
    const { source } = this.#deps;
    const { progress } = this;
    return {
      stream: source.name,
      name: this.#settings.name,
      config: this.#settings,
      delivered: { consumerSeq: progress.consumerSeq, streamSeq: progress.cursor },
      ackFloor: progress.ackFloor,
      ackPending: progress.pending.size,
      redelivered: progress.redelivered,
      lag: progress.targets.length + this.#lag.measure(source, this.#filter, progress.cursor),
      isActive: this.#subscriptions.length > 0,
    };
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isRunning || this.#isClosed || this.#subscriptions.length === 0) return;
    this.#isRunning = true;
    void Promise.resolve()
      .then(() => this.#run())
      .catch((error: unknown) => this.#stall("A consumer could not read its stream.", error))
      .finally(() => {
        this.#isRunning = false;
        this.#arm();
      });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#subscriptions.splice(0);
  }

  /** What nobody answers any more is due for the next one who listens. */
  #letGo(): void {
    const now = this.#deps.clock.now();
    for (const entry of this.progress.pending.values()) {
      if (entry.state !== "in_hand") continue;
      entry.state = "waiting";
      entry.dueAtMs = now;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed && this.#subscriptions.length > 0 && this.#deps.clock.now() >= this.#stalledUntilMs) {
      const before = this.progress.cursor;
      const batch = this.#take();
      if (batch === undefined) return;
      for (const due of batch) this.#hand(due);
      // A filter that matched nothing in a long stretch goes on after the others had their turn.
      if (batch.length === 0 && this.progress.cursor === before) return;
      await scheduler.yield();
    }
  }

  /** What is to be delivered now, counted and saved; undefined: it could not be saved and nothing is delivered. */
  #take(): readonly Due[] | undefined {
    const { progress } = this;
    const cursor = progress.cursor;
    const targets = progress.targets;
    const again = this.#takeDue();
    const fresh = this.#takeNew(BATCH - again.length);
    const batch = [...again, ...fresh];
    if (batch.length === 0) return batch;
    progress.consumerSeq += batch.length;
    const saved = this.#deps.saveNow(this);
    if (saved.ok) return batch;
    progress.consumerSeq -= batch.length;
    progress.cursor = cursor;
    progress.targets = targets;
    for (const { entry } of fresh) progress.pending.delete(entry.seq);
    this.#nextDueAtMs = this.#deps.clock.now();
    for (const { entry } of again) {
      entry.deliveries -= 1;
      entry.state = "waiting";
      entry.dueAtMs = this.#nextDueAtMs;
    }
    this.#lag.reset();
    this.#stall("A consumer's progress could not be recorded; delivery waits.", saved.error.message);
    return undefined;
  }

  #takeDue(): Due[] {
    const { source, clock } = this.#deps;
    const now = clock.now();
    if (now < this.#nextDueAtMs) return [];
    const due = [...this.progress.pending.values()].filter((one) => one.state !== "dead" && one.dueAtMs <= now);
    const taken: Due[] = [];
    for (const entry of due.toSorted((a, b) => a.dueAtMs - b.dueAtMs || a.seq - b.seq)) {
      const message = messageAt(source, entry.seq);
      if (entry.state === "in_hand") entry.failure = timeoutOf(this.#settings, entry);
      if (message === undefined) this.progress.pending.delete(entry.seq);
      else if (isUsedUp(this.#settings, entry)) this.#bury(entry, message);
      else if (taken.length < BATCH) taken.push({ entry: this.#again(entry), message });
    }
    this.#nextDueAtMs = this.#earliestDue();
    return taken;
  }

  #takeNew(limit: number): Due[] {
    const { progress } = this;
    const { source } = this.#deps;
    const room = Math.min(limit, this.#settings.maxAckPending - progress.pending.size);
    if (room <= 0) return [];
    const messages: BusMessage[] = [];
    if (progress.targets.length > 0) {
      const taken = progress.targets.slice(0, room);
      progress.targets = progress.targets.slice(room);
      for (const seq of taken) {
        const message = messageAt(source, seq);
        if (message !== undefined) messages.push(message);
      }
    } else if (progress.cursor < source.lastSeq) {
      const { matches } = this.#filter;
      const from = progress.cursor + 1;
      const found = source.scan({
        from,
        to: source.lastSeq,
        limit: room,
        ...(matches === undefined ? {} : { matches }),
      });
      progress.cursor = found.scannedTo;
      for (const message of found.messages) messages.push(message);
      this.#lag.passed(found.messages.length);
    }
    return messages.map((message) => ({ entry: this.#first(message.seq), message }));
  }

  #first(seq: number): Pending {
    const { clock } = this.#deps;
    const at = clock.wallNow();
    const entry: Pending = {
      seq,
      deliveries: 1,
      state: "in_hand",
      dueAtMs: clock.now() + waitMs(this.#settings, 1),
      firstAtMs: at,
      lastAtMs: at,
      failure: undefined,
    };
    this.progress.pending.set(seq, entry);
    this.#nextDueAtMs = Math.min(this.#nextDueAtMs, entry.dueAtMs);
    return entry;
  }

  #again(entry: Pending): Pending {
    const { clock } = this.#deps;
    entry.deliveries += 1;
    entry.state = "in_hand";
    entry.lastAtMs = clock.wallNow();
    entry.dueAtMs = clock.now() + waitMs(this.#settings, entry.deliveries);
    return entry;
  }

  #hand({ entry, message }: Due): void {
    const consumption = this.#subscriptions[this.#turn++ % Math.max(1, this.#subscriptions.length)];
    // The last subscription ended in one of this batch's handlers: what is left waits for the next one.
    if (consumption === undefined) return;
    const attempt = entry.deliveries;
    const failed = (error: unknown): void => this.#failed(entry, attempt, error);
    try {
      const answer = consumption.onDelivery(this.#delivery(entry, message));
      if (answer instanceof Promise) answer.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #delivery(entry: Pending, message: BusMessage): Delivery {
    const attempt = entry.deliveries;
    return {
      message,
      deliveryCount: attempt,
      ack: () => this.#ack(entry),
      nak: ({ delayMs = 0, reason } = {}) => {
        const failure = { errorClass: "nak", error: shortened(reason ?? "The handler refused it.") };
        this.#refuse(entry, attempt, { delayMs, failure });
      },
      working: () => {
        if (this.#isInHand(entry, attempt)) entry.dueAtMs = this.#deps.clock.now() + waitMs(this.#settings, attempt);
      },
      term: (reason) => {
        if (!this.#isOpen(entry)) return;
        void this.#settle(entry);
        this.#deps.advise.terminated({ ...this.#facts(entry), reason });
      },
    };
  }

  /** A late one counts too, as long as the message is not settled. */
  async #ack(entry: Pending): Promise<Result<void>> {
    return this.#isOpen(entry) ? this.#settle(entry) : ok(undefined);
  }

  #settle(entry: Pending): Promise<Result<void>> {
    this.progress.pending.delete(entry.seq);
    const saved = this.#deps.saveSoon(this);
    this.wake();
    return saved;
  }

  #failed(entry: Pending, attempt: number, error: unknown): void {
    const { logger, source } = this.#deps;
    const failure = thrownBy(error);
    const fields = { stream: source.name, consumer: this.#settings.name, seq: entry.seq, attempt, ...failure };
    logger.warn("A handler of the bus failed on a message.", fields);
    this.#refuse(entry, attempt, { delayMs: retryMs(this.#settings, attempt), failure });
  }

  #refuse(entry: Pending, attempt: number, answer: { delayMs: number; failure: Failure }): void {
    if (!this.#isInHand(entry, attempt)) return;
    entry.state = "waiting";
    entry.failure = answer.failure;
    // The last attempt has no next one to wait for.
    const delayMs = isUsedUp(this.#settings, entry) ? 0 : Math.max(0, answer.delayMs);
    entry.dueAtMs = this.#deps.clock.now() + delayMs;
    this.#nextDueAtMs = Math.min(this.#nextDueAtMs, entry.dueAtMs);
    this.#deps.advise.naked(this.#facts(entry));
    void this.#deps.saveSoon(this);
    if (delayMs === 0) this.wake();
    else this.#arm();
  }

  /** Until the letter is taken and the advisory is out the message stays pending: a crash in between tells it again. */
  #bury(entry: Pending, message: BusMessage): void {
    entry.state = "dead";
    const letter = deadLetter(this.#settings, entry, message);
    const hook = this.#subscriptions.find(({ onDeadLetter }) => onDeadLetter !== undefined)?.onDeadLetter;
    const tell = async (): Promise<Result<void>> => {
      const taken = await hook?.(letter);
      return taken?.ok === false ? taken : this.#deps.advise.maxDeliveries(this.#facts(entry));
    };
    void tell()
      .then((told) => {
        if (told.ok) void this.#settle(entry);
        else this.#untold(entry, told.error.message);
      })
      .catch((error: unknown) => this.#untold(entry, String(error)));
  }

  #untold(entry: Pending, why: string): void {
    if (this.#isClosed) return;
    const { logger, source, clock } = this.#deps;
    const fields = { stream: source.name, consumer: this.#settings.name, seq: entry.seq, why };
    logger.error("A dead letter was not taken; it is offered again.", fields);
    entry.state = "waiting";
    entry.dueAtMs = clock.now() + RETRY_MS;
    this.#nextDueAtMs = Math.min(this.#nextDueAtMs, entry.dueAtMs);
    this.#arm();
  }

  #facts({ seq, deliveries }: Pending) {
    const { consumerSeq } = this.progress;
    return { stream: this.#deps.source.name, consumer: this.#settings.name, streamSeq: seq, consumerSeq, deliveries };
  }

  #isOpen(entry: Pending): boolean {
    return entry.state !== "dead" && this.progress.pending.get(entry.seq) === entry;
  }

  #isInHand(entry: Pending, attempt: number): boolean {
    return this.#isOpen(entry) && entry.state === "in_hand" && entry.deliveries === attempt;
  }

  #earliestDue(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { state, dueAtMs } of this.progress.pending.values())
      if (state !== "dead") earliest = Math.min(earliest, dueAtMs);
    return earliest;
  }

  #stall(message: string, why: unknown): void {
    const { logger, source, clock } = this.#deps;
    logger.error(message, { stream: source.name, consumer: this.#settings.name, why: String(why) });
    this.#stalledUntilMs = clock.now() + RETRY_MS;
  }

  /** One timer, for the earliest thing that falls due. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isClosed || this.#subscriptions.length === 0) return;
    const { clock } = this.#deps;
    const now = clock.now();
    const isStalled = this.#stalledUntilMs > now;
    const at = isStalled ? this.#stalledUntilMs : this.#nextDueAtMs;
    if (!Number.isFinite(at)) return;
    this.#cancelTimer = clock.after(Math.max(0, at - now), () => {
      this.#cancelTimer = undefined;
      this.wake();
    });
  }
}

/**
 * A bounded mailbox with five lanes. 0 is the most important: nothing is ever given up for the sake of something less
 * important. Order within a lane is the order of arrival.
 */
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "../ports/clock.ts";
import { Fifo } from "./fifo.ts";

/** 0 critical, 1 high, 2 normal, 3 low, 4 bulk. */
export type Priority = 0 | 1 | 2 | 3 | 4;
export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3, 4];

/**
 * What happens to a message that finds no room. `drop_lower`: the oldest of the least important lane below it goes.
 * `drop_oldest`: the oldest message that is not more important goes. `block`: it waits for room, `timeoutMs` at most.
 */
export type OverflowPolicy =
  | { readonly type: "reject" }
  | { readonly type: "drop_lower" }
  | { readonly type: "drop_oldest" }
  | { readonly type: "block"; readonly timeoutMs: number };

export type MailboxErrorCode = "MailboxFull" | "MessageExpired" | "ActorStopped";
export interface MailboxError {
  readonly code: MailboxErrorCode;
  readonly message: string;
}

export type DropReason = "overflow" | "expired" | "closed";

export type MailboxEvent =
  | { readonly type: "enqueued"; readonly priority: Priority; readonly size: number }
  | { readonly type: "dequeued"; readonly priority: Priority; readonly waitMs: number }
  /** The mailbox is four fifths full; said once until it is half empty again. */
  | { readonly type: "backpressure"; readonly size: number }
  | { readonly type: "dropped"; readonly priority: Priority; readonly reason: DropReason }
  /** A message found no room; what came of it is the policy's business. */
  | { readonly type: "full"; readonly priority: Priority; readonly size: number };

export interface MailboxOptions {
  /** All lanes together; default 1000. */
  readonly capacity?: number;
  /** Per lane, by priority; default the total. */
  readonly laneCapacities?: Readonly<Partial<Record<Priority, number>>>;
  /** Default reject. */
  readonly overflow?: OverflowPolicy;
  /** How long a message may wait; default 300 s, 0 means for ever. */
  readonly ttlMs?: number;
  readonly onEvent?: (event: MailboxEvent) => void;
}

export interface PostOptions {
  /** Default 2, normal. */
  readonly priority?: Priority;
  /** Overrides the mailbox's; 0 means for ever. */
  readonly ttlMs?: number;
  /** Monotonic ms; overrides both. For messages that were already under way: one in the past is refused. */
  readonly expiresAt?: number;
  /** Called if the message was accepted and then thrown away unread. */
  readonly onDropped?: (reason: DropReason) => void;
}

interface Envelope<M> {
  readonly message: M;
  readonly priority: Priority;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  readonly onDropped: ((reason: DropReason) => void) | undefined;
}

interface Waiter<M> {
  readonly envelope: Envelope<M>;
  readonly settle: (result: Result<void, MailboxError>) => void;
  readonly cancelTimeout: () => void;
}

const DEFAULT_CAPACITY = 1000;
const DEFAULT_TTL_MS = 300_000;
const BACKPRESSURE_AT = 0.8;
const BACKPRESSURE_OVER_AT = 0.5;
const ACCEPTED: Result<void, MailboxError> = { ok: true, value: undefined };

export class Mailbox<M> {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #laneCapacities: MailboxOptions["laneCapacities"];
  readonly #overflow: OverflowPolicy;
  readonly #ttlMs: number;
  readonly #onEvent: ((event: MailboxEvent) => void) | undefined;
  readonly #onReady: (() => void) | undefined;
  readonly #lanes = {
    0: new Fifo<Envelope<M>>(),
    1: new Fifo<Envelope<M>>(),
    2: new Fifo<Envelope<M>>(),
    3: new Fifo<Envelope<M>>(),
    4: new Fifo<Envelope<M>>(),
  };
  #waiters: Waiter<M>[] = [];
  #size = 0;
  #isPressed = false;
  #isClosed = false;
  /** No message expires before this, so that a full mailbox is not searched in vain. */
  #earliestExpiry = Number.POSITIVE_INFINITY;

  /** `onReady` is called after every message that was accepted. */
  constructor(deps: { readonly clock: Clock; readonly onReady?: () => void }, options: MailboxOptions = {}) {
    this.#clock = deps.clock;
    this.#onReady = deps.onReady;
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
    this.#laneCapacities = options.laneCapacities;
    this.#overflow = options.overflow ?? { type: "reject" };
    this.#ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
    this.#onEvent = options.onEvent;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a message. With room the decision is made before this returns, so the order of calls is the order of arrival;
   * only the `block` policy makes the caller wait. Errors: MailboxFull, MessageExpired, ActorStopped.
   */
  post(message: M, options: PostOptions = {}): Promise<Result<void, MailboxError>> {
    const envelope = this.#seal(message, options);
    if (this.#isClosed) return refused("ActorStopped", "the mailbox is closed");
    if (envelope.expiresAt <= envelope.enqueuedAt) {
      this.#onEvent?.({ type: "dropped", priority: envelope.priority, reason: "expired" });
      return refused("MessageExpired", "the message had expired before it arrived");
    }
    if (this.#hasRoom(envelope.priority)) return this.#accept(envelope);
    this.#onEvent?.({ type: "full", priority: envelope.priority, size: this.#size });
    this.#discardExpired();
    if (this.#hasRoom(envelope.priority) || this.#makeRoom(envelope.priority)) return this.#accept(envelope);
    if (this.#overflow.type === "block") return this.#waitForRoom(envelope, this.#overflow.timeoutMs);
    return refused("MailboxFull", `the mailbox holds ${this.#size} messages`);
  }

  /** The oldest message of the most important lane; undefined when there is none. Expired ones are passed over. */
  take(): { readonly message: M } | undefined {
    for (const priority of PRIORITIES) {
      for (let next = this.#lanes[priority].shift(); next !== undefined; next = this.#lanes[priority].shift()) {
        this.#size -= 1;
        const nowMs = this.#clock.now();
        if (next.expiresAt <= nowMs) {
          this.#drop(next, "expired");
          continue;
        }
        this.#onEvent?.({ type: "dequeued", priority, waitMs: nowMs - next.enqueuedAt });
        this.#admitWaiters();
        return { message: next.message };
      }
    }
    this.#admitWaiters();
    // Expired messages may have given way to one that waited for room.
    return this.#size > 0 ? this.take() : undefined;
  }

  /** Drops what is left and refuses what comes. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const priority of PRIORITIES) {
      for (const envelope of this.#lanes[priority].drain()) this.#drop(envelope, "closed");
    }
    this.#size = 0;
    for (const waiter of this.#waiters.splice(0)) {
      waiter.cancelTimeout();
      waiter.settle({ ok: false, error: { code: "ActorStopped", message: "the mailbox was closed" } });
    }
  }

  #seal(message: M, options: PostOptions): Envelope<M> {
    const enqueuedAt = this.#clock.now();
    const ttlMs = options.ttlMs ?? this.#ttlMs;
    const expiresAt = options.expiresAt ?? (ttlMs === 0 ? Number.POSITIVE_INFINITY : enqueuedAt + ttlMs);
    return { message, priority: options.priority ?? 2, enqueuedAt, expiresAt, onDropped: options.onDropped };
  }

  #laneHasRoom(priority: Priority): boolean {
    return this.#lanes[priority].size < (this.#laneCapacities?.[priority] ?? this.#capacity);
  }

  #hasRoom(priority: Priority): boolean {
    return this.#size < this.#capacity && this.#laneHasRoom(priority);
  }

  #accept(envelope: Envelope<M>): Promise<Result<void, MailboxError>> {
    this.#put(envelope);
    return Promise.resolve(ACCEPTED);
  }

  #put(envelope: Envelope<M>): void {
    this.#lanes[envelope.priority].push(envelope);
    this.#size += 1;
    this.#earliestExpiry = Math.min(this.#earliestExpiry, envelope.expiresAt);
    this.#onEvent?.({ type: "enqueued", priority: envelope.priority, size: this.#size });
    if (!this.#isPressed && this.#size >= this.#capacity * BACKPRESSURE_AT) {
      this.#isPressed = true;
      this.#onEvent?.({ type: "backpressure", size: this.#size });
    }
    this.#onReady?.();
  }

  /** Gives up one message by the policy; false when the policy gives up nothing for this one. */
  #makeRoom(priority: Priority): boolean {
    const victims = this.#laneHasRoom(priority) ? this.#victimLanes(priority) : this.#ownLane(priority);
    const victim = victims.find((lane) => this.#lanes[lane].size > 0);
    const dropped = victim === undefined ? undefined : this.#lanes[victim].shift();
    if (dropped === undefined) return false;
    this.#size -= 1;
    this.#drop(dropped, "overflow");
    return true;
  }

  /** Least important first. */
  #victimLanes(priority: Priority): readonly Priority[] {
    switch (this.#overflow.type) {
      case "drop_lower":
        return PRIORITIES.filter((lane) => lane > priority).toReversed();
      case "drop_oldest": {
        const arrival = (lane: Priority) => this.#lanes[lane].peek()?.enqueuedAt ?? Number.POSITIVE_INFINITY;
        const lanes = PRIORITIES.filter((lane) => lane >= priority).toReversed();
        return lanes.toSorted((left, right) => arrival(left) - arrival(right));
      }
      case "reject":
      case "block":
        return [];
    }
  }

  /** When its own lane is full, room in other lanes is no help. */
  #ownLane(priority: Priority): readonly Priority[] {
    return this.#overflow.type === "drop_oldest" ? [priority] : [];
  }

  #waitForRoom(envelope: Envelope<M>, timeoutMs: number): Promise<Result<void, MailboxError>> {
    if (this.#waiters.length >= this.#capacity) return refused("MailboxFull", "too many already wait for room");
    const { promise, resolve } = Promise.withResolvers<Result<void, MailboxError>>();
    const cancelTimeout = this.#clock.after(timeoutMs, () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      const message = `no room in the mailbox within ${timeoutMs} ms`;
      resolve({ ok: false, error: { code: "MailboxFull", message } });
    });
    const waiter: Waiter<M> = { envelope, settle: resolve, cancelTimeout };
    this.#waiters.push(waiter);
    return promise;
  }

  /** Room came up: those that wait come in by importance, then by arrival. */
  #admitWaiters(): void {
    if (this.#size <= this.#capacity * BACKPRESSURE_OVER_AT) this.#isPressed = false;
    while (this.#waiters.length > 0) {
      const admissible = this.#waiters.filter(({ envelope }) => this.#hasRoom(envelope.priority));
      const next = admissible.toSorted((left, right) => left.envelope.priority - right.envelope.priority)[0];
      if (next === undefined) return;
      this.#waiters = this.#waiters.filter((other) => other !== next);
      next.cancelTimeout();
      this.#put(next.envelope);
      next.settle(ACCEPTED);
    }
  }

  #discardExpired(): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#earliestExpiry) return;
    this.#earliestExpiry = Number.POSITIVE_INFINITY;
    for (const priority of PRIORITIES) {
      for (const expired of this.#lanes[priority].extract(({ expiresAt }) => this.#isExpired(expiresAt, nowMs))) {
        this.#size -= 1;
        this.#drop(expired, "expired");
      }
    }
  }

  #isExpired(expiresAt: number, nowMs: number): boolean {
    if (expiresAt <= nowMs) return true;
    this.#earliestExpiry = Math.min(this.#earliestExpiry, expiresAt);
    return false;
  }

  #drop(envelope: Envelope<M>, reason: DropReason): void {
    this.#onEvent?.({ type: "dropped", priority: envelope.priority, reason });
    envelope.onDropped?.(reason);
  }
}

function refused(code: MailboxErrorCode, message: string): Promise<Result<void, MailboxError>> {
  return Promise.resolve({ ok: false, error: { code, message } });
}

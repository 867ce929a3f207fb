/**
 * One subscription of a durable consumer: deliveries to a handler, and the dead letter after the last attempt. The server
 * would forget a message after its last delivery; here it delivers once more, and that one is the dead letter's: it is
 * acknowledged when the letter is kept, so that a crash in between only delivers it again.
 */
import type { Consumer, ConsumerMessages, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, Consumption, DeadLetter, Delivery, DeliveryHandler } from "#core/ports/messageBus.ts";
import { BUS_DEFAULTS } from "#shared/model/bus.ts";
import type { ConsumerSettings } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { NatsAdvisories } from "./natsAdvisories.ts";
import type { NatsConsumers } from "./natsConsumers.ts";
import { isLost, natsRefusal } from "./natsErrors.ts";
import { keptMessage } from "./natsMessages.ts";
import type { NatsNames } from "./natsNames.ts";

export interface ConsumptionDeps {
  readonly client: JetStreamClient;
  readonly names: NatsNames;
  readonly consumers: NatsConsumers;
  readonly advisories: NatsAdvisories;
  readonly logger: Logger;
}

interface Wanted {
  readonly stream: string;
  readonly consumer: string;
  readonly handler: DeliveryHandler | Consumption;
}

interface Failure {
  readonly errorClass: string;
  readonly error: string;
}

/** Asked for ahead of the handler; each is handed over at once, so the number only saves round trips. */
const MOST_AHEAD = 256;
/** Of a handler that throws, where the consumer names no backoff: the first wait, doubled each time. */
const FIRST_RETRY_MS = 100;
/** Where a dead letter was not taken. */
const RETRY_LETTER_MS = 1_000;
const MOST_REMEMBERED = 10_000;
const ACK_TIMEOUT_MS = 5_000;

export class NatsConsumption implements BusSubscription {
  readonly #deps: ConsumptionDeps;
  readonly #stream: string;
  readonly #consumer: string;
  readonly #consumption: Consumption;
  /** Why the last delivery failed, and when the first one was; by sequence number, the oldest forgotten first. */
  readonly #failures = new Map<number, Failure>();
  readonly #firstSeen = new Map<number, string>();
  readonly #lastSeen = new Map<number, string>();
  /** A refusal of an earlier delivery, when the message is with someone again, has no effect. */
  readonly #latest = new Map<number, number>();
  readonly #open = new Set<JsMsg>();
  readonly #burying = new Set<number>();
  #settings: ConsumerSettings | undefined;
  #messages: ConsumerMessages | undefined;
  #isClosed = false;
  readonly ready: Promise<void>;

  constructor(deps: ConsumptionDeps, { stream, consumer, handler }: Wanted) {
    this.#deps = deps;
    this.#stream = stream;
    this.#consumer = consumer;
    this.#consumption = typeof handler === "function" ? { onDelivery: handler } : handler;
    this.ready = this.#begin();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#messages?.close();
    // What is unanswered comes again after the ack wait. Refusing it here would be quicker, but server 2.9 then loses its
    // place: a message that nobody answered counts as settled.
    this.#open.clear();
  }

  async #begin(): Promise<void> {
    const { client, names, consumers, logger } = this.#deps;
    try {
      const consumer: Consumer = await client.consumers.get(
        names.stream(this.#stream),
        names.consumer(this.#stream, this.#consumer),
      );
      this.#settings = consumers.settingsOf(this.#stream, await consumer.info(true));
      if (this.#isClosed) return;
      this.#messages = await consumer.consume({
        max_messages: Math.min(MOST_AHEAD, this.#settings.maxAckPending),
        callback: (message) => void this.#take(message),
      });
      if (this.#isClosed) void this.#messages.close();
    } catch (error) {
      logger.error("A consumer cannot be listened to.", {
        stream: this.#stream,
        consumer: this.#consumer,
        error: natsRefusal(error).error.message,
      });
    }
  }

  async #take(message: JsMsg): Promise<void> {
    if (this.#isClosed) return;
    const count = message.info.deliveryCount;
    const most = this.#settings?.maxDeliver ?? -1;
    if (!this.#firstSeen.has(message.seq)) remember(this.#firstSeen, message.seq, firstTime(message, count));
    remember(this.#latest, message.seq, count);
    this.#open.add(message);
    if (most > 0 && count > most) await this.#deadLetterOnce(message, most);
    else {
      remember(this.#lastSeen, message.seq, new Date().toISOString());
      this.#failures.delete(message.seq);
      await this.#deliver(message, count);
    }
  }

  async #deliver(message: JsMsg, count: number): Promise<void> {
    let isAnswered = false;
    const answer = (act: () => void): void => {
      if (isAnswered || this.#isClosed) return;
      isAnswered = true;
      this.#open.delete(message);
      act();
    };
    const delivery: Delivery = {
      message: keptMessage(this.#deps.names, this.#stream, message),
      deliveryCount: count,
      ack: async () => {
        let acked: Promise<Result<void>> = Promise.resolve(ok(undefined));
        answer(() => {
          acked = this.#ack(message);
        });
        return acked;
      },
      nak: ({ delayMs = 0, reason } = {}) =>
        answer(() => this.#nak(message, { delayMs, errorClass: "nak", error: reason ?? "The handler refused it." })),
      working: () => {
        if (!isAnswered && !this.#isClosed) this.#tell(() => message.working());
      },
      term: (reason) => answer(() => this.#term(message, reason)),
    };
    try {
      await this.#consumption.onDelivery(delivery);
    } catch (thrown) {
      answer(() => this.#nak(message, { delayMs: this.#retryMs(count), ...failureOf(thrown) }));
    }
  }

  async #ack(message: JsMsg): Promise<Result<void>> {
    this.#forget(message.seq);
    try {
      await message.ackAck({ timeout: ACK_TIMEOUT_MS });
      return ok(undefined);
    } catch (error) {
      return natsRefusal(error);
    }
  }

  #nak(message: JsMsg, { delayMs, errorClass, error }: Failure & { delayMs: number }): void {
    if (this.#latest.get(message.seq) !== message.info.deliveryCount) return;
    remember(this.#failures, message.seq, { errorClass, error });
    const isLast = message.info.deliveryCount === this.#settings?.maxDeliver;
    this.#deps.advisories.naked(this.#about(message));
    // Nothing is tried again, so there is nothing to wait for.
    this.#tell(() => message.nak(isLast ? 0 : delayMs));
  }

  #term(message: JsMsg, reason: string | undefined): void {
    this.#forget(message.seq);
    this.#deps.advisories.terminated(this.#about(message), reason);
    this.#tell(() => message.term());
  }

  /** A loop that stood still may have let the ack wait pass: the same letter is not offered twice at a time. */
  async #deadLetterOnce(message: JsMsg, attempts: number): Promise<void> {
    if (this.#burying.has(message.seq)) return void this.#open.delete(message);
    this.#burying.add(message.seq);
    await this.#deadLetter(message, attempts);
    this.#burying.delete(message.seq);
  }

  /** Until the letter is taken and the advisory is kept the message stays pending: a crash in between tells it again. */
  async #deadLetter(message: JsMsg, attempts: number): Promise<void> {
    const waiting = setInterval(() => this.#tell(() => message.working()), (this.#settings?.ackWaitMs ?? 3_000) / 3);
    const kept = await this.#keepLetter(message, attempts);
    const told = kept.ok ? await this.#deps.advisories.maxDeliver(this.#about(message), attempts) : kept;
    clearInterval(waiting);
    this.#open.delete(message);
    if (this.#isClosed) return;
    if (told.ok) await this.#ack(message);
    else this.#untold(message, told.error.message);
  }

  #untold(message: JsMsg, why: string): void {
    const fields = { stream: this.#stream, consumer: this.#consumer, seq: message.seq, why };
    this.#deps.logger.error("A dead letter was not taken; it is offered again.", fields);
    this.#tell(() => message.nak(RETRY_LETTER_MS));
  }

  async #keepLetter(message: JsMsg, attempts: number): Promise<Result<void>> {
    const { onDeadLetter } = this.#consumption;
    if (onDeadLetter === undefined) return ok(undefined);
    const failure = this.#failures.get(message.seq) ?? {
      errorClass: "timeout",
      error: `Nobody answered within ${this.#waitMs(attempts)} ms.`,
    };
    const letter: DeadLetter = {
      stream: this.#stream,
      consumer: this.#consumer,
      message: keptMessage(this.#deps.names, this.#stream, message),
      attempts,
      ...failure,
      firstAt: this.#firstSeen.get(message.seq) ?? firstTime(message, 0),
      lastAt: this.#lastSeen.get(message.seq) ?? new Date().toISOString(),
    };
    try {
      return await onDeadLetter(letter);
    } catch (thrown) {
      return fail("internal", failureOf(thrown).error);
    }
  }

  #waitMs(delivery: number): number {
    const { backoffMs, ackWaitMs = BUS_DEFAULTS.ackWaitMs } = this.#settings ?? {};
    return backoffMs?.[Math.min(delivery, backoffMs.length) - 1] ?? ackWaitMs;
  }

  #retryMs(count: number): number {
    const { backoffMs, ackWaitMs = BUS_DEFAULTS.ackWaitMs } = this.#settings ?? {};
    const doubled = FIRST_RETRY_MS * 2 ** Math.min(20, count - 1);
    return backoffMs === undefined ? Math.min(ackWaitMs, doubled) : this.#waitMs(count);
  }

  #about(message: JsMsg): Parameters<NatsAdvisories["naked"]>[0] {
    const { deliveryCount: deliveries, deliverySequence: consumerSeq } = message.info;
    return { stream: this.#stream, consumer: this.#consumer, seq: message.seq, consumerSeq, deliveries };
  }

  #forget(seq: number): void {
    for (const map of [this.#failures, this.#firstSeen, this.#lastSeen, this.#latest]) map.delete(seq);
  }

  /** Nobody waits for these; when the connection is gone the server delivers again by itself. */
  #tell(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }
}

/** Of a message that another process had first, the moment it was published is the nearest that is known. */
function firstTime(message: JsMsg, count: number): string {
  return count === 1 ? new Date().toISOString() : new Date(message.timestamp).toISOString();
}

function failureOf(thrown: unknown): Failure {
  return thrown instanceof Error
    ? { errorClass: thrown.name, error: thrown.message }
    : { errorClass: "unknown", error: String(thrown) };
}

function remember<T>(map: Map<number, T>, seq: number, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
  map.set(seq, value);
}

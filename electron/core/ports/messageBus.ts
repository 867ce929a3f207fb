/**
 * The bus: JetStream's semantics, whichever engine carries it (in memory, SQLite on this machine, a NATS server for a
 * fleet of machines). A message that is acknowledged is committed. One contract suite (test/contract/messageBus*) runs
 * over every engine; what it says is the law.
 */
import type {
  BusHeaders,
  BusMessage,
  ConsumerConfig,
  ConsumerInfo,
  Expectation,
  PubAck,
  StreamConfig,
  StreamInfo,
} from "#shared/model/bus.ts";
import type { Result } from "#shared/model/result.ts";

export interface Outgoing {
  /** Literal; one stream keeps it, else `no_responders` at once. */
  readonly subject: string;
  /** Text, or UTF-8 bytes of one. */
  readonly data: string | Uint8Array;
  readonly headers?: BusHeaders;
  /** Said again within the stream's window it is acknowledged with `duplicate` and the first one's number. */
  readonly msgId?: string;
  readonly expect?: Expectation;
}

/** One delivery of a message. The first final answer counts (ack, nak, term); later ones have no effect. */
export interface Delivery {
  readonly message: BusMessage;
  /** 1 for the first. */
  readonly deliveryCount: number;
  /** Settled for good; resolves when that is recorded. */
  ack(): Promise<Result<void>>;
  /** Again, after `delayMs` (default: at once). */
  nak(options?: { readonly delayMs?: number; readonly reason?: string }): void;
  /** Still at it: the wait for an answer begins anew. */
  working(): void;
  /** Never again; an advisory says why. */
  term(reason?: string): void;
}

/** What is known of a message that was delivered as often as its consumer allows. */
export interface DeadLetter {
  readonly stream: string;
  readonly consumer: string;
  readonly message: BusMessage;
  readonly attempts: number;
  /** The name of what the last failure threw; `timeout` for a delivery that nobody answered, `nak` for a refused one. */
  readonly errorClass: string;
  readonly error: string;
  /** ISO times of the first and of the last delivery. */
  readonly firstAt: string;
  readonly lastAt: string;
}

export type DeliveryHandler = (delivery: Delivery) => void | Promise<void>;

export interface Consumption {
  /**
   * Called in stream order for first deliveries. Calls overlap: a promise is not waited for before the next one, up to
   * `maxAckPending`; with 1 they never overlap. What throws or rejects without an answer is a nak, delayed by the
   * consumer's backoff (without one: 100 ms, doubled each time, at most the ack wait). Returning is NOT an answer.
   */
  readonly onDelivery: DeliveryHandler;
  /**
   * The dead-letter hook: heard exactly once more after `maxDeliver` attempts, and again after a crash or a refusal, until
   * it answers ok: keep the letter by (stream, consumer, message.seq), which never changes. Until then the message stays
   * pending; it stays in its stream afterwards.
   */
  readonly onDeadLetter?: (letter: DeadLetter) => Promise<Result<void>>;
}

export interface BusSubscription {
  /** Nothing is delivered afterwards; idempotent. What was delivered and not answered is delivered again to the next one. */
  close(): void;
}

export interface ReadQuery {
  readonly stream: string;
  /** Inclusive sequence numbers. */
  readonly from?: number;
  readonly to?: number;
  /** ISO time: from the first message of then or later. */
  readonly since?: string;
  /** A subject pattern. */
  readonly filter?: string;
  readonly limit: number;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: BusHeaders;
}

export interface MessageBus {
  readonly engine: "sqlite" | "memory" | "nats";
  /** Made, or brought to this configuration. Errors: bad_request, conflict (its subjects are another stream's). */
  ensureStream(config: StreamConfig): Promise<Result<StreamInfo>>;
  streams(): Promise<Result<readonly StreamInfo[]>>;
  /**
   * Errors: bad_request, forbidden (a reserved or read-only subject), no_responders (no stream keeps this subject),
   * too_large, conflict (an expectation failed), throttled (too many wait; nothing was stored), store_unavailable.
   */
  publish(message: Outgoing): Promise<Result<PubAck>>;
  get(stream: string, seq: number): Promise<Result<BusMessage | undefined>>;
  /** Replay: a page in stream order. */
  read(query: ReadQuery): Promise<Result<readonly BusMessage[]>>;
  /** Made, or brought to this configuration; its position stays. Where it begins cannot be changed. */
  ensureConsumer(stream: string, config: ConsumerConfig): Promise<Result<ConsumerInfo>>;
  consumers(stream: string): Promise<Result<readonly ConsumerInfo[]>>;
  deleteConsumer(stream: string, name: string): Promise<Result<void>>;
  /** Several subscriptions of one consumer share its messages. A consumer that does not exist is logged and hears nothing. */
  consume(stream: string, consumer: string, handler: DeliveryHandler | Consumption): BusSubscription;
  /** Errors: no_responders at once where nobody answers this subject, timeout, internal (the responder failed). */
  request(subject: string, data: string, options: RequestOptions): Promise<Result<BusMessage>>;
  /** Of a `queue` one member hears each request; the first answer counts. */
  respond(
    subject: string,
    responder: (message: BusMessage) => Promise<string>,
    options?: { readonly queue?: string },
  ): BusSubscription;
  /** What is committed from now on, in order; nothing is kept for a listener, and one that throws is only logged. */
  listen(pattern: string, listener: (message: BusMessage) => void): BusSubscription;
  /** Everything acknowledged is committed, progress is recorded, nothing is delivered any more. */
  close(): Promise<void>;
}

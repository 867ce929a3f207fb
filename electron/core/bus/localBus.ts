/**
 * The engine of one machine: streams and consumers in one process, over a storage (memory or SQLite). Publishers,
 * consumers and listeners are independent: what one of them does wrong is its own affair.
 */
import type { Clock } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, Consumption, MessageBus, Outgoing, ReadQuery } from "#core/ports/messageBus.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { patternProblem, overlapsPattern, subjectMatcher } from "#shared/lib/subjects.ts";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import type { BusMessage, ConsumerConfig, ConsumerInfo, PubAck, StreamConfig, StreamInfo } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { createAdvise } from "./advisories.ts";
import type { Advise } from "./advisories.ts";
import type { BusStorage } from "./busStorage.ts";
import { checkStream } from "./configChecks.ts";
import { ConsumerSet } from "./consumerSet.ts";
import { Listeners } from "./listeners.ts";
import { LocalStream } from "./localStream.ts";
import { checkOutgoing } from "./outgoing.ts";
import { PublishQueue } from "./publishQueue.ts";
import { Requests } from "./requests.ts";
import { messageAt } from "./streamSource.ts";
import type { StreamSource } from "./streamSource.ts";

export interface LocalBusDeps {
  readonly storage: BusStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Streams that others write: the event log. Their subjects cannot be published to. */
  readonly readOnly?: readonly ReadOnlyStream[];
}

export interface ReadOnlyStream {
  readonly source: StreamSource;
  /** For the consumers' rows: below zero, where no stream of our own has its id. */
  readonly id: number;
  info(consumers: number): StreamInfo;
  /** Called with what is new; the returned function ends it. */
  follow(onAppended: (messages: () => readonly BusMessage[]) => void): () => void;
}

/** Subjects looked up lately; their grammar and stream are known. */
const ROUTES = 10_000;
const EXPIRY_RETRY_MS = 60_000;

/** Throws StoreError when the disk cannot be read. */
export function createLocalBus(deps: LocalBusDeps): MessageBus {
  return new LocalBus(deps);
}

class LocalBus implements MessageBus {
  readonly engine: MessageBus["engine"];
  readonly #deps: LocalBusDeps;
  readonly #streams = new Map<string, LocalStream>();
  readonly #readOnly: readonly ReadOnlyStream[];
  readonly #routes = new Map<string, LocalStream>();
  readonly #queue: PublishQueue;
  readonly #consumers: ConsumerSet;
  readonly #listeners: Listeners;
  readonly #requests: Requests;
  readonly #expiries = new Map<LocalStream, () => void>();
  readonly #ends: readonly (() => void)[];
  #isClosed = false;

  constructor(deps: LocalBusDeps) {
    const { storage, clock, logger } = deps;
    this.#deps = deps;
    this.engine = storage.engine;
    this.#readOnly = deps.readOnly ?? [];
    this.#listeners = new Listeners(logger);
    this.#requests = new Requests({ clock, logger });
    this.#queue = new PublishQueue({
      storage,
      clock,
      logger,
      onCommitted: (stream, messages) => this.#committed(stream, messages),
    });
    this.#consumers = new ConsumerSet({ storage, clock, logger, advise: this.#advise() });
    const { streams, consumers } = storage.load();
    for (const record of streams) this.#add(new LocalStream(storage, clock, record));
    for (const stream of this.#streams.values()) this.#expire(stream);
    this.#consumers.load(consumers, (id) => this.#sourceById(id));
    this.#ends = this.#readOnly.map((one) =>
      one.follow((messages) => {
        this.#consumers.wake(one.source.name);
        if (!this.#listeners.isEmpty) this.#listeners.tell(messages());
      }),
    );
  }

  async ensureStream(config: StreamConfig): Promise<Result<StreamInfo>> {
    const checked = checkStream(config);
    if (!checked.ok) return checked;
    const settings = checked.value;
    const taken = this.#takenBy(settings.name, settings.subjects);
    if (taken !== undefined)
      return fail("conflict", `Subjects of ${settings.name} are kept by the stream ${taken} already.`, {
        errCode: BUS_ERRORS.subjectsOverlap,
      });
    await this.#queue.idle();
    const known = this.#streams.get(settings.name);
    // Streams are made sure of at each start: what stays as it is costs no commit.
    if (known !== undefined && JSON.stringify(known.settings) === JSON.stringify(settings))
      return ok(known.info(this.#consumers.count(known.name)));
    const put = this.#deps.storage.putStream(settings, known?.record);
    if (!put.ok) return put;
    const stream = known ?? new LocalStream(this.#deps.storage, this.#deps.clock, put.value);
    stream.reconfigured(put.value);
    this.#add(stream);
    this.#expire(stream);
    return ok(stream.info(this.#consumers.count(stream.name)));
  }

  async streams(): Promise<Result<readonly StreamInfo[]>> {
    const all = [...this.#streams.values(), ...this.#readOnly].map((one) =>
      one.info(this.#consumers.count("source" in one ? one.source.name : one.name)),
    );
    return ok(all.toSorted((a, b) => a.name.localeCompare(b.name)));
  }

  publish(message: Outgoing): Promise<Result<PubAck>> {
    if (!message.subject.startsWith("$")) return this.#publish(message);
    const why = `"${message.subject}" is reserved: subjects with a $ are the bus's own.`;
    return Promise.resolve(fail("forbidden", why));
  }

  async get(stream: string, seq: number): Promise<Result<BusMessage | undefined>> {
    return this.#reading(stream, (source) => ok(messageAt(source, seq)));
  }

  async read({ stream, from = 1, to, since, filter, limit }: ReadQuery): Promise<Result<readonly BusMessage[]>> {
    const problem = filter === undefined ? undefined : patternProblem(filter);
    if (problem !== undefined) return fail("bad_request", problem.message);
    const matches = filter === undefined || filter === ">" ? undefined : subjectMatcher(filter);
    return this.#reading(stream, (source) => {
      const start = since === undefined ? from : (source.firstSince(parseTime(since)) ?? source.lastSeq + 1);
      const last = Math.min(to ?? source.lastSeq, source.lastSeq);
      const found: BusMessage[] = [];
      for (let next = Math.max(from, start); next <= last && found.length < limit;) {
        const scan = {
          from: next,
          to: last,
          limit: limit - found.length,
          ...(matches === undefined ? {} : { matches }),
        };
        const { messages, scannedTo } = source.scan(scan);
        for (const message of messages) found.push(message);
        next = scannedTo + 1;
      }
      return ok(found);
    });
  }

  async ensureConsumer(stream: string, config: ConsumerConfig): Promise<Result<ConsumerInfo>> {
    return this.#reading(stream, (source, id) => this.#consumers.ensure(source, id, config));
  }

  async consumers(stream: string): Promise<Result<readonly ConsumerInfo[]>> {
    return this.#reading(stream, (source) => ok(this.#consumers.infos(source.name)));
  }

  async deleteConsumer(stream: string, name: string): Promise<Result<void>> {
    return this.#reading(stream, (source, id) => this.#consumers.remove(source.name, id, name));
  }

  consume(stream: string, consumer: string, handler: Parameters<MessageBus["consume"]>[2]): BusSubscription {
    const consumption: Consumption = typeof handler === "function" ? { onDelivery: handler } : handler;
    return this.#consumers.consume(stream, consumer, consumption);
  }

  request(...call: Parameters<MessageBus["request"]>): Promise<Result<BusMessage>> {
    return this.#requests.request(...call);
  }

  respond(...call: Parameters<MessageBus["respond"]>): BusSubscription {
    return this.#requests.respond(...call);
  }

  listen(pattern: string, listener: (message: BusMessage) => void): BusSubscription {
    return this.#listeners.add(pattern, listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const end of this.#ends) end();
    for (const cancel of this.#expiries.values()) cancel();
    this.#requests.close();
    this.#consumers.stop();
    await this.#queue.idle();
    this.#listeners.close();
    this.#consumers.close();
    this.#deps.storage.close();
  }

  /** Not async, and no more than one promise: at a hundred thousand a second each of them counts. */
  #publish(message: Outgoing): Promise<Result<PubAck>> {
    if (this.#isClosed) return Promise.resolve(fail("disconnected", "The bus is closed; nothing was published."));
    const known = this.#routes.get(message.subject);
    const checked = checkOutgoing(message, known !== undefined);
    if (!checked.ok) return Promise.resolve(checked);
    const stream = known ?? this.#route(message.subject);
    if (stream === undefined) return Promise.resolve({ ok: false, error: this.#noStream(message.subject) });
    return this.#queue.add(stream, checked.value);
  }

  #route(subject: string): LocalStream | undefined {
    for (const stream of this.#streams.values()) {
      if (!stream.subjects.some((pattern) => subjectMatcher(pattern)(subject))) continue;
      if (this.#routes.size >= ROUTES) this.#routes.clear();
      this.#routes.set(subject, stream);
      return stream;
    }
    return undefined;
  }

  #noStream(subject: string): Rejection {
    const owner = this.#readOnly.find(({ source }) => source.subjects.some((one) => subjectMatcher(one)(subject)));
    if (owner !== undefined)
      return fail("forbidden", `${owner.source.name} follows what happens in Signalbox; nothing is published to it.`)
        .error;
    return fail("no_responders", `No stream keeps "${subject}", so nobody would ever hear it.`, {
      errCode: BUS_ERRORS.noResponders,
    }).error;
  }

  #takenBy(name: string, subjects: readonly string[]): string | undefined {
    if (this.#readOnly.some(({ source }) => source.name === name)) return name;
    const others = [...this.#streams.values(), ...this.#readOnly.map(({ source }) => source)];
    return others.find(
      (other) => other.name !== name && other.subjects.some((one) => subjects.some((two) => overlapsPattern(one, two))),
    )?.name;
  }

  #add(stream: LocalStream): void {
    this.#streams.set(stream.name, stream);
    this.#routes.clear();
  }

  #committed(stream: LocalStream, messages: readonly BusMessage[]): void {
    this.#consumers.wake(stream.name);
    this.#listeners.tell(messages);
    if (stream.settings.maxAgeMs !== undefined && !this.#expiries.has(stream)) this.#expire(stream);
  }

  /** One timer for each stream with an age: when its oldest message is due to go. */
  #expire(stream: LocalStream): void {
    this.#expiries.get(stream)?.();
    this.#expiries.delete(stream);
    const { clock } = this.#deps;
    let at: number | undefined;
    try {
      at = stream.expiresAtMs();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      at = clock.wallNow() + EXPIRY_RETRY_MS;
    }
    if (at === undefined || this.#isClosed) return;
    const cancel = clock.after(Math.max(1, at - clock.wallNow()), () => {
      this.#queue.commitStream(stream);
      this.#expire(stream);
    });
    this.#expiries.set(stream, cancel);
  }

  #advise(): Advise {
    const { clock, newId } = this.#deps;
    return createAdvise({
      publish: (message) => this.#publish(message),
      newId,
      now: () => toIsoTime(clock.wallNow()),
    });
  }

  #sourceById(id: number): StreamSource | undefined {
    const own = [...this.#streams.values()].find(({ record }) => record.id === id);
    return own ?? this.#readOnly.find((one) => one.id === id)?.source;
  }

  /** Looks a stream up and keeps the disk's refusals from being thrown at whoever asks. */
  #reading<T>(name: string, work: (source: StreamSource, id: number) => Result<T>): Result<T> {
    const own = this.#streams.get(name);
    const other = this.#readOnly.find(({ source }) => source.name === name);
    const source = own ?? other?.source;
    if (source === undefined)
      return fail("not_found", `There is no stream ${name}.`, { errCode: BUS_ERRORS.streamNotFound });
    try {
      return work(source, own?.record.id ?? other?.id ?? 0);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return fail("store_unavailable", `The store cannot be read (${error.message}). Check the disk and try again.`);
    }
  }
}

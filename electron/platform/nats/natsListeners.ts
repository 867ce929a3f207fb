/**
 * Live listeners: what is committed from now on, in order. A plain NATS subscription would also hear what the server
 * refuses or already has; an ordered consumer of each stream hears what was stored, and goes on after a lost connection.
 */
import { DeliverPolicy } from "@nats-io/jetstream";
import type { ConsumerMessages, JetStreamClient } from "@nats-io/jetstream";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription } from "#core/ports/messageBus.ts";
import { overlapsPattern, subjectMatcher } from "#shared/lib/subjects.ts";
import type { BusMessage, StreamInfo } from "#shared/model/bus.ts";
import { natsRefusal } from "./natsErrors.ts";
import { keptMessage } from "./natsMessages.ts";
import type { NatsNames } from "./natsNames.ts";
import type { NatsStreams } from "./natsStreams.ts";

export interface ListenersDeps {
  readonly client: JetStreamClient;
  readonly names: NatsNames;
  readonly streams: NatsStreams;
  readonly logger: Logger;
}

export class NatsListener implements BusSubscription {
  readonly #deps: ListenersDeps;
  readonly #pattern: string;
  readonly #matches: (subject: string) => boolean;
  readonly #listener: (message: BusMessage) => void;
  readonly #followed = new Map<string, Promise<ConsumerMessages | undefined>>();
  readonly #end: () => void;
  #isClosed = false;
  /** What was published before this could be missed; the bus lets no publish past it. */
  ready: Promise<unknown>;

  constructor(deps: ListenersDeps, pattern: string, listener: (message: BusMessage) => void) {
    this.#deps = deps;
    this.#pattern = pattern;
    this.#matches = subjectMatcher(pattern);
    this.#listener = listener;
    this.#end = deps.streams.onEnsured((stream) => this.#consider(stream));
    this.ready = this.#followKnown();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    for (const following of this.#followed.values()) void following.then((messages) => messages?.close());
  }

  async #followKnown(): Promise<void> {
    const streams = await this.#deps.streams.list();
    for (const stream of streams.ok ? streams.value : []) this.#consider(stream);
    await Promise.all(this.#followed.values());
  }

  #consider({ name, subjects }: StreamInfo): void {
    if (this.#isClosed || this.#followed.has(name)) return;
    if (!subjects.some((subject) => overlapsPattern(subject, this.#pattern))) return;
    const following = this.#follow(name);
    this.#followed.set(name, following);
    this.ready = Promise.all([this.ready, following]);
  }

  async #follow(stream: string): Promise<ConsumerMessages | undefined> {
    const { client, names, logger } = this.#deps;
    try {
      // Patterns are matched here: the server would refuse one that is no part of the stream's subjects.
      const consumer = await client.consumers.get(names.stream(stream), { deliver_policy: DeliverPolicy.New });
      const messages = await consumer.consume({
        callback: (message) => this.#hear(keptMessage(names, stream, message)),
      });
      if (this.#isClosed) void messages.close();
      return messages;
    } catch (error) {
      logger.error("A stream cannot be listened to.", { stream, error: natsRefusal(error).error.message });
      return undefined;
    }
  }

  #hear(message: BusMessage): void {
    if (this.#isClosed || !this.#matches(message.subject)) return;
    try {
      this.#listener(message);
    } catch (error) {
      this.#deps.logger.error("A listener failed on a message.", { pattern: this.#pattern, error: String(error) });
    }
  }
}

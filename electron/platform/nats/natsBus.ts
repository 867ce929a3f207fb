/**
 * The bus over a NATS server with JetStream: the same contract as on one machine (test/contract/messageBus), and for a
 * fleet of machines. What differs from the engine on one machine stands in docs/nats.md. It believes what it is given:
 * subjects, filters and configurations are checked by the core's joined bus, which it stands behind.
 */
import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { BusLink } from "#core/ports/busLink.ts";
import type { Logger } from "#core/ports/logger.ts";
import type {
  BusSubscription,
  Consumption,
  DeliveryHandler,
  MessageBus,
  Outgoing,
  ReadQuery,
  RequestOptions,
} from "#core/ports/messageBus.ts";
import type { BusMessage, ConsumerConfig, ConsumerInfo, PubAck, StreamConfig, StreamInfo } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { NatsAdvisories } from "./natsAdvisories.ts";
import { connectNats, isNewEnough } from "./natsConnect.ts";
import type { NatsConnectOptions, NatsSession } from "./natsConnect.ts";
import { NatsConsumers } from "./natsConsumers.ts";
import { NatsConsumption } from "./natsConsumption.ts";
import { NatsLink } from "./natsLink.ts";
import { NatsListener } from "./natsListeners.ts";
import { NatsNames } from "./natsNames.ts";
import type { NatsScope } from "./natsNames.ts";
import { NatsPublisher } from "./natsPublisher.ts";
import { requestOver, respondOver } from "./natsRequests.ts";
import { NatsStreams } from "./natsStreams.ts";

export interface NatsBusOptions extends NatsConnectOptions {
  readonly scope: NatsScope;
  readonly logger: Logger;
  /** How long a publish waits for a lost connection; default 30 s. Well within every de-duplication window. */
  readonly holdMs?: number;
}

const HOLD_MS = 30_000;
/** Of a stream in a cluster: one server may be lost. */
const CLUSTER_REPLICAS = 3;

/** Errors: bad_request, not_found (credentials file), unauthorized, unsupported (too old, no JetStream), disconnected, timeout. */
export async function openNatsBus(options: NatsBusOptions): Promise<Result<{ bus: MessageBus; link: BusLink }>> {
  const session = await connectNats(options);
  if (!session.ok) return session;
  const link = new NatsLink(session.value, options.logger);
  for (const warning of link.warnings) options.logger.warn(warning, { server: link.server });
  return ok({ bus: new NatsBus(session.value, link, options), link });
}

class NatsBus implements MessageBus {
  readonly engine = "nats";
  readonly #connection: NatsConnection;
  readonly #names: NatsNames;
  readonly #logger: Logger;
  readonly #streams: NatsStreams;
  readonly #consumers: NatsConsumers;
  readonly #publisher: NatsPublisher;
  readonly #advisories: NatsAdvisories;
  readonly #client: ReturnType<typeof jetstream>;
  readonly #subscriptions = new Set<BusSubscription>();
  readonly #settling = new Set<Promise<unknown>>();

  constructor({ connection, manager }: NatsSession, link: NatsLink, options: NatsBusOptions) {
    this.#connection = connection;
    this.#logger = options.logger;
    this.#names = new NatsNames(options.scope);
    const names = this.#names;
    const client = jetstream(connection);
    this.#client = client;
    const replicas = connection.info?.cluster === undefined ? 1 : CLUSTER_REPLICAS;
    this.#streams = new NatsStreams({ manager, client, names, replicas });
    this.#consumers = new NatsConsumers({ manager, names, hasManyFilters: isNewEnough(link.version) });
    this.#publisher = new NatsPublisher({ client, link, names, holdMs: options.holdMs ?? HOLD_MS });
    this.#advisories = new NatsAdvisories((message) => this.#publisher.publish(message), options.logger);
  }

  ensureStream(config: StreamConfig): Promise<Result<StreamInfo>> {
    return this.#streams.ensure(config);
  }

  streams(): Promise<Result<readonly StreamInfo[]>> {
    return this.#streams.list();
  }

  async publish(message: Outgoing): Promise<Result<PubAck>> {
    if (this.#settling.size > 0) await Promise.all(this.#settling);
    return this.#publisher.publish(message);
  }

  get(stream: string, seq: number): Promise<Result<BusMessage | undefined>> {
    return this.#streams.get(stream, seq);
  }

  read(query: ReadQuery): Promise<Result<readonly BusMessage[]>> {
    return this.#streams.read(query);
  }

  ensureConsumer(stream: string, config: ConsumerConfig): Promise<Result<ConsumerInfo>> {
    return this.#consumers.ensure(stream, config);
  }

  consumers(stream: string): Promise<Result<readonly ConsumerInfo[]>> {
    return this.#consumers.list(stream);
  }

  deleteConsumer(stream: string, name: string): Promise<Result<void>> {
    return this.#consumers.delete(stream, name);
  }

  consume(stream: string, consumer: string, handler: DeliveryHandler | Consumption): BusSubscription {
    const parts = {
      client: this.#client,
      names: this.#names,
      consumers: this.#consumers,
      advisories: this.#advisories,
      logger: this.#logger,
    };
    return this.#owned(new NatsConsumption(parts, { stream, consumer, handler }));
  }

  request(subject: string, data: string, options: RequestOptions): Promise<Result<BusMessage>> {
    return requestOver(this.#parts(), { subject, data, options });
  }

  respond(
    subject: string,
    responder: (message: BusMessage) => Promise<string>,
    options: { readonly queue?: string } = {},
  ): BusSubscription {
    return this.#owned(respondOver(this.#parts(), { subject, responder, queue: options.queue }));
  }

  listen(pattern: string, listener: (message: BusMessage) => void): BusSubscription {
    const parts = { client: this.#client, names: this.#names, streams: this.#streams, logger: this.#logger };
    const made = new NatsListener(parts, pattern, listener);
    const settled = Promise.resolve(made.ready).finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
    return this.#owned(made);
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.close();
    // Drains: what was said last (answers to deliveries) still reaches the server.
    if (!this.#connection.isClosed()) await this.#connection.drain().catch(() => this.#connection.close());
  }

  #parts(): Parameters<typeof requestOver>[0] {
    return { connection: this.#connection, names: this.#names, logger: this.#logger };
  }

  #owned(subscription: BusSubscription): BusSubscription {
    this.#subscriptions.add(subscription);
    return {
      close: () => {
        this.#subscriptions.delete(subscription);
        subscription.close();
      },
    };
  }
}

/** Streams of this machine on the server: made, brought to their configuration, listed, read. */
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type {
  ConsumerConfig as NatsConsumerConfig,
  JetStreamClient,
  JetStreamManager,
  StreamConfig as NatsStreamConfig,
  StreamInfo as NatsStreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { ReadQuery } from "#core/ports/messageBus.ts";
import { streamConfigSchema } from "#shared/model/bus.ts";
import type { BusMessage, StreamConfig, StreamInfo, StreamSettings } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { natsRefusal } from "./natsErrors.ts";
import { keptMessage } from "./natsMessages.ts";
import type { NatsNames } from "./natsNames.ts";

export interface StreamsDeps {
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly names: NatsNames;
  /** Copies of each stream: 3 in a cluster, 1 on a single server. */
  readonly replicas: number;
}

const NO_LIMIT = -1;
const STREAM_IN_USE = 10_058;
/** An answer to a page comes in one piece; what takes longer is a server in trouble. */
const READ_TIMEOUT_MS = 10_000;

export class NatsStreams {
  readonly #deps: StreamsDeps;
  readonly #changed = new Set<(stream: StreamInfo) => void>();

  constructor(deps: StreamsDeps) {
    this.#deps = deps;
  }

  /** Hears of every stream that is made or changed here. */
  onEnsured(listener: (stream: StreamInfo) => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  async ensure(config: StreamConfig): Promise<Result<StreamInfo>> {
    try {
      const info = this.#info(await this.#addOrUpdate(streamConfigSchema.parse(config)));
      for (const listener of this.#changed) listener(info);
      return ok(info);
    } catch (error) {
      return natsRefusal(error);
    }
  }

  async list(): Promise<Result<readonly StreamInfo[]>> {
    try {
      const found: StreamInfo[] = [];
      for await (const info of this.#deps.manager.streams.list()) {
        if (this.#deps.names.streamOf(info.config.name) !== undefined) found.push(this.#info(info));
      }
      return ok(found.toSorted((a, b) => a.name.localeCompare(b.name)));
    } catch (error) {
      return natsRefusal(error);
    }
  }

  async get(stream: string, seq: number): Promise<Result<BusMessage | undefined>> {
    const { manager, names } = this.#deps;
    try {
      const found = await manager.streams.getMessage(names.stream(stream), { seq });
      return ok(found === null ? undefined : keptMessage(names, stream, found));
    } catch (error) {
      return natsRefusal(error);
    }
  }

  /** By a consumer that exists for this page alone: it looks at every message where the server keeps it. */
  async read(query: ReadQuery): Promise<Result<readonly BusMessage[]>> {
    const { manager, client, names } = this.#deps;
    const stream = names.stream(query.stream);
    try {
      const info = await manager.consumers.add(stream, this.#pageConsumer(query));
      const expected = Math.min(query.limit, info.num_pending);
      const found: BusMessage[] = [];
      const consumer = await client.consumers.get(stream, info.name);
      if (expected > 0) {
        for await (const message of await consumer.fetch({ max_messages: expected, expires: READ_TIMEOUT_MS })) {
          if (query.to !== undefined && message.seq > query.to) break;
          if (message.seq >= (query.from ?? 0)) found.push(keptMessage(names, query.stream, message));
          if (found.length >= expected) break;
        }
      }
      await consumer.delete();
      return ok(found);
    } catch (error) {
      return natsRefusal(error);
    }
  }

  #pageConsumer({ from, since, filter }: ReadQuery): Partial<NatsConsumerConfig> {
    return {
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(READ_TIMEOUT_MS),
      ...(filter === undefined || filter === ">" ? {} : { filter_subject: this.#deps.names.subject(filter) }),
      ...(since === undefined
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from ?? 1) }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(since).toISOString() }),
    };
  }

  async #addOrUpdate(settings: StreamSettings): Promise<NatsStreamInfo> {
    const { manager } = this.#deps;
    const wanted = this.#natsConfig(settings);
    try {
      return await manager.streams.add(wanted);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_IN_USE) throw error;
      const { name: _, retention: _r, storage: _s, ...changes } = wanted;
      return manager.streams.update(wanted.name, changes);
    }
  }

  #natsConfig(
    settings: StreamSettings,
  ): Pick<NatsStreamConfig, "name" | "retention" | "storage"> & Partial<NatsStreamConfig> {
    const { names, replicas } = this.#deps;
    return {
      name: names.stream(settings.name),
      description: settings.about ?? "",
      subjects: settings.subjects.map((subject) => names.subject(subject)),
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      num_replicas: replicas,
      max_msgs: settings.maxMsgs ?? NO_LIMIT,
      max_bytes: settings.maxBytes ?? NO_LIMIT,
      max_age: settings.maxAgeMs === undefined ? 0 : nanos(settings.maxAgeMs),
      max_msg_size: settings.maxMsgBytes,
      discard: settings.discard === "old" ? DiscardPolicy.Old : DiscardPolicy.New,
      duplicate_window: nanos(this.#dedupeMs(settings)),
    };
  }

  /** The server refuses a window longer than messages live. */
  #dedupeMs({ dedupeWindowMs, maxAgeMs }: StreamSettings): number {
    return maxAgeMs === undefined ? dedupeWindowMs : Math.min(dedupeWindowMs, maxAgeMs);
  }

  #info({ config, state }: NatsStreamInfo): StreamInfo {
    const { names } = this.#deps;
    return {
      name: names.streamOf(config.name) ?? config.name,
      subjects: config.subjects.map((subject) => names.plain(subject)),
      ...(config.description === undefined || config.description === "" ? {} : { about: config.description }),
      ...(config.max_msgs > 0 ? { maxMsgs: config.max_msgs } : {}),
      ...(config.max_bytes > 0 ? { maxBytes: config.max_bytes } : {}),
      ...(config.max_age > 0 ? { maxAgeMs: config.max_age / 1_000_000 } : {}),
      maxMsgBytes: config.max_msg_size,
      discard: config.discard === DiscardPolicy.New ? "new" : "old",
      dedupeWindowMs: config.duplicate_window / 1_000_000,
      isReadOnly: false,
      messages: state.messages,
      bytes: state.bytes,
      firstSeq: state.messages === 0 ? state.last_seq + 1 : state.first_seq,
      lastSeq: state.last_seq,
      consumers: state.consumer_count,
    };
  }
}

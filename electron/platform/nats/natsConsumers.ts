/** Durable consumers on the server. How often a message is delivered at most is kept by this side; see NatsConsumption. */
import { AckPolicy, DeliverPolicy, JetStreamApiError, ReplayPolicy } from "@nats-io/jetstream";
import type {
  ConsumerConfig as NatsConsumerConfig,
  ConsumerInfo as NatsConsumerInfo,
  JetStreamManager,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { BUS_DEFAULTS, BUS_ERRORS, consumerConfigSchema } from "#shared/model/bus.ts";
import type { ConsumerConfig, ConsumerInfo, ConsumerSettings } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { natsRefusal } from "./natsErrors.ts";
import type { NatsNames } from "./natsNames.ts";

export interface ConsumersDeps {
  readonly manager: JetStreamManager;
  readonly names: NatsNames;
  /** Several filters for one consumer: from server 2.10 on. */
  readonly hasManyFilters: boolean;
}

/**
 * The server would drop a message after its last delivery, and a crash of ours during it would lose the dead letter. So it
 * delivers once more, and once more, until the letter is kept.
 */
const DELIVER_UNTIL_KEPT = 1_000_000_000;
/** What the server does not know of a consumer, or overwrites with its first backoff, stands behind its description. */
const OURS = / ?\[maxDeliver=(-?\d+) ackWaitMs=(\d+)\]$/;
const DELIVER: Readonly<Record<ConsumerSettings["deliver"], DeliverPolicy>> = {
  all: DeliverPolicy.All,
  last: DeliverPolicy.Last,
  last_per_subject: DeliverPolicy.LastPerSubject,
  new: DeliverPolicy.New,
  by_start_sequence: DeliverPolicy.StartSequence,
  by_start_time: DeliverPolicy.StartTime,
};

export class NatsConsumers {
  readonly #deps: ConsumersDeps;

  constructor(deps: ConsumersDeps) {
    this.#deps = deps;
  }

  async ensure(stream: string, config: ConsumerConfig): Promise<Result<ConsumerInfo>> {
    const settings = consumerConfigSchema.parse(config);
    if (settings.filters.length > 1 && !this.#deps.hasManyFilters)
      return fail(
        "unsupported",
        `The consumer ${settings.name} has several filters; NATS takes them from version 2.10 on.`,
      );
    const { manager, names } = this.#deps;
    const natsStream = names.stream(stream);
    try {
      const known = await this.#known(natsStream, names.consumer(stream, settings.name));
      const wanted = this.#natsConfig(stream, settings);
      if (known === undefined) return ok(this.#info(stream, await manager.consumers.add(natsStream, wanted)));
      if (!beginsAlike(this.#settings(stream, known), settings))
        return fail(
          "conflict",
          `Where the consumer ${settings.name} begins cannot be changed. Delete it first, or take another name.`,
          {
            errCode: BUS_ERRORS.invalidConsumer,
          },
        );
      const { ack_policy: _a, deliver_policy: _d, opt_start_seq: _s, opt_start_time: _t, ...changes } = wanted;
      return ok(
        this.#info(stream, await manager.consumers.update(natsStream, names.consumer(stream, settings.name), changes)),
      );
    } catch (error) {
      return natsRefusal(error);
    }
  }

  async list(stream: string): Promise<Result<readonly ConsumerInfo[]>> {
    const { manager, names } = this.#deps;
    try {
      const found: ConsumerInfo[] = [];
      for await (const info of manager.consumers.list(names.stream(stream))) {
        // Pages of a replay and listeners are consumers, too, but nobody's durable ones.
        if (info.config.durable_name !== undefined && names.consumerOf(stream, info.name) !== undefined)
          found.push(this.#info(stream, info));
      }
      return ok(found.toSorted((a, b) => a.name.localeCompare(b.name)));
    } catch (error) {
      return natsRefusal(error);
    }
  }

  async delete(stream: string, name: string): Promise<Result<void>> {
    const { manager, names } = this.#deps;
    try {
      await manager.consumers.delete(names.stream(stream), names.consumer(stream, name));
      return ok(undefined);
    } catch (error) {
      return natsRefusal(error);
    }
  }

  /** What was asked for when it was made. */
  settingsOf(stream: string, info: NatsConsumerInfo): ConsumerSettings {
    return this.#settings(stream, info);
  }

  async #known(stream: string, name: string): Promise<NatsConsumerInfo | undefined> {
    try {
      return await this.#deps.manager.consumers.info(stream, name);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === BUS_ERRORS.consumerNotFound) return undefined;
      throw error;
    }
  }

  #natsConfig(
    stream: string,
    settings: ConsumerSettings,
  ): Pick<NatsConsumerConfig, "ack_policy" | "deliver_policy" | "replay_policy"> & Partial<NatsConsumerConfig> {
    const { names } = this.#deps;
    const [first, ...rest] = settings.filters.map((filter) => names.subject(filter));
    return {
      durable_name: names.consumer(stream, settings.name),
      description: `${settings.about ?? ""} [maxDeliver=${settings.maxDeliver} ackWaitMs=${settings.ackWaitMs}]`.trim(),
      ack_policy: AckPolicy.Explicit,
      replay_policy: ReplayPolicy.Instant,
      deliver_policy: DELIVER[settings.deliver],
      max_ack_pending: settings.maxAckPending,
      max_deliver: DELIVER_UNTIL_KEPT,
      ack_wait: nanos(settings.ackWaitMs),
      ...(settings.backoffMs === undefined ? {} : { backoff: settings.backoffMs.map(nanos) }),
      ...(settings.startSeq === undefined ? {} : { opt_start_seq: settings.startSeq }),
      ...(settings.startTime === undefined ? {} : { opt_start_time: new Date(settings.startTime).toISOString() }),
      ...this.#filters(settings, first, rest),
    };
  }

  #filters(
    settings: ConsumerSettings,
    first: string | undefined,
    rest: readonly string[],
  ): Partial<NatsConsumerConfig> {
    if (first !== undefined)
      return rest.length === 0 ? { filter_subject: first } : { filter_subjects: [first, ...rest] };
    // The server wants to be told that every subject is meant.
    return settings.deliver === "last_per_subject" ? { filter_subject: ">" } : {};
  }

  #settings(stream: string, { config, name }: NatsConsumerInfo): ConsumerSettings {
    const { names } = this.#deps;
    const { about, maxDeliver, ackWaitMs } = readDescription(config.description ?? "");
    const { opt_start_seq: startSeq, opt_start_time: startTime, backoff } = config;
    return consumerConfigSchema.parse({
      name: names.consumerOf(stream, name) ?? name,
      ...(about === "" ? {} : { about }),
      filters: filtersOf(config).map((filter) => names.plain(filter)),
      deliver: config.deliver_policy,
      ...(startSeq === undefined ? {} : { startSeq }),
      ...(startTime === undefined ? {} : { startTime }),
      ackWaitMs: ackWaitMs ?? (config.ack_wait ?? nanos(BUS_DEFAULTS.ackWaitMs)) / 1_000_000,
      ...(backoff === undefined ? {} : { backoffMs: backoff.map((ns) => ns / 1_000_000) }),
      maxDeliver: maxDeliver ?? BUS_DEFAULTS.maxDeliver,
      maxAckPending: config.max_ack_pending,
    });
  }

  #info(stream: string, info: NatsConsumerInfo): ConsumerInfo {
    return {
      stream,
      name: this.#deps.names.consumerOf(stream, info.name) ?? info.name,
      config: this.#settings(stream, info),
      delivered: { consumerSeq: info.delivered.consumer_seq, streamSeq: info.delivered.stream_seq },
      ackFloor: info.ack_floor.stream_seq,
      ackPending: info.num_ack_pending,
      redelivered: info.num_redelivered,
      lag: info.num_pending,
      isActive: info.num_waiting > 0,
    };
  }
}

function beginsAlike(before: ConsumerSettings, after: ConsumerSettings): boolean {
  const at = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
  return (
    before.deliver === after.deliver &&
    before.startSeq === after.startSeq &&
    at(before.startTime) === at(after.startTime)
  );
}

/** The server's word for all subjects is none of ours. */
function filtersOf({ filter_subject: one, filter_subjects: several }: NatsConsumerConfig): readonly string[] {
  return (several ?? [one ?? ""]).filter((filter) => filter !== ">" && filter !== "");
}

function readDescription(text: string): {
  readonly about: string;
  readonly maxDeliver: number | undefined;
  readonly ackWaitMs: number | undefined;
} {
  const [, maxDeliver, ackWaitMs] = OURS.exec(text) ?? [];
  if (maxDeliver === undefined || ackWaitMs === undefined)
    return { about: text, maxDeliver: undefined, ackWaitMs: undefined };
  return { about: text.replace(OURS, ""), maxDeliver: Number(maxDeliver), ackWaitMs: Number(ackWaitMs) };
}

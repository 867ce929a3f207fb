/**
 * What became of deliveries, as JetStream tells it: same subjects, same fields. Told by this side and not by the server:
 * the server's are one stream for all machines, lack the reason before 2.10, and know nothing of our last delivery.
 */
import { randomUUID } from "node:crypto";
import type { PubAck } from "#shared/model/bus.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Outgoing } from "#core/ports/messageBus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

export interface AdvisoryAbout {
  readonly stream: string;
  readonly consumer: string;
  readonly seq: number;
  readonly consumerSeq: number;
  readonly deliveries: number;
}

type Kind = "MAX_DELIVERIES" | "MSG_TERMINATED" | "MSG_NAKED";
const TYPES: Readonly<Record<Kind, string>> = {
  MAX_DELIVERIES: "io.nats.jetstream.advisory.v1.max_deliver",
  MSG_TERMINATED: "io.nats.jetstream.advisory.v1.terminated",
  MSG_NAKED: "io.nats.jetstream.advisory.v1.nak",
};

export class NatsAdvisories {
  readonly #publish: (message: Outgoing) => Promise<Result<PubAck>>;
  readonly #logger: Logger;

  constructor(publish: (message: Outgoing) => Promise<Result<PubAck>>, logger: Logger) {
    this.#publish = publish;
    this.#logger = logger;
  }

  naked(about: AdvisoryAbout): void {
    void this.#tell("MSG_NAKED", about, { consumer_seq: about.consumerSeq });
  }

  terminated(about: AdvisoryAbout, reason: string | undefined): void {
    void this.#tell("MSG_TERMINATED", about, {
      consumer_seq: about.consumerSeq,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** Kept when it answers ok; said twice it is kept once. */
  async maxDeliver(about: AdvisoryAbout, attempts: number): Promise<Result<void>> {
    return this.#tell("MAX_DELIVERIES", { ...about, deliveries: attempts }, {});
  }

  async #tell(kind: Kind, about: AdvisoryAbout, more: Readonly<Record<string, unknown>>): Promise<Result<void>> {
    const { stream, consumer, seq, deliveries } = about;
    const told = await this.#publish({
      subject: `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${stream}.${consumer}`,
      msgId: `${kind} ${stream} ${consumer} ${seq} ${deliveries}`,
      data: JSON.stringify({
        type: TYPES[kind],
        id: randomUUID(),
        timestamp: new Date().toISOString(),
        stream,
        consumer,
        stream_seq: seq,
        deliveries,
        ...more,
      }),
    });
    // Without a stream for advisories nobody wants them.
    if (told.ok || told.error.code === "no_responders") return ok(undefined);
    this.#logger.warn("An advisory could not be kept.", { kind, stream, consumer, error: told.error.message });
    return told;
  }
}

/**
 * Publishing to JetStream. What is under way when the connection is lost is held, in order, and sent again when it is
 * back: an id of its own makes that harmless. Bounded in number, bytes and time; beyond that a publish is refused.
 */
import { randomUUID } from "node:crypto";
import type { JetStreamClient, JetStreamPublishOptions } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import type { Outgoing } from "#core/ports/messageBus.ts";
import { BUS_DEFAULTS, BUS_ERRORS } from "#shared/model/bus.ts";
import type { PubAck } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { isLost, isNoResponders, natsRefusal } from "./natsErrors.ts";
import type { NatsLink } from "./natsLink.ts";
import { OWN_ID, toNatsHeaders } from "./natsMessages.ts";
import type { NatsNames } from "./natsNames.ts";

export interface PublisherDeps {
  readonly client: JetStreamClient;
  readonly link: NatsLink;
  readonly names: NatsNames;
  /** How long a publish may wait for the connection; shorter than any de-duplication window that is used. */
  readonly holdMs: number;
}

/** As many as a consumer may leave unanswered by default, ten times over. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
/** Our id with its header, generously. */
const ROOM_FOR_ID = 256;
/** The server acknowledges after its write, and in a cluster after a majority's. */
const ACK_TIMEOUT_MS = 5_000;

interface Order {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly options: Partial<JetStreamPublishOptions>;
  readonly isIdOurs: boolean;
}

/** What became of one try: an answer, or nothing because the connection went. */
type Outcome = Result<PubAck> | "lost";

export class NatsPublisher {
  readonly #deps: PublisherDeps;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  async publish(message: Outgoing): Promise<Result<PubAck>> {
    const order = this.#order(message);
    const bytes = order.data.byteLength;
    if (this.#waiting >= MOST_WAITING || this.#waitingBytes + bytes > MOST_WAITING_BYTES)
      return fail(
        "throttled",
        `Too many messages wait for NATS (${this.#waiting}). Nothing was sent; try again later.`,
      );
    this.#waiting += 1;
    this.#waitingBytes += bytes;
    try {
      return await this.#send(order);
    } finally {
      this.#waiting -= 1;
      this.#waitingBytes -= bytes;
    }
  }

  #order({ subject, data, headers, msgId, expect }: Outgoing): Order {
    const wanted = {
      ...(expect?.lastSeq === undefined ? {} : { lastSequence: expect.lastSeq }),
      ...(expect?.lastSubjectSeq === undefined ? {} : { lastSubjectSequence: expect.lastSubjectSeq }),
      ...(expect?.lastMsgId === undefined ? {} : { lastMsgID: expect.lastMsgId }),
      ...(expect?.stream === undefined ? {} : { streamName: this.#deps.names.stream(expect.stream) }),
    };
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    return {
      subject: this.#deps.names.subject(subject),
      data: bytes,
      isIdOurs: msgId === undefined,
      options: {
        ...this.#id(msgId, bytes),
        headers: toNatsHeaders(headers),
        timeout: ACK_TIMEOUT_MS,
        ...(expect === undefined ? {} : { expect: wanted }),
      },
    };
  }

  /** The largest messages have no room for an id of ours: one that was under way when the connection went is refused. */
  #id(msgId: string | undefined, data: Uint8Array): { msgID?: string } {
    if (msgId !== undefined) return { msgID: msgId };
    return data.byteLength + ROOM_FOR_ID > BUS_DEFAULTS.maxMsgBytes ? {} : { msgID: OWN_ID + randomUUID() };
  }

  async #send(order: Order): Promise<Result<PubAck>> {
    const endsAt = performance.now() + this.#deps.holdMs;
    while (await this.#connected(endsAt)) {
      const outcome = await this.#try(order);
      if (outcome !== "lost") return outcome;
      if (order.options.msgID === undefined) break;
    }
    return this.#heldTooLong();
  }

  /** Settles at the loss of the connection too: the answer would never come. */
  #try(order: Order): Promise<Outcome> {
    const { client, link } = this.#deps;
    return new Promise((resolve) => {
      const end = link.watch(() => done("lost"));
      const done = (outcome: Outcome): void => {
        end();
        resolve(outcome);
      };
      client.publish(order.subject, order.data, order.options).then(
        (ack) => done(this.#acknowledged(order, ack)),
        (error: unknown) => done(isLost(error) || link.state !== "connected" ? "lost" : publishRefusal(error)),
      );
    });
  }

  #acknowledged(order: Order, ack: { stream: string; seq: number; duplicate: boolean }): Result<PubAck> {
    const stream = this.#deps.names.streamOf(ack.stream) ?? ack.stream;
    return ok({ stream, seq: ack.seq, duplicate: ack.duplicate && !order.isIdOurs });
  }

  /** False when the time is over, or the connection was closed for good. */
  async #connected(endsAt: number): Promise<boolean> {
    const { link } = this.#deps;
    for (;;) {
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0 || link.state === "closed") return false;
      if (link.state === "connected") return true;
      await link.changeWithin(leftMs);
    }
  }

  #heldTooLong(): Result<never> {
    const { link, holdMs } = this.#deps;
    if (link.state === "closed") return fail("disconnected", "The connection to NATS is closed.");
    return fail(
      "disconnected",
      `NATS at ${link.server} has not answered for ${Math.round(holdMs / 1000)} s; the message was not confirmed. Start nats-server there, then send it again.`,
    );
  }
}

function publishRefusal(error: unknown): Outcome {
  if (isNoResponders(error))
    return fail("no_responders", "No stream keeps this subject.", { errCode: BUS_ERRORS.noResponders });
  if (error instanceof errors.TimeoutError) return "lost";
  return natsRefusal(error);
}

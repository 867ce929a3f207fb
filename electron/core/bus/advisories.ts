/** What consumers tell about messages that went wrong, on JetStream's subjects and with its fields. */
import type { PubAck } from "#shared/model/bus.ts";
import type { Result } from "#shared/model/result.ts";

export interface AdvisoryFacts {
  readonly stream: string;
  readonly consumer: string;
  readonly streamSeq: number;
  readonly consumerSeq: number;
  readonly deliveries: number;
}

export interface Advise {
  /** Resolves when it is committed; said twice it is kept once. */
  maxDeliveries(facts: AdvisoryFacts): Promise<Result<void>>;
  terminated(facts: AdvisoryFacts & { readonly reason: string | undefined }): void;
  naked(facts: AdvisoryFacts): void;
}

export interface AdvisoryDeps {
  readonly publish: (message: { subject: string; data: string; msgId?: string }) => Promise<Result<PubAck>>;
  readonly newId: () => string;
  /** ISO 8601. */
  readonly now: () => string;
}

/** No stream takes advisories: then nobody wanted to know. */
export function createAdvise({ publish, newId, now }: AdvisoryDeps): Advise {
  const advisory = (kind: string, facts: object): string =>
    JSON.stringify({ type: `io.nats.jetstream.advisory.v1.${kind}`, id: newId(), timestamp: now(), ...facts });
  const subject = (kind: string, { stream, consumer }: AdvisoryFacts): string =>
    `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${stream}.${consumer}`;
  const answered = ({ stream, consumer, streamSeq, consumerSeq, deliveries }: AdvisoryFacts) => ({
    stream,
    consumer,
    consumer_seq: consumerSeq,
    stream_seq: streamSeq,
    deliveries,
  });
  return {
    maxDeliveries: async (facts) => {
      const { stream, consumer, streamSeq, deliveries } = facts;
      const data = advisory("max_deliver", { stream, consumer, stream_seq: streamSeq, deliveries });
      const msgId = `max_deliver ${stream} ${consumer} ${streamSeq}`;
      const told = await publish({ subject: subject("MAX_DELIVERIES", facts), data, msgId });
      return told.ok || told.error.code === "no_responders" ? { ok: true, value: undefined } : told;
    },
    terminated: ({ reason, ...facts }) => {
      const data = advisory("terminated", { ...answered(facts), ...(reason === undefined ? {} : { reason }) });
      void publish({ subject: subject("MSG_TERMINATED", facts), data });
    },
    naked: (facts) => {
      void publish({ subject: subject("MSG_NAKED", facts), data: advisory("nak", answered(facts)) });
    },
  };
}

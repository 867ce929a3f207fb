/**
 * Streams, consumers and messages of the bus. Words and rules are JetStream's, so that one contract holds for the
 * engine on one machine and for a NATS server that joins several.
 */
import { z } from "zod";

/** What JetStream sets where nobody says otherwise; its largest message is its server's `max_payload`. */
export const BUS_DEFAULTS = {
  maxMsgBytes: 1024 * 1024,
  dedupeWindowMs: 120_000,
  ackWaitMs: 30_000,
  maxAckPending: 1000,
  /** Without end. */
  maxDeliver: -1,
} as const;

/** Carries the message id that de-duplication goes by. */
export const MSG_ID_HEADER = "Nats-Msg-Id";

/** Printable, and none of `. * > / \` or whitespace; Windows' forbidden characters too, since NATS makes folders of them. */
const busNameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\s.*>/\\:"|?<\p{Cc}]+$/u, 'A name cannot hold whitespace or any of . * > / \\ : " | ? <');

const positive = z.number().int().positive();

export const streamConfigSchema = z.object({
  name: busNameSchema,
  subjects: z.array(z.string().min(1)).min(1).max(100),
  /** One line for people. */
  about: z.string().max(300).optional(),
  maxMsgs: positive.optional(),
  maxBytes: positive.optional(),
  maxAgeMs: positive.optional(),
  maxMsgBytes: positive.max(64 * 1024 * 1024).default(BUS_DEFAULTS.maxMsgBytes),
  /** At a limit: the oldest messages go, or the new one is refused. */
  discard: z.enum(["old", "new"]).default("old"),
  /** A message id seen within this time is acknowledged as a duplicate and not stored again. */
  dedupeWindowMs: positive.max(24 * 3_600_000).default(BUS_DEFAULTS.dedupeWindowMs),
});
export type StreamConfig = z.input<typeof streamConfigSchema>;
export type StreamSettings = z.output<typeof streamConfigSchema>;

export const streamInfoSchema = streamConfigSchema.extend({
  /** It follows the event log: nobody publishes to it. */
  isReadOnly: z.boolean(),
  messages: z.number().int(),
  bytes: z.number().int(),
  /** The oldest message kept; one more than `lastSeq` when there is none. */
  firstSeq: z.number().int(),
  lastSeq: z.number().int(),
  consumers: z.number().int(),
});
export type StreamInfo = z.output<typeof streamInfoSchema>;

export const DELIVER_POLICIES = [
  "all",
  "last",
  "last_per_subject",
  "new",
  "by_start_sequence",
  "by_start_time",
] as const;

export const consumerConfigSchema = z.object({
  name: busNameSchema,
  about: z.string().max(300).optional(),
  /** Patterns; none: the whole stream. They may not overlap. */
  filters: z.array(z.string().min(1)).max(100).default([]),
  deliver: z.enum(DELIVER_POLICIES).default("all"),
  /** With `by_start_sequence`. */
  startSeq: positive.optional(),
  /** With `by_start_time`. */
  startTime: z.iso.datetime({ offset: true }).optional(),
  /** How long a delivery may go without an answer before the message is delivered again. */
  ackWaitMs: positive.default(BUS_DEFAULTS.ackWaitMs),
  /** Takes the place of `ackWaitMs` after the first, second … delivery; the last one repeats. Not for negative answers. */
  backoffMs: z.array(z.number().int()).max(100).optional(),
  /** How often a message is delivered at most; -1: without end. */
  maxDeliver: z.number().int().min(-1).default(BUS_DEFAULTS.maxDeliver),
  /** Deliveries without a final answer; at the limit delivery waits. 1: strictly one after the other. */
  maxAckPending: positive.max(100_000).default(BUS_DEFAULTS.maxAckPending),
});
export type ConsumerConfig = z.input<typeof consumerConfigSchema>;
export type ConsumerSettings = z.output<typeof consumerConfigSchema>;

export const consumerInfoSchema = z.object({
  stream: z.string(),
  name: z.string(),
  config: consumerConfigSchema,
  /** The newest message that was delivered, and how many deliveries that took. */
  delivered: z.object({ consumerSeq: z.number().int(), streamSeq: z.number().int() }),
  /** Everything up to here is settled. */
  ackFloor: z.number().int(),
  /** Delivered and not settled. */
  ackPending: z.number().int(),
  /** Of those, delivered more than once. */
  redelivered: z.number().int(),
  /** Not delivered yet. */
  lag: z.number().int(),
  /** Somebody listens now. */
  isActive: z.boolean(),
});
export type ConsumerInfo = z.output<typeof consumerInfoSchema>;

/** Names keep their case, and one name may have several values. */
export const busHeadersSchema = z.record(z.string().min(1).max(200), z.array(z.string().max(100_000)));
export type BusHeaders = Readonly<Record<string, readonly string[]>>;

export const busMessageSchema = z.object({
  stream: z.string(),
  /** From 1, without gaps. 0: never stored, a request or its answer. */
  seq: z.number().int(),
  /** ISO 8601, wall clock; for people and for replay from a time, never for order. */
  time: z.string(),
  subject: z.string(),
  headers: busHeadersSchema,
  /** Text; in this product a CloudEvents envelope in JSON. */
  data: z.string(),
});
export interface BusMessage extends Readonly<Omit<z.output<typeof busMessageSchema>, "headers">> {
  readonly headers: BusHeaders;
}

/** What must be so for a message to be taken; else `conflict` with JetStream's number in `details.errCode`. */
export const expectationSchema = z.object({
  stream: z.string().optional(),
  lastSeq: z.number().int().min(0).optional(),
  /** Of the message's own subject; 0: there is none yet. */
  lastSubjectSeq: z.number().int().min(0).optional(),
  lastMsgId: z.string().optional(),
});
export type Expectation = z.output<typeof expectationSchema>;

export const pubAckSchema = z.object({ stream: z.string(), seq: z.number().int(), duplicate: z.boolean() });
export type PubAck = z.output<typeof pubAckSchema>;

/** JetStream's error numbers, as far as they are answered here; in `details.errCode`. */
export const BUS_ERRORS = {
  wrongLastSequence: 10_071,
  wrongLastMsgId: 10_070,
  wrongStream: 10_060,
  tooLarge: 10_054,
  insufficientResources: 10_023,
  storeFailed: 10_077,
  streamNotFound: 10_059,
  consumerNotFound: 10_014,
  subjectsOverlap: 10_065,
  invalidStream: 10_052,
  invalidName: 10_103,
  backoffTooLong: 10_116,
  invalidConsumer: 10_012,
  filterOutside: 10_093,
  filtersOverlap: 10_138,
  noResponders: 503,
} as const;

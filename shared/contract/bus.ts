/** The bus for people: what there is, what it holds, what passes by. Spread into the contract. */
import { z } from "zod";
import {
  busHeadersSchema,
  busMessageSchema,
  consumerInfoSchema,
  expectationSchema,
  pubAckSchema,
  streamInfoSchema,
} from "../model/bus.ts";

const subject = z.string().min(1).max(1000);
/** A little more than a stream takes, so that the bus itself says by how much a message is too large. */
const data = z.string().max(4 * 1024 * 1024);
const streamName = z.string().min(1).max(255);
const seq = z.number().int().min(0);

export const busQueries = {
  "bus.streams": {
    input: z.object({}),
    output: z.object({ engine: z.enum(["sqlite", "memory", "nats"]), streams: z.array(streamInfoSchema) }),
  },
  /** Of one stream, or of all. */
  "bus.consumers": { input: z.object({ stream: streamName.optional() }), output: z.array(consumerInfoSchema) },
  /** Replay, in stream order; `next` is where the following page begins, absent at the end. */
  "bus.read": {
    input: z.object({
      stream: streamName,
      from: seq.optional(),
      to: seq.optional(),
      since: z.iso.datetime({ offset: true }).optional(),
      filter: subject.optional(),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    output: z.object({ messages: z.array(busMessageSchema), next: seq.optional() }),
  },
} as const;

export const busCommands = {
  "bus.publish": {
    input: z.object({
      subject,
      data,
      headers: busHeadersSchema.optional(),
      msgId: z.string().min(1).max(1000).optional(),
      expect: expectationSchema.optional(),
    }),
    output: pubAckSchema,
  },
  /** Answers with what the first responder says; `no_responders` at once where there is none. */
  "bus.request": {
    input: z.object({
      subject,
      data,
      headers: busHeadersSchema.optional(),
      timeoutMs: z.number().int().min(1).max(600_000).default(5000),
    }),
    output: busMessageSchema,
  },
  "bus.deleteConsumer": {
    input: z.object({ stream: streamName, name: z.string().min(1).max(255) }),
    output: z.object({}),
  },
} as const;

export const busStreams = {
  /**
   * Messages as they are committed, of all streams, whose subject matches. A reader that is too slow is not waited for:
   * `missed` says how many it did not get since the item before; `bus.read` still has them.
   */
  "bus.tail": {
    bytes: false,
    input: z.object({ pattern: subject.default(">") }),
    item: z.object({ messages: z.array(busMessageSchema), missed: z.number().int() }),
  },
} as const;

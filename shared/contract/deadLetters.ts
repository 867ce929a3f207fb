/** Dead letters: queries, commands and the stream; spread into the contract. */
import { z } from "zod";
import {
  deadLetterCountsSchema,
  deadLetterDetailSchema,
  deadLetterFilterSchema,
  deadLetterSchema,
  MOST_REPLAYS_PER_S,
  toolRefSchema,
} from "../model/deadLetter.ts";

const letterId = z.number().int().positive();
const one = z.object({ id: letterId });
const moved = z.object({ letter: deadLetterSchema });
const payload = z.string().max(1_000_000);
/** What a person saw and agreed to: with another number than matches now, nothing happens. */
const many = z.object({ filter: deadLetterFilterSchema.default({}), expect: z.number().int().min(0) });

export const deadLetterQueries = {
  /** Newest first; `before` is the last id of the page before. */
  "deadLetter.list": {
    input: z.object({
      filter: deadLetterFilterSchema.default({}),
      before: z.number().int().optional(),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    output: z.object({
      letters: z.array(deadLetterSchema),
      /** How many match in all. */
      matching: z.number().int(),
      /** Of all there are, by state. */
      counts: deadLetterCountsSchema,
      healer: z.enum(["running", "gave_up"]),
    }),
  },
  "deadLetter.get": { input: one, output: deadLetterDetailSchema },
  /** Whether this content could be sent in its place; refused with the sentence that says why not. */
  "deadLetter.check": { input: one.extend({ payload }), output: z.object({}) },
} as const;

export const deadLetterCommands = {
  /** To the consumer it failed at, now; nobody else hears it again. */
  "deadLetter.retry": { input: one, output: moved },
  /** Changes what is sent; the original stays beside it. */
  "deadLetter.edit": { input: one.extend({ payload, retry: z.boolean().default(true) }), output: moved },
  /** Another tool takes the call over. */
  "deadLetter.alternate": { input: one.extend({ to: toolRefSchema }), output: moved },
  /** Kept seven days, and can be taken back until then. */
  "deadLetter.discard": { input: one.extend({ reason: z.string().max(500).optional() }), output: moved },
  "deadLetter.restore": { input: one, output: moved },
  /** All that match and are not settled, by default those that wait for a person; spread over time. */
  "deadLetter.retryAll": {
    input: many.extend({ perSecond: z.number().int().min(1).max(MOST_REPLAYS_PER_S).default(MOST_REPLAYS_PER_S) }),
    output: z.object({ count: z.number().int(), lastAt: z.string() }),
  },
  "deadLetter.discardAll": {
    input: many.extend({ reason: z.string().max(500).optional() }),
    output: z.object({ count: z.number().int() }),
  },
  /** After it gave up: with a fresh count, now. */
  "healer.start": { input: z.object({}), output: z.object({}) },
} as const;

export const deadLetterStreams = {
  /** What changed, gathered; first how many there are. */
  deadLetters: {
    bytes: false,
    input: z.object({}),
    item: z.object({
      letters: z.array(deadLetterSchema),
      removed: z.array(z.number().int()),
      counts: deadLetterCountsSchema,
      healer: z.enum(["running", "gave_up"]),
    }),
  },
} as const;

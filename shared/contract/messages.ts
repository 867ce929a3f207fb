/** Messages to agents: queries, commands and the stream; spread into the contract. */
import { z } from "zod";
import { mailPrioritySchema, mailSchema, MAX_MAIL_TEXT } from "../model/mail.ts";

const oneCopy = z.object({
  id: z.string().min(1).max(200),
  /** Whose copy, where it went to several. */
  to: z.string().max(400).optional(),
});

export const messageQueries = {
  /** Newest first; `party` is an agent that sent or received it. */
  "message.list": {
    input: z.object({
      fleet: z.string().optional(),
      party: z.string().optional(),
      waiting: z.boolean().optional(),
      limit: z.number().int().min(1).max(2000).default(200),
    }),
    output: z.array(mailSchema),
  },
  /** Each receiver's copy of one message. */
  "message.get": { input: z.object({ id: z.string() }), output: z.array(mailSchema) },
} as const;

export const messageCommands = {
  /**
   * From the person to an agent (`id`, `fleet/id`), to one of a role (`role:NAME`) or to all (`all`, `fleet/all`). An agent
   * that cannot take it now has it waiting; with `hold` also one that does not run.
   */
  "message.send": {
    input: z.object({
      to: z.string().min(1).max(400),
      text: z.string().min(1).max(MAX_MAIL_TEXT),
      fleet: z.string().optional(),
      priority: mailPrioritySchema.default(2),
      ttlMs: z
        .number()
        .int()
        .positive()
        .max(30 * 24 * 3_600_000)
        .optional(),
      hold: z.boolean().optional(),
    }),
    output: z.object({ id: z.string(), seq: z.number().int(), to: z.array(mailSchema) }),
  },
  /** Only one that still waits. */
  "message.cancel": { input: oneCopy, output: mailSchema },
  /** Takes a cancellation back; it waits again. */
  "message.restore": { input: oneCopy, output: mailSchema },
  /** Types a waiting one in at once, whatever its receiver does. */
  "message.deliver": { input: oneCopy, output: mailSchema },
} as const;

export const messageStreams = {
  /** The newest messages, oldest of them first, and all that wait; then each as it changes. */
  messages: {
    bytes: false,
    input: z.object({ limit: z.number().int().min(1).max(2000).default(500) }),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), messages: z.array(mailSchema) }),
      z.object({ type: z.literal("message"), message: mailSchema }),
    ]),
  },
} as const;

/** Dead letters and the healer: what is announced when a message dies, and what the healer says about it. */
import { z } from "zod";
import { ERROR_CLASSES, HEALING_STRATEGIES } from "../deadLetter.ts";
import type { LetterHistory } from "../deadLetter.ts";
import { count, define, id, moment, stored, text } from "./entry.ts";

const letterFields = {
  /** The dead letter's number. */
  letter: z.number().int().positive(),
  stream: id,
  seq: count,
  consumer: id,
  /** The type of the message that died. */
  original_type: id,
  error_class: z.enum(ERROR_CLASSES),
  error: text,
  server: id.nullable(),
  tool: id.nullable(),
  agent: z.string().max(400).nullable(),
} as const;

const example = {
  letter: 412,
  stream: "MESSAGES",
  seq: 48_201,
  consumer: "loader",
  original_type: "agent.message",
  error_class: "not_found",
  error: "There is no tool market_data.",
  server: "market",
  tool: "market_data",
  agent: null,
} as const;

const moved = z.strictObject({
  letter: z.number().int().positive(),
  stream: id,
  seq: count,
  consumer: id,
  type: z.string(),
  subject: z.string(),
  errorClass: z.enum(ERROR_CLASSES),
  detail: text,
  contextId: z.string().optional(),
  correlationId: z.string().optional(),
  agent: z.string().optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
});

/** A line of a letter's history that is a fact of the log. */
function fact(what: LetterHistory["what"], purpose: string, detail: string) {
  return stored({
    family: "tool",
    purpose,
    spokenBy: "The dead letters.",
    channel: `sys.dead_letters.${what}`,
    schema: moved,
    example: {
      letter: 412,
      stream: "MESSAGES",
      seq: 48_201,
      consumer: "loader",
      type: "task.assign",
      subject: "msg.desk.agent.loader",
      errorClass: "not_found",
      detail,
    },
  });
}

export const deadLetterMessages = {
  "dead_letter.died": fact("died", "A consumer gave a message up; it is a dead letter now.", "There is no task 121."),
  "dead_letter.planned": fact("planned", "A person had a dead letter sent again.", "Sent again."),
  "dead_letter.attempted": fact("attempted", "A dead letter was given to its consumer again.", "Sends it again."),
  "dead_letter.attempt_failed": fact("attempt_failed", "An attempt at a dead letter failed.", "There is no task 121."),
  "dead_letter.replayed": fact("replayed", "A dead letter was taken after all.", "loader took it."),
  "dead_letter.gave_up": fact(
    "gave_up",
    "The healer left a dead letter to a person.",
    "It failed again in each of 3 attempts.",
  ),
  "dead_letter.edited": fact("edited", "A person changed what a dead letter carries.", "Changed, and sent again."),
  "dead_letter.discarded": fact(
    "discarded",
    "A dead letter was discarded: by a person, or the system's own after an hour.",
    "Discarded.",
  ),
  "dead_letter.restored": fact("restored", "A person took a discarded dead letter back.", "Taken back."),
  "dead_letter.alerted": stored({
    family: "supervision",
    purpose:
      "A message to or from an agent failed again: a person and the agent's supervisor are told, the healer goes on.",
    spokenBy: "The dead letters, once for each.",
    channel: "sys.dead_letters.alerted",
    schema: z.strictObject({
      letter: z.number().int().positive(),
      path: z.string().nullable(),
      supervisor: z.string().nullable(),
      retries: count,
      detail: text,
    }),
    example: { letter: 412, path: "desk/planner", supervisor: "desk", retries: 2, detail: "There is no task 121." },
  }),
  "dead_letter.removed": stored({
    family: "tool",
    purpose: "Dead letters were removed: seven days after they were settled, or because there were too many.",
    spokenBy: "The dead letters.",
    channel: "sys.dead_letters.removed",
    schema: z.strictObject({ count, first: count, last: count, why: z.enum(["kept_seven_days", "too_many"]) }),
    example: { count: 2, first: 17, last: 19, why: "kept_seven_days" },
  }),
  "healer.gave_up": stored({
    family: "supervision",
    purpose: "The healer failed more often than its supervisor allows; it is started again later.",
    spokenBy: "The supervisor of the healer.",
    channel: "sys.healer.gave_up",
    schema: z.strictObject({ reason: text }),
    example: { reason: "crash: out of memory" },
  }),

  "mcp.events.dlq": define({
    family: "tool",
    kind: "event",
    purpose: "A message was given up by its consumer after its last attempt and is kept as a dead letter.",
    spokenBy: "The dead letters, once for each.",
    channel: "mcp.events.dlq",
    aliases: ["dlq"],
    schema: z.strictObject({
      ...letterFields,
      attempts: count,
      /** First and last failure, and when it was given up. */
      first_failed_at: moment,
      last_failed_at: moment,
      failed_at: moment,
    }),
    example: {
      ...example,
      attempts: 3,
      first_failed_at: "2026-11-01T13:58:20.000Z",
      last_failed_at: "2026-11-01T13:58:26.000Z",
      failed_at: "2026-11-01T13:58:26.000Z",
    },
  }),
  "tool.healer.alternative_tool": define({
    family: "tool",
    kind: "event",
    purpose: "The healer, or a person, lets another tool take a failed call over.",
    spokenBy: "The healer.",
    channel: "tool.healer.alternative_tool",
    schema: z.strictObject({ ...letterFields, instead: z.strictObject({ server: id, tool: id }) }),
    example: { ...example, instead: { server: "archive", tool: "quotes" } },
  }),
  "tool.healer.recover": define({
    family: "tool",
    kind: "event",
    purpose: "The healer knows nothing more to do about a dead letter: it waits for a person.",
    spokenBy: "The healer.",
    channel: "tool.healer.recover",
    schema: z.strictObject({ ...letterFields, strategy: z.enum(HEALING_STRATEGIES), retries: count }),
    example: { ...example, strategy: "no_strategy", retries: 3 },
  }),
};

/** Messages to agents: who says what to whom, and what became of it. One row per message and receiver. */
import { z } from "zod";
import { handoverSchema } from "./catalogue/handover.ts";

/** `waiting` for an idle moment, `delivering` while it is typed, then one of the ends. */
export const MAIL_STATES = ["waiting", "delivering", "delivered", "expired", "dropped", "cancelled"] as const;
export const mailStateSchema = z.enum(MAIL_STATES);
export type MailState = (typeof MAIL_STATES)[number];

/** `notice`: a word of Signalbox's own, about messages that were not delivered. */
export const MAIL_KINDS = ["message", "handover", "answer", "work", "notice"] as const;
export const mailKindSchema = z.enum(MAIL_KINDS);
export type MailKind = (typeof MAIL_KINDS)[number];

/** 0 critical, 1 high, 2 normal, 3 low, 4 bulk. */
export const MAIL_PRIORITIES = ["critical", "high", "normal", "low", "bulk"] as const;
export const mailPrioritySchema = z.number().int().min(0).max(4);

/** A person at a client; agents are `fleet/id`. */
export const PERSON = "person";

/** What can be typed into a CLI in one go and waited with; longer texts belong into a file that the message names. */
export const MAX_MAIL_TEXT = 256 * 1024;

export const mailSchema = z.object({
  id: z.string(),
  /** Of its message in the bus's MESSAGES stream; order within a priority. */
  seq: z.number().int(),
  fleet: z.string(),
  /** `person`, `fleet/id` of an agent, or what else speaks: `workflow/<run>`. */
  from: z.string(),
  /** `fleet/id` of the receiver. */
  to: z.string(),
  /** How it was addressed: `agent`, `role:<role>`, `all`. */
  addressed: z.string(),
  kind: mailKindSchema,
  priority: mailPrioritySchema,
  text: z.string(),
  state: mailStateSchema,
  /** Why it waits, or how it ended; one sentence. */
  detail: z.string().optional(),
  postedAt: z.string(),
  expiresAt: z.string(),
  /** When it was delivered, or ended otherwise. */
  endedAt: z.string().optional(),
  /** The life it was typed into. */
  sessionId: z.string().optional(),
  /** A core ended while it was being typed: it may reach its receiver twice. */
  isRepeated: z.boolean(),
  /** Tokens that go with it, held by the receiver. */
  tokens: z.number().int().optional(),
  handover: handoverSchema.optional(),
});
export type Mail = z.infer<typeof mailSchema>;

/** How a message is to be delivered; travels beside it on the bus. */
export const mailSlipSchema = z.object({
  from: z.string().min(1).max(400),
  to: z.array(z.string().min(1).max(400)).min(1).max(1000),
  addressed: z.string().min(1).max(200),
  kind: mailKindSchema,
  priority: mailPrioritySchema,
  expiresAtMs: z.number(),
  tokens: z.number().int().positive().optional(),
});
export type MailSlip = z.infer<typeof mailSlipSchema>;
export const MAIL_SLIP_HEADER = "Signalbox-Mail";

/** What stands first in a sender's name where it is no agent: a run of a workflow, a handler of a fleet file. No fleet is called so. */
export const NOT_AGENTS: ReadonlySet<string> = new Set(["workflow", "handler"]);

/** Whether this sender is an agent: `fleet/id`. Others are the person, what `NOT_AGENTS` names, or Signalbox itself. */
export function isAgentName(from: string): boolean {
  const [first = "", ...rest] = from.split("/");
  return rest.length > 0 && !NOT_AGENTS.has(first);
}

export function isWaiting({ state }: Pick<Mail, "state">): boolean {
  return state === "waiting" || state === "delivering";
}

/** A message on its way: what its sender says, the slip that travels with it on the bus, and what a mailbox makes of both. */
import { z } from "zod";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import type { Envelope } from "#shared/model/catalogue/envelope.ts";
import { handoverSchema } from "#shared/model/catalogue/handover.ts";
import { MAIL_SLIP_HEADER, mailSlipSchema, MAX_MAIL_TEXT, PERSON } from "#shared/model/mail.ts";
import type { Mail, MailKind, MailSlip } from "#shared/model/mail.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Address } from "./addressing.ts";

export interface Post {
  /** `person`, `fleet/id`, `workflow/<run>`, or `handler/<fleet>/<id>`. */
  readonly from: string;
  /** `id`, `fleet/id`, `role:<role>` or `all`. */
  readonly to: string;
  readonly text: string;
  /** The sender's own; a person may leave it out. */
  readonly fleet?: string | undefined;
  readonly kind?: MailKind | undefined;
  readonly priority?: number | undefined;
  readonly ttlMs?: number | undefined;
  /** Whether it waits for a receiver that does not run; by default it does, unless it is to all. */
  readonly hold?: boolean | undefined;
  readonly tokens?: number | undefined;
  readonly handover?: Mail["handover"];
  readonly correlationId?: string | undefined;
  readonly contextId?: string | undefined;
  /** The same id twice is the same message. */
  readonly id?: string | undefined;
}

export interface Posted {
  readonly id: string;
  readonly seq: number;
  readonly fleet: string;
  /** As it stands with each receiver after the first try. */
  readonly to: readonly Mail[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Mission AI-10: direct 1 h, tasks 2 h, broadcast 5 min. What a person says waits for a day. */
const TTL = { direct: HOUR, work: 2 * HOUR, all: 5 * MINUTE, person: 24 * HOUR } as const;
const NORMAL = 2;

export function ttlOf({ from, kind }: Post, { addressed }: Pick<Address, "addressed">): number {
  if (from === PERSON || kind === "answer") return TTL.person;
  if (addressed === "all") return TTL.all;
  return kind === "handover" || kind === "work" ? TTL.work : TTL.direct;
}

export function slipOf(post: Post, address: Address, expiresAtMs: number): MailSlip {
  const { from, kind = "message", priority = NORMAL, tokens } = post;
  const to = address.members.map(({ path }) => path);
  const slip = { from, to, addressed: address.addressed, kind, priority, expiresAtMs };
  return tokens === undefined ? slip : { ...slip, tokens };
}

const textSchema = z.object({ text: z.string().min(1).max(MAX_MAIL_TEXT) });

/** One mail for each receiver. Errors: bad_request. */
export function readMail(message: BusMessage, envelope: Result<Envelope>): Result<readonly Mail[]> {
  if (!envelope.ok) return envelope;
  const slip = readSlip(message);
  if (slip === undefined) return fail("bad_request", `Message ${message.seq} says not to whom it is to be delivered.`);
  const letter = readLetter(envelope.value);
  if (letter === undefined) return fail("bad_request", `Message ${message.seq} holds neither a text nor a handover.`);
  const { to, expiresAtMs, ...rest } = slip;
  const fleet = message.subject.split(".")[1] ?? "";
  const { id, time: postedAt } = envelope.value;
  const expiresAt = toIsoTime(expiresAtMs);
  const common = { ...rest, ...letter, id, seq: message.seq, fleet, postedAt, expiresAt, isRepeated: false };
  return ok(to.map((path) => ({ ...common, to: path, state: "waiting" })));
}

function readSlip({ headers }: BusMessage): MailSlip | undefined {
  try {
    return mailSlipSchema.safeParse(JSON.parse(headers[MAIL_SLIP_HEADER]?.[0] ?? "")).data;
  } catch {
    return undefined;
  }
}

function readLetter({ type, data }: Envelope): Pick<Mail, "text" | "handover"> | undefined {
  if (type === "context.handed_over") {
    const handover = handoverSchema.safeParse(data).data;
    return handover === undefined ? undefined : { text: handover.intent, handover };
  }
  return textSchema.safeParse(data).data;
}

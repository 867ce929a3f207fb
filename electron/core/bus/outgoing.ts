/** What may be published: checked at the door, before anything is counted or stored. */
import type { Outgoing } from "#core/ports/messageBus.ts";
import { isValidSubject, patternProblem } from "#shared/lib/subjects.ts";
import { busHeadersSchema } from "#shared/model/bus.ts";
import type { BusHeaders, Expectation } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { headerBytes, NO_HEADERS } from "./headers.ts";

export interface CheckedMessage {
  readonly subject: string;
  readonly data: string;
  readonly headers: BusHeaders;
  readonly msgId: string | undefined;
  readonly expect: Expectation | undefined;
  /** As NATS counts a message against its limit: headers on the wire and text. */
  readonly bytes: number;
}

const MAX_SUBJECT_CHARS = 1000;
const MAX_MSG_ID_CHARS = 1000;

/** Errors: bad_request. A subject that is known was looked at before. */
export function checkOutgoing(message: Outgoing, isKnownSubject: boolean): Result<CheckedMessage> {
  const { subject, msgId, expect, headers = NO_HEADERS } = message;
  const data = typeof message.data === "string" ? message.data : decodeUtf8(message.data);
  if (data === undefined || !data.isWellFormed())
    return fail("bad_request", "The message is not UTF-8 text. Encode other bytes, as base64 for example.");
  const problem = (isKnownSubject ? undefined : subjectProblem(subject)) ?? idProblem(msgId) ?? headerProblem(headers);
  if (problem !== undefined) return fail("bad_request", problem);
  const bytes = headerBytes(headers, msgId) + Buffer.byteLength(data);
  return ok({ subject, data, headers, msgId, expect, bytes });
}

function idProblem(msgId: string | undefined): string | undefined {
  if (msgId === undefined) return undefined;
  const isRight = msgId !== "" && msgId.length <= MAX_MSG_ID_CHARS && !/[\r\n]/u.test(msgId);
  return isRight ? undefined : `A message id has between 1 and ${MAX_MSG_ID_CHARS} characters on one line.`;
}

export function subjectProblem(subject: string): string | undefined {
  if (subject.length > MAX_SUBJECT_CHARS) return `A subject has at most ${MAX_SUBJECT_CHARS} characters.`;
  if (isValidSubject(subject)) return undefined;
  return patternProblem(subject)?.message ?? `"${subject}" has a wildcard; what is published needs one exact subject.`;
}

function headerProblem(headers: BusHeaders): string | undefined {
  if (headers === NO_HEADERS) return undefined;
  const parsed = busHeadersSchema.safeParse(headers);
  if (!parsed.success) return `The headers are not lists of text by name: ${parsed.error.issues[0]?.message ?? ""}`;
  for (const [name, values] of Object.entries(parsed.data)) {
    if (!/^[!-9;-~]+$/u.test(name)) return `"${name}" cannot be a header's name: printable ASCII without a colon only.`;
    if (values.some((value) => /[\r\n]/u.test(value) || !value.isWellFormed()))
      return `The header "${name}" has a line break in it.`;
  }
  return undefined;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What may be published: checked at the door, before anything is counted or stored. */
import type { Outgoing } from "#core/ports/messageBus.ts";
import { isValidSubject, patternProblem } from "#shared/lib/subjects.ts";
import { busHeadersSchema } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage, Expectation } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

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
const NO_HEADERS: BusHeaders = Object.freeze({});
/** `NATS/1.0\r\n` before the headers, `\r\n` after them; `: ` and `\r\n` in each. */
const HEADER_FRAME_BYTES = 12;
const HEADER_LINE_BYTES = 4;

/** Errors: bad_request. */
export function checkOutgoing(message: Outgoing): Result<CheckedMessage> {
  const { subject, msgId, expect, headers = NO_HEADERS } = message;
  const data = typeof message.data === "string" ? message.data : decodeUtf8(message.data);
  if (data === undefined || !data.isWellFormed())
    return fail("bad_request", "The message is not UTF-8 text. Encode other bytes, as base64 for example.");
  const problem = subjectProblem(subject) ?? idProblem(msgId) ?? headerProblem(headers);
  if (problem !== undefined) return fail("bad_request", problem);
  const hasHeaders = msgId !== undefined || headers !== NO_HEADERS;
  const bytes = (hasHeaders ? headerSize(headers, msgId) : 0) + Buffer.byteLength(data);
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

/** What a kept message counts against its stream's limit. */
export function messageBytes({ subject, headers, data }: BusMessage): number {
  let bytes = Buffer.byteLength(subject) + Buffer.byteLength(data);
  for (const name in headers) bytes += headerSize({ [name]: headers[name] ?? [] }, undefined);
  return bytes;
}

function headerSize(headers: BusHeaders, msgId: string | undefined): number {
  let bytes = HEADER_FRAME_BYTES;
  for (const [name, values] of Object.entries(headers))
    for (const value of values) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + HEADER_LINE_BYTES;
  return msgId === undefined ? bytes : bytes + "Nats-Msg-Id".length + Buffer.byteLength(msgId) + HEADER_LINE_BYTES;
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

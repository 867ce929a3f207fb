/**
 * The envelope of everything on the bus: CloudEvents 1.0.2 as JSON. `source` and `id` together are what a message is known
 * by: the same pair twice is the same message, whoever sends it again.
 */
import { z } from "zod";
import { decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import { ok } from "../result.ts";
import type { Result } from "../result.ts";
import { problemOf, refusal } from "./problems.ts";

/** Mission 6.5. What is larger travels as a reference to an artifact or a snapshot. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** MS-V3: deeper JSON is made to exhaust a reader's stack; longer lists and wider objects belong into a file. */
const MAX_DEPTH = 32;
const MAX_ITEMS = 10_000;
const MAX_PROPERTIES = 1000;
/** CloudEvents: attribute names are lower-case letters and digits; 20 is what every protocol binding carries. */
const ATTRIBUTE_NAME = /^[a-z0-9]{1,20}$/;
const NO_SPACE = /^\S+$/;
/** W3C Trace Context, version 00 and later ones of the same length. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const reference = z.string().min(1).max(256);

export const envelopeSchema = z
  .looseObject({
    specversion: z.literal("1.0"),
    id: z.string().max(256).regex(NO_SPACE),
    /** Who says it, as a URI reference: `/agents/desk/reviewer`, `/registry/servers/browser`. */
    source: z.string().max(512).regex(NO_SPACE),
    /** A name of the catalogue. */
    type: z.string().max(200).regex(NO_SPACE),
    /** What it is about, within its source. */
    subject: z.string().min(1).max(512).optional(),
    time: z.iso.datetime({ offset: true }),
    datacontenttype: z.literal("application/json").default("application/json"),
    /** `urn:signalbox:schema:<type>:<version>`; without it the newest version that accepts the data counts. */
    dataschema: z.string().max(512).regex(NO_SPACE).optional(),
    data: z.unknown(),
    /** The conversation or run this belongs to from its first message to its last. */
    correlationid: reference.optional(),
    /** The context store entry it works on; the same as `context_id` of a handover. */
    contextid: reference.optional(),
    /** The id of the message that made its sender say this. */
    causationid: reference.optional(),
    traceparent: z.string().regex(TRACEPARENT).optional(),
  })
  .superRefine((envelope, context) => {
    for (const [name, value] of Object.entries(envelope)) {
      if (name === "data") continue;
      if (!ATTRIBUTE_NAME.test(name))
        context.addIssue({
          code: "custom",
          path: [name],
          message: "an attribute's name is at most 20 lower-case letters and digits",
        });
      else if (!isAttributeValue(value))
        context.addIssue({
          code: "custom",
          path: [name],
          message: "an attribute is a text, a whole number or a switch",
        });
    }
  });
export type Envelope = z.infer<typeof envelopeSchema>;

export interface EnvelopeParts {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly version: number;
  /** ISO 8601, from the caller's clock. */
  readonly time: string;
  readonly data: unknown;
  readonly subject?: string | undefined;
  readonly correlationid?: string | undefined;
  readonly contextid?: string | undefined;
  readonly causationid?: string | undefined;
  readonly traceparent?: string | undefined;
}

const OPTIONAL = ["subject", "correlationid", "contextid", "causationid", "traceparent"] as const;

/** Errors: bad_request. */
export function makeEnvelope(parts: EnvelopeParts): Result<Envelope> {
  const { id, source, type, version, time, data } = parts;
  const optional = Object.fromEntries(
    OPTIONAL.flatMap((name) => (parts[name] === undefined ? [] : [[name, parts[name]]])),
  );
  const dataschema = schemaUrn(type, version);
  return checked({ specversion: "1.0", id, source, type, ...optional, time, dataschema, data });
}

export function schemaUrn(type: string, version: number): string {
  return `urn:signalbox:schema:${type}:${version}`;
}

/** The version an envelope says its data is written in; undefined when it says none of ours. */
export function versionOf({ type, dataschema }: Pick<Envelope, "type" | "dataschema">): number | undefined {
  const prefix = schemaUrn(type, 0).slice(0, -1);
  if (dataschema === undefined || !dataschema.startsWith(prefix)) return undefined;
  const digits = dataschema.slice(prefix.length);
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}

/** The text to publish. Errors: too_large. */
export function encodeEnvelope(envelope: Envelope): Result<string> {
  const text = JSON.stringify(envelope);
  const bytes = encodeUtf8(text).byteLength;
  return bytes > MAX_MESSAGE_BYTES ? tooLarge(bytes) : ok(text);
}

/** Bytes of a stranger or of the log. Errors: bad_request, too_large. */
export function parseEnvelope(bytes: string | Uint8Array): Result<Envelope> {
  const size = typeof bytes === "string" ? encodeUtf8(bytes).byteLength : bytes.byteLength;
  if (size > MAX_MESSAGE_BYTES) return tooLarge(size);
  let value: unknown;
  try {
    value = JSON.parse(typeof bytes === "string" ? bytes : decodeUtf8(bytes));
  } catch {
    const message = "The message is no JSON text in UTF-8. Send a CloudEvents 1.0 object.";
    return { ok: false, error: refusal("V1001", message) };
  }
  return checked(value);
}

/** What makes a message one and the same: the bus's message id. */
export function dedupeKey({ source, id }: Pick<Envelope, "source" | "id">): string {
  return `${source} ${id}`;
}

function checked(value: unknown): Result<Envelope> {
  const excess = excessOf(value);
  if (excess !== undefined) return { ok: false, error: refusal("V1004", `The message ${excess}`) };
  const parsed = envelopeSchema.safeParse(value);
  return parsed.success ? ok(parsed.data) : { ok: false, error: problemOf("The envelope", parsed.error, value) };
}

function tooLarge(bytes: number): Result<never> {
  const message = `The message has ${bytes} bytes, and ${MAX_MESSAGE_BYTES} is the limit. Keep the content in a file or a snapshot and send its address.`;
  return { ok: false, error: refusal("V2001", message, { bytes }) };
}

function isAttributeValue(value: unknown): boolean {
  return (
    value === undefined ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isSafeInteger(value))
  );
}

/**
 * What is too much of a value at a level of an envelope, which itself is level 0; undefined: it fits. Level by level, not
 * by recursion, which the input may be made to exhaust.
 */
export function excessOf(value: unknown, atLevel = 0): string | undefined {
  let level = [value].filter(isContainer);
  for (let depth = atLevel; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      return `is nested more than ${MAX_DEPTH} levels deep. Send the rest as text, or as a reference.`;
    const next: object[] = [];
    for (const container of level) {
      const items: readonly unknown[] = Object.values(container);
      const wide = Array.isArray(container) ? MAX_ITEMS : MAX_PROPERTIES;
      if (items.length > wide)
        return `holds ${items.length} ${wide === MAX_ITEMS ? "items in one list" : "fields in one object"}, and ${wide} is the limit. Keep them in a file or a snapshot and send its address.`;
      for (const item of items) if (isContainer(item)) next.push(item);
    }
    level = next;
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Saying and hearing messages of the catalogue: strict in what is said, lenient to what a newer sender adds. */
import { nearest } from "../../lib/nearest.ts";
import { ok } from "../result.ts";
import type { Rejection, Result } from "../result.ts";
import { entries, entryOf } from "./catalogue.ts";
import type { MessageData, MessageInput, MessageName } from "./catalogue.ts";
import type { Entry } from "./entry.ts";
import { makeEnvelope, parseEnvelope, versionOf } from "./envelope.ts";
import type { Envelope, EnvelopeParts } from "./envelope.ts";
import { problemOf, refusal } from "./problems.ts";
import type { z } from "zod";

export type MessageParts<N extends MessageName> = Omit<EnvelopeParts, "type" | "version" | "data"> & {
  readonly data: MessageInput<N>;
};

/** A message heard: its data in the current version, whatever version it was said in. */
export interface Heard {
  readonly envelope: Envelope;
  readonly data: unknown;
  /** The version it was said in. */
  readonly saidIn: number;
}

/** An envelope around data that fits the catalogue to the letter. Errors: bad_request, with the code of the check. */
export function compose<N extends MessageName>(type: N, parts: MessageParts<N>): Result<Envelope> {
  const entry = entryOf(type);
  if (entry === undefined) return failed(unknownType(type));
  const { version, schema } = entry;
  const parsed = schema.safeParse(parts.data);
  if (!parsed.success) return { ok: false, error: problemOf(type, parsed.error, parts.data) };
  return makeEnvelope({ ...parts, type, version, data: parsed.data });
}

/** What a publisher said, read and brought up to date. Errors: bad_request, too_large, unsupported. */
export function hear(bytes: string | Uint8Array): Result<Heard> {
  const parsed = parseEnvelope(bytes);
  if (!parsed.ok) return parsed;
  const envelope = parsed.value;
  const read = readData(envelope.type, envelope.data, versionOf(envelope));
  return read.ok ? ok({ envelope, ...read.value }) : read;
}

/** The same for one who expects messages of one type alone. */
export function hearAs<N extends MessageName>(
  type: N,
  bytes: string | Uint8Array,
): Result<{ readonly envelope: Envelope; readonly data: MessageData<N> }> {
  const heard = hear(bytes);
  if (!heard.ok) return heard;
  const { envelope, data } = heard.value;
  if (envelope.type !== type)
    return failed(refusal("V3002", `This is no ${type} but a ${envelope.type}. Send it where those are read.`));
  const parsed = entryOf(type)?.schema.safeParse(data);
  if (parsed?.success !== true)
    return failed(parsed === undefined ? unknownType(type) : problemOf(type, parsed.error, data));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- It went through that name's schema.
  return ok({ envelope, data: parsed.data as MessageData<N> });
}

/**
 * Data of one type as it stands in an envelope or in the event log. Without a version it is of the newest one that accepts
 * it: what was written before versions were said.
 */
export function readData(
  type: string,
  data: unknown,
  version?: number,
): Result<{ readonly data: unknown; readonly saidIn: number }> {
  const entry = entryOf(type);
  if (entry === undefined) return failed(unknownType(type));
  const versions = [{ version: entry.version, schema: entry.schema }, ...entry.older];
  const asked = version === undefined ? versions : versions.filter((candidate) => candidate.version === version);
  if (asked.length === 0) return failed(wrongVersion(type, entry, version));
  let problem: Rejection | undefined;
  for (const candidate of asked) {
    const read = lenient(candidate.schema, data);
    if (read.success) return upcast(type, entry, { data: read.data, saidIn: candidate.version });
    problem ??= problemOf(type, read.error, data);
  }
  return failed(problem ?? wrongVersion(type, entry, version));
}

function upcast(type: string, entry: Entry, said: { data: unknown; saidIn: number }): ReturnType<typeof readData> {
  let { data } = said;
  for (const step of entry.older.toReversed()) if (step.version >= said.saidIn) data = step.upcast(data);
  if (said.saidIn === entry.version) return ok(said);
  const parsed = entry.schema.safeParse(data);
  return parsed.success
    ? ok({ data: parsed.data, saidIn: said.saidIn })
    : failed(problemOf(`${type}, brought from version ${said.saidIn} to ${entry.version},`, parsed.error, data));
}

/** Fields that this version does not know are left out: a newer sender may add them. */
function lenient(schema: z.ZodType, data: unknown): z.ZodSafeParseResult<unknown> {
  const strict = schema.safeParse(data);
  if (strict.success || strict.error.issues.some(({ code }) => code !== "unrecognized_keys")) return strict;
  let known = data;
  for (const issue of strict.error.issues)
    if (issue.code === "unrecognized_keys") known = without(known, issue.path, issue.keys);
  return schema.safeParse(known);
}

function without(value: unknown, at: readonly PropertyKey[], keys: readonly string[]): unknown {
  const [first, ...rest] = at;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? without(item, rest, keys) : item));
  const fields = Object.entries(value);
  if (first === undefined) return Object.fromEntries(fields.filter(([name]) => !keys.includes(name)));
  return Object.fromEntries(fields.map(([name, item]) => [name, name === first ? without(item, rest, keys) : item]));
}

function unknownType(type: string): Rejection {
  const meant = nearest(
    type,
    entries().map(([name]) => name),
  );
  const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return refusal("V3002", `There is no message "${type}".${hint} "signalbox schema" lists them.`);
}

function wrongVersion(type: string, entry: Entry, version: number | undefined): Rejection {
  const known = [entry.version, ...entry.older.map((old) => old.version)].toReversed().join(", ");
  const advice = version !== undefined && version > entry.version ? " Update Signalbox to read it." : "";
  return refusal("V3001", `${type} is known in version ${known}, not ${version}.${advice}`);
}

function failed(error: Rejection): { readonly ok: false; readonly error: Rejection } {
  return { ok: false, error };
}

/**
 * What a person made of a dead letter, before it is kept or sent: JSON within the bus's bounds, still a message of the same
 * type, true to that type's schema in the catalogue, and fit for whoever takes it. A refusal names the field.
 */
import { entryOf } from "#shared/model/catalogue/catalogue.ts";
import { parseEnvelope, versionOf } from "#shared/model/catalogue/envelope.ts";
import type { Envelope } from "#shared/model/catalogue/envelope.ts";
import { readData } from "#shared/model/catalogue/message.ts";
import { problemOf } from "#shared/model/catalogue/problems.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { DeadLetters } from "./letters.ts";
import type { Takers } from "./takers.ts";

/** As much as one bus message may hold. */
const MOST_CHARS = 1_000_000;

interface Checking {
  readonly letters: DeadLetters;
  readonly takers: Takers;
}

/** Errors: not_found, too_large, bad_request and unsupported (a version nobody knows), with `details.field`. */
export function checkPayload({ letters, takers }: Checking, id: number, payload: string): Result<void> {
  const found = letters.find(id);
  if (!found.ok) return found;
  if (payload.length > MOST_CHARS)
    return fail("too_large", "The content is larger than the bus takes (1 MB). Shorten it.");
  try {
    JSON.parse(payload);
  } catch (error) {
    return fail("bad_request", `The content is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = checkMessage(letters.content(id)?.original ?? "", payload);
  return checked.ok ? (takers.of(found.value)?.check?.(payload, found.value) ?? ok(undefined)) : checked;
}

/** What was no message of ours need not become one. */
function checkMessage(originalText: string, payload: string): Result<void> {
  const original = parseEnvelope(originalText);
  if (!original.ok) return ok(undefined);
  const edited = parseEnvelope(payload);
  if (!edited.ok) return edited;
  const { type } = original.value;
  if (edited.value.type !== type)
    return fail("bad_request", `type: it was ${type} and cannot become ${edited.value.type}. Change what is in data.`, {
      field: "type",
    });
  // Types of others pass the bus, too; the catalogue cannot say anything about them.
  return entryOf(type) === undefined ? ok(undefined) : checkData(original.value, edited.value);
}

/** A field that nobody knows is a slip, unless the message came with such fields: then a newer sender wrote it. */
function checkData(original: Envelope, edited: Envelope): Result<void> {
  const { type, data } = edited;
  const read = readData(type, data, versionOf(edited));
  if (!read.ok) return read;
  const schema = entryOf(type)?.schema;
  if (schema?.safeParse(original.data).success !== true) return ok(undefined);
  const strict = schema.safeParse(data);
  return strict.success ? ok(undefined) : { ok: false, error: problemOf(type, strict.error, data) };
}

/** A write to a context before the context is looked at: what can be refused or masked by itself. Pure. */
import { MAX_VARIABLE_CHARS } from "#shared/model/memory.ts";
import type { ContextBudget, ContextMessage } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { maskText, maskValue } from "./masking.ts";

export interface VariableWrite {
  readonly name: string;
  readonly value: unknown;
  /** 0: it must not be there. Otherwise the version its writer saw. */
  readonly expectedVersion?: number | undefined;
  readonly ttlS?: number | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface ContextWrite {
  readonly id: string;
  readonly fleet?: string | undefined;
  readonly intent?: string | undefined;
  readonly expectedRevision?: number | undefined;
  readonly set: readonly VariableWrite[];
  readonly remove: readonly { readonly name: string; readonly expectedVersion?: number | undefined }[];
  readonly message?: { readonly role: ContextMessage["role"]; readonly text: string } | undefined;
  readonly budget?: ContextBudget | undefined;
  readonly expiresAt?: string | undefined;
}

export interface PreparedValue extends Pick<VariableWrite, "name" | "expectedVersion" | "ttlS"> {
  readonly json: string;
  readonly metadata: string | undefined;
}

export interface Prepared {
  readonly write: ContextWrite;
  readonly values: readonly PreparedValue[];
  readonly message: ContextWrite["message"];
  readonly intent: string | undefined;
  readonly hasSecret: boolean;
}

const MAX_DEPTH = 64;

/** Errors: bad_request, too_large. */
export function prepareWrite(write: ContextWrite): Result<Prepared> {
  const values: PreparedValue[] = [];
  let hasSecret = false;
  for (const variable of write.set) {
    const prepared = prepareValue(variable);
    if (!prepared.ok) return prepared;
    values.push(prepared.value.value);
    hasSecret ||= prepared.value.hasSecret;
  }
  const text = maskOptional(write.message?.text);
  const intent = maskOptional(write.intent);
  const message =
    write.message === undefined || text.value === undefined ? undefined : { ...write.message, text: text.value };
  return ok({
    write,
    values,
    message,
    intent: intent.value,
    hasSecret: hasSecret || text.hasSecret || intent.hasSecret,
  });
}

function prepareValue(variable: VariableWrite): Result<{ readonly value: PreparedValue; readonly hasSecret: boolean }> {
  const { name, value, metadata, expectedVersion, ttlS } = variable;
  if (isTooDeep(value, MAX_DEPTH) || isTooDeep(metadata, MAX_DEPTH))
    return fail(
      "bad_request",
      `"${name}" is nested more than ${MAX_DEPTH} levels deep. Store it flatter, or as a text.`,
    );
  const masked = maskValue(value, name);
  const notes = maskValue(metadata);
  const json = JSON.stringify(masked.value ?? null);
  const about = metadata === undefined ? undefined : JSON.stringify(notes.value);
  const chars = json.length + (about?.length ?? 0);
  if (chars > MAX_VARIABLE_CHARS)
    return fail(
      "too_large",
      `"${name}" has ${Math.ceil(chars / 1024)} KB; a variable holds at most ${MAX_VARIABLE_CHARS / 1024} KB. Write it to a file and store where it is.`,
      { name, chars, most: MAX_VARIABLE_CHARS },
    );
  return ok({
    value: { name, expectedVersion, ttlS, json, metadata: about },
    hasSecret: masked.hasSecret || notes.hasSecret,
  });
}

function maskOptional(text: string | undefined): { readonly value: string | undefined; readonly hasSecret: boolean } {
  // A lone half of a surrogate pair would come back as another text than was stored.
  return text === undefined ? { value: undefined, hasSecret: false } : maskText(text.toWellFormed());
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((one) => isTooDeep(one, left - 1));
}

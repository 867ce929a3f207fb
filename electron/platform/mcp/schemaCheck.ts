/**
 * JSON Schemas of strangers, held against values within a bounded time. A schema may hold a pattern that takes years;
 * it runs where it can be interrupted (vm), and what takes too long does not fit.
 */
import { createContext, Script } from "node:vm";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/client/validators/ajv";
import type { SchemaCheck } from "#core/ports/mcpClient.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

/** The largest schema of the reference servers takes 4 KB. */
const MOST_SCHEMA_CHARS = 256 * 1024;
/** Real schemas take less than a millisecond. */
const CHECK_MS = 250;
/** The first one loads and warms the validator: more than a check on a busy machine, and once for a schema. */
const COMPILE_MS = 2000;
const MOST_MESSAGE_CHARS = 600;
const TOO_LONG = `Checking it took longer than ${CHECK_MS} ms.`;
/** The validator may catch the interruption and hand on its words. */
const INTERRUPTED = "Script execution timed out";

const box: { run: () => unknown } = { run: () => undefined };
const context = createContext(box);
const script = new Script("run()");

/** Throws what `work` throws, or ERR_SCRIPT_EXECUTION_TIMEOUT. */
function bounded<T>(work: () => T, timeout = CHECK_MS): T {
  let value: T | undefined;
  box.run = () => {
    value = work();
  };
  script.runInContext(context, { timeout });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- set by the line above, or it threw
  return value as T;
}

export function compileSchema(schema: Readonly<Record<string, unknown>>): Result<SchemaCheck> {
  if (JSON.stringify(schema).length > MOST_SCHEMA_CHARS)
    return fail("bad_request", `The schema is larger than ${MOST_SCHEMA_CHARS / 1024} KB.`);
  try {
    // One engine per schema: an engine remembers ids, and two strangers may use the same.
    const validate = bounded(() => new AjvJsonSchemaValidator().getValidator(schema), COMPILE_MS);
    return ok({ problem: (value) => problemOf(() => validate(value)) });
  } catch (error) {
    return fail("bad_request", `The schema cannot be used: ${sentenceOf(error)}`);
  }
}

function problemOf(validate: () => { valid: boolean; errorMessage?: string | undefined }): string | undefined {
  try {
    const outcome = bounded(validate);
    if (outcome.valid) return undefined;
    if (outcome.errorMessage?.includes(INTERRUPTED) === true) return TOO_LONG;
    return (outcome.errorMessage ?? "It does not fit the schema.").slice(0, MOST_MESSAGE_CHARS);
  } catch (error) {
    return isTimeout(error) ? TOO_LONG : sentenceOf(error);
  }
}

function isTimeout(error: unknown): boolean {
  // Of another context: no Error of this one.
  return String(error).includes(INTERRUPTED);
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MOST_MESSAGE_CHARS);
}

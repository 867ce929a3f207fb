/** The contract seen by name with its types kept: what both ends of the protocol parse with. */
import type { z } from "zod";
import { commands, queries, streams } from "../contract/index.ts";
import type {
  CommandName,
  CommandOutput,
  CommandRequest,
  QueryName,
  QueryOutput,
  QueryRequest,
  StreamItem,
  StreamName,
  StreamRequest,
} from "../contract/index.ts";
import { ERROR_CODES } from "../model/result.ts";
import type { ErrorCode, Rejection } from "../model/result.ts";

type QueryTable = {
  readonly [K in QueryName]: { readonly input: z.ZodType<QueryRequest<K>>; readonly output: z.ZodType<QueryOutput<K>> };
};
type CommandTable = {
  readonly [K in CommandName]: {
    readonly input: z.ZodType<CommandRequest<K>>;
    readonly output: z.ZodType<CommandOutput<K>>;
  };
};
type StreamTable = {
  readonly [K in StreamName]: {
    readonly bytes: boolean;
    readonly input: z.ZodType<StreamRequest<K>>;
    readonly item: z.ZodType<StreamItem<K>>;
  };
};

export const queryTable: QueryTable = queries;
export const commandTable: CommandTable = commands;
export const streamTable: StreamTable = streams;

export function isQueryName(name: string): name is QueryName {
  return Object.hasOwn(queries, name);
}
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
export function isStreamName(name: string): name is StreamName {
  return Object.hasOwn(streams, name);
}

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);
function isErrorCode(code: string): code is ErrorCode {
  return CODES.has(code);
}

/** A rejection as the other end sent it; a code this version does not know reads as `internal`. */
export function toRejection(wire: {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}): Rejection {
  const code = isErrorCode(wire.code) ? wire.code : "internal";
  if (wire.details === undefined) return { code, message: wire.message };
  const details: Record<string, string | number | boolean | null> = {};
  for (const [key, value] of Object.entries(wire.details)) {
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      details[key] = value;
    }
  }
  return { code, message: wire.message, details };
}

/** What is wrong with an input, in one sentence that names the field. */
export function describeIssues(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "The input does not parse.";
  const field = issue.path.map(String).join(".");
  const reason = issue.message.replace(/\.$/, "");
  return field === "" ? `The input is not valid: ${reason}.` : `"${field}" is not valid: ${reason}.`;
}

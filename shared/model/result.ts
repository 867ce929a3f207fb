/** Expected outcomes travel as values; only bugs throw. */
export type Result<T, E = Rejection> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A refusal a person can act on: a closed code and one sentence saying what happened and what to do. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly message: string;
  /** Machine-readable extras, for example `{ line, column }` of a fleet file. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The closed list of codes every boundary answers with (rpc, CLI, fleet file, keeper, hooks). */
export const ERROR_CODES = [
  "bad_request", // the input does not parse; message names the field
  "not_found", // no such id, session, fleet or file
  "ambiguous", // the id fits several children; message lists them as fleet/id
  "already_started",
  "already_present", // the spec exists but is not running
  "running", // refused because it runs
  "restarting", // refused because a restart is under way
  "not_running", // refused because it does not run
  "conflict", // the thing changed meanwhile
  "fleet_invalid", // a fleet file with errors; details carry line and column
  "spawn_failed", // the command could not be started
  "cli_missing", // the agent CLI is not installed
  "budget_exhausted",
  "keeper_unavailable", // the session keeper does not answer
  "store_unavailable", // disk full, read-only or corrupt
  "schema_too_new", // the database was written by a newer version
  "locked", // another app owns this data directory
  "unauthorized",
  "forbidden",
  "throttled",
  "too_large",
  "timeout",
  "no_responders", // nobody listens on this subject of the bus, and nobody keeps it
  "tool_failed", // a tool did what it does and says that it failed; message is the tool's own
  "bad_answer", // a tool or a server answered what it had not promised; the record holds the answer
  "unsupported", // this platform or this agent cannot do it; message says why
  "disconnected",
  "internal", // a bug; the log has the details
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail(
  code: ErrorCode,
  message: string,
  details?: Rejection["details"],
): { readonly ok: false; readonly error: Rejection } {
  return { ok: false, error: details === undefined ? { code, message } : { code, message, details } };
}

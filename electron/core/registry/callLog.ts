/**
 * Every call of a tool, also those that were refused: written before the request goes out and again when it ends, so that
 * a call the app's death cut short is found as `interrupted`. Arguments and answers are bounded and their secrets masked.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { maskSecrets } from "#shared/lib/secrets.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { toolCallOutcomeSchema, toolCallerSchema } from "#shared/model/toolServer.ts";
import type { ToolCall, ToolCallDetail, ToolCaller, ToolCallOutcome } from "#shared/model/toolServer.ts";
import type { Experience } from "./discovery.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

/** What an agent's context holds of one answer; more is only counted. */
const MOST_LOGGED_CHARS = 64 * 1024;
/** About 200 MB at worst, some weeks of work as a rule. */
const CALLS_KEPT = 20_000;
const TRIM_EVERY = 200;

export interface CallBegun {
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly by: ToolCaller;
  readonly contextId: string | undefined;
  readonly correlationId: string | undefined;
  /** As `loggedJson` made it. */
  readonly args: string;
  readonly startedAtMs: number;
}

export interface CallEnded {
  readonly id: string;
  readonly outcome: Exclude<ToolCallOutcome, "running" | "interrupted">;
  readonly code?: string;
  readonly message?: string;
  readonly result?: string;
  readonly tookMs: number;
  readonly attempts: number;
  readonly cachedFrom?: string;
}

export interface CallQuery {
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly outcome?: ToolCallOutcome | undefined;
  readonly by?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Only calls older than this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Bounded and masked; what was cut off is named at the end. */
export function loggedJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  const masked = maskSecrets(text.slice(0, MOST_LOGGED_CHARS));
  return text.length <= MOST_LOGGED_CHARS ? masked : `${masked}… (${text.length - MOST_LOGGED_CHARS} more characters)`;
}

export function insertCall(tx: StoreTx, call: CallBegun): void {
  const { lastRowId } = tx.run(
    `INSERT INTO tool_calls (id, server, tool, by_kind, by_id, by_json, context_id, correlation_id, args, outcome, started_ms, attempts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, 0)`,
    [
      call.id,
      call.server,
      call.tool,
      call.by.kind,
      call.by.id ?? null,
      JSON.stringify(call.by),
      call.contextId ?? null,
      call.correlationId ?? null,
      call.args,
      call.startedAtMs,
    ],
  );
  if (lastRowId % TRIM_EVERY === 0) tx.run("DELETE FROM tool_calls WHERE seq <= ?", [lastRowId - CALLS_KEPT]);
}

export function finishCall(tx: StoreTx, call: CallEnded): void {
  tx.run(
    "UPDATE tool_calls SET outcome = ?, code = ?, message = ?, result = ?, took_ms = ?, attempts = ?, cached_from = ? WHERE id = ?",
    [
      call.outcome,
      call.code ?? null,
      call.message === undefined ? null : maskSecrets(call.message.slice(0, 2_000)),
      call.result ?? null,
      call.tookMs,
      call.attempts,
      call.cachedFrom ?? null,
      call.id,
    ],
  );
}

/** Calls of an app that died in the middle. Answers how many there were. */
export function closeInterrupted(tx: StoreTx): number {
  return tx.run(
    `UPDATE tool_calls SET outcome = 'interrupted', code = 'disconnected',
       message = 'Signalbox ended while it waited for the answer.' WHERE outcome = 'running'`,
  ).changes;
}

const COLUMNS =
  "seq, id, server, tool, by_json, context_id, correlation_id, outcome, code, message, started_ms, took_ms, attempts, cached_from";

/** Newest first. */
export function readCalls(store: Store, query: CallQuery): readonly ToolCall[] {
  const wheres: string[] = [];
  const params: SqlValue[] = [];
  const narrow = (sql: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    wheres.push(sql);
    params.push(value);
  };
  narrow("server = ?", query.server);
  narrow("tool = ?", query.tool);
  narrow("outcome = ?", query.outcome);
  narrow("correlation_id = ?", query.correlationId);
  narrow("seq < ?", query.before);
  if (query.by !== undefined) {
    wheres.push("(by_id = ? OR by_kind = ?)");
    params.push(query.by, query.by);
  }
  const where = wheres.length === 0 ? "" : `WHERE ${wheres.join(" AND ")}`;
  return store
    .all(`SELECT ${COLUMNS} FROM tool_calls ${where} ORDER BY seq DESC LIMIT ?`, [...params, query.limit])
    .map(toCall);
}

export function readCall(store: Store, id: string): Result<ToolCallDetail> {
  const row = store.get(`SELECT ${COLUMNS}, args, result FROM tool_calls WHERE id = ?`, [id]);
  if (row === undefined) return fail("not_found", `There is no call ${id}; the oldest ones are forgotten.`);
  const result = row["result"];
  return ok({ ...toCall(row), args: String(row["args"]), ...(result === null ? {} : { result: String(result) }) });
}

/** By `server tool`, of the calls that are still kept. One that was refused or denied says nothing of the tool. */
export function readExperience(store: Pick<Store, "all">, contextId = ""): ReadonlyMap<string, Experience> {
  const rows = store.all(
    `SELECT server || ' ' || tool AS id, count(*) AS calls, sum(outcome = 'completed') AS completed,
       max(coalesce(context_id = ?, 0)) AS of_context
     FROM tool_calls WHERE outcome IN ('completed', 'failed') GROUP BY server, tool`,
    [contextId],
  );
  return new Map(
    rows.map((row) => {
      const known = { calls: Number(row["calls"]), completed: Number(row["completed"]) };
      return [String(row["id"]), { ...known, isOfContext: Number(row["of_context"]) === 1 }];
    }),
  );
}

function toCall(row: Row): ToolCall {
  const text = (column: string): string | undefined => (row[column] === null ? undefined : String(row[column]));
  const optional = {
    contextId: text("context_id"),
    correlationId: text("correlation_id"),
    code: text("code"),
    message: text("message"),
    cachedFrom: text("cached_from"),
    tookMs: row["took_ms"] === null ? undefined : Number(row["took_ms"]),
  };
  return {
    seq: Number(row["seq"]),
    id: String(row["id"]),
    server: String(row["server"]),
    tool: String(row["tool"]),
    by: toolCallerSchema.parse(JSON.parse(String(row["by_json"]))),
    outcome: toolCallOutcomeSchema.parse(row["outcome"]),
    startedAt: toIsoTime(Number(row["started_ms"])),
    attempts: Number(row["attempts"]),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** Joins ledger and budgets: what the ledger counts is what budgets count, entry by entry and summed for a period. */
import { parseTime } from "#shared/lib/isoTime.ts";
import type { LedgerEntry } from "#shared/model/usage.ts";
import type { Budgets, Spend, SpendEntry, SpendLedger } from "#core/budgets/index.ts";
import { NO_SPEND } from "#core/budgets/index.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { EntryListener } from "#core/ports/usage.ts";
import type { Store } from "#core/store/index.ts";

/** Imported history was paid for before there was a budget, outside of it. */
const COUNTS = "d.imported = 0 AND d.path <> ''";
const ENTRIES = "usage_entries e JOIN usage_dims d ON d.id = e.dim";
const TOKENS = "e.input + e.output + e.cache_read + e.cache_write";
const SUMS = `coalesce(sum(s.cost_nanos), 0) AS nanos, coalesce(sum(s.input + s.output + s.cache_read + s.cache_write), 0) AS tokens,
  coalesce(sum(s.unpriced_tokens), 0) AS unpriced`;
/** What the ledger's sums by quarter of an hour are kept for; every period of a budget begins at one. */
const QUARTER_MS = 15 * 60_000;

export function spendLedger(store: Store): SpendLedger {
  return {
    sumSince: ({ scope, agents, fromMs, sessionId }) => {
      const where = whereScope(scope, agents);
      const since = sumsSince(fromMs, sessionId);
      const row = store.get(
        `SELECT ${SUMS} FROM ${since.table} s JOIN usage_dims d ON d.id = s.dim WHERE ${COUNTS} AND ${since.sql} AND ${where.sql}`,
        [...since.params, ...where.params],
      );
      return row === undefined
        ? NO_SPEND
        : { nanos: Number(row["nanos"]), tokens: Number(row["tokens"]), unpricedTokens: Number(row["unpriced"]) };
    },
    lastId: () => Number(store.get("SELECT coalesce(max(id), 0) AS id FROM usage_entries")?.["id"] ?? 0),
    after: (id) => entriesAfter(store, id),
  };
}

/** From the ledger's own sums: a million entries would hold the core up for a second. */
function sumsSince(
  fromMs: number,
  sessionId: string | undefined,
): { table: string; sql: string; params: readonly SqlValue[] } {
  // A life is counted whole.
  if (sessionId !== undefined) return { table: "usage_session_days", sql: "s.session = ?", params: [sessionId] };
  if (fromMs <= 0) return { table: "usage_dim_sums", sql: "1", params: [] };
  return { table: "usage_quarters", sql: "s.quarter >= ?", params: [Math.ceil(fromMs / QUARTER_MS)] };
}

function whereScope(scope: string, agents: readonly string[]): { sql: string; params: readonly SqlValue[] } {
  if (scope === "*") return { sql: "1", params: [] };
  if (!scope.includes("/")) return { sql: "substr(d.path, 1, ?) = ?", params: [scope.length + 1, `${scope}/`] };
  const paths = [...new Set([scope, ...agents])];
  return { sql: `d.path IN (${paths.map(() => "?").join(", ")})`, params: paths };
}

const PAGE = 500;

function* entriesAfter(store: Store, id: number): Iterable<SpendEntry> {
  for (let from = id; ;) {
    const rows = store.all(
      `SELECT e.id, d.path, e.session_id, e.at, e.cost_nanos, ${TOKENS} AS tokens,
         o.id AS old, o.at AS old_at, o.cost_nanos AS old_nanos, o.input + o.output + o.cache_read + o.cache_write AS old_tokens
       FROM ${ENTRIES} LEFT JOIN usage_entries o ON o.id = e.supersedes
       WHERE e.id > ? AND ${COUNTS} ORDER BY e.id LIMIT ?`,
      [from, PAGE],
    );
    for (const row of rows) yield toEntry(row);
    if (rows.length < PAGE) return;
    from = Number(rows.at(-1)?.["id"]);
  }
}

function toEntry(row: Row): SpendEntry {
  return {
    id: Number(row["id"]),
    path: String(row["path"]),
    sessionId: row["session_id"] === null ? undefined : String(row["session_id"]),
    plus: { atMs: Number(row["at"]), spend: worth(row["cost_nanos"], Number(row["tokens"])) },
    ...(row["old"] === null
      ? {}
      : { minus: { atMs: Number(row["old_at"]), spend: worth(row["old_nanos"], Number(row["old_tokens"])) } }),
  };
}

/** Tokens without a price cost an unknown amount, never nothing. */
function worth(nanos: SqlValue | undefined, tokens: number): Spend {
  return nanos === null || nanos === undefined
    ? { nanos: 0, tokens, unpricedTokens: tokens }
    : { nanos: Number(nanos), tokens, unpricedTokens: 0 };
}

/** Each change of the ledger's sums, as budgets count it. */
export function spendOf(budgets: Budgets): EntryListener {
  return {
    onEntry: (entry, previous) => {
      const shown = entry ?? previous;
      if (shown?.path === undefined || shown.imported) return;
      const minus = previous === undefined ? {} : { minus: dated(previous) };
      const { sessionId, path } = shown;
      if (entry !== undefined) budgets.spend({ id: entry.id, path, sessionId, plus: dated(entry), ...minus });
      // Nothing took its place: its worth goes, under no number of its own.
      else
        budgets.spend({ id: Number.POSITIVE_INFINITY, path, sessionId, plus: { atMs: 0, spend: NO_SPEND }, ...minus });
    },
  };
}

function dated({ at, costNanos, tokens }: LedgerEntry): SpendEntry["plus"] {
  const total = tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
  return { atMs: parseTime(at), spend: worth(costNanos, total) };
}

/** The columns every sum table has, what one entry adds to them, and how rows of them are added up. */
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import type { UsageSum } from "#shared/model/usage.ts";
import type { EntryRow } from "./rows.ts";

/** Order matters: the tables' columns, an entry's additions and a row's reading follow it. */
export const SUM_COLUMNS = [
  "entries",
  "input",
  "output",
  "cache_read",
  "cache_write",
  "reasoning",
  "cost_nanos",
  "unpriced_entries",
  "unpriced_tokens",
  "estimated_entries",
  "estimated_cost_nanos",
  "rounded_entries",
  "interrupted_entries",
] as const;
const KEYS = [
  "entries",
  "input",
  "output",
  "cacheRead",
  "cacheWrite",
  "reasoning",
  "costNanos",
  "unpricedEntries",
  "unpricedTokens",
  "estimatedEntries",
  "estimatedCostNanos",
  "roundedEntries",
  "interruptedEntries",
] as const satisfies readonly (keyof UsageSum)[];

/** `sum(input) AS input, …` over a table or a subquery with these columns. */
export const SELECT_SUMS = SUM_COLUMNS.map((column) => `sum(${column}) AS ${column}`).join(", ");

/** What a chart draws, of a table or a subquery with the sums' columns. */
export const CHART_COLUMNS = "cost_nanos, input + output + cache_read + cache_write AS tokens";
export const SELECT_CHART = "sum(cost_nanos) AS cost_nanos, sum(input + output + cache_read + cache_write) AS tokens";

/** The same columns, made from the rows of usage_entries `e` and their dims `d`. */
export const ENTRY_SUMS = `1 AS entries, e.input, e.output, e.cache_read, e.cache_write, e.reasoning,
  ifnull(e.cost_nanos, 0) AS cost_nanos, e.cost_nanos IS NULL AS unpriced_entries,
  iif(e.cost_nanos IS NULL, e.input + e.output + e.cache_read + e.cache_write, 0) AS unpriced_tokens,
  d.confidence = 'estimated' AS estimated_entries, iif(d.confidence = 'estimated', ifnull(e.cost_nanos, 0), 0) AS estimated_cost_nanos,
  d.confidence = 'rounded' AS rounded_entries, d.outcome = 'interrupted' AS interrupted_entries`;

export function totalOf(tokens: { input: number; output: number; cacheRead: number; cacheWrite: number }): number {
  return tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
}

function additions(entry: EntryRow): readonly number[] {
  const { tokens, costNanos, confidence, outcome } = entry;
  const isEstimated = confidence === "estimated";
  return [
    1,
    tokens.input,
    tokens.output,
    tokens.cacheRead,
    tokens.cacheWrite,
    tokens.reasoning,
    costNanos ?? 0,
    costNanos === null ? 1 : 0,
    costNanos === null ? totalOf(tokens) : 0,
    isEstimated ? 1 : 0,
    isEstimated ? (costNanos ?? 0) : 0,
    confidence === "rounded" ? 1 : 0,
    outcome === "interrupted" ? 1 : 0,
  ];
}

/** A quarter of an hour: local days of every time zone in use begin at one. */
export const QUARTER_MS = 15 * 60_000;

interface SumTable {
  readonly name: string;
  readonly add: string;
}

const sumTable = (name: string, keys: readonly string[]): SumTable => ({
  name,
  add: `INSERT INTO ${name} (${[...keys, ...SUM_COLUMNS].join(", ")}) VALUES (${[...keys, ...SUM_COLUMNS].map(() => "?").join(", ")})
   ON CONFLICT DO UPDATE SET ${SUM_COLUMNS.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`,
});
const QUARTERS = sumTable("usage_quarters", ["quarter", "dim"]);
const DAYS = sumTable("usage_days", ["day", "dim"]);
const SESSION_DAYS = sumTable("usage_session_days", ["day", "session", "dim"]);
/** Of all time. */
const DIMS = sumTable("usage_dim_sums", ["dim"]);

/** How a session is named in sums: ours, or the CLI's for history from outside. */
export function sessionKey(entry: { sessionId: string | null; cliSessionId: string | null }): string {
  return entry.sessionId ?? (entry.cliSessionId === null ? "" : `cli:${entry.cliSessionId}`);
}

interface SumChange {
  readonly table: SumTable;
  readonly keys: readonly SqlValue[];
  readonly values: number[];
}

/** What a transaction adds to the sums, gathered: entries that come together share most of their rows. */
export class SumChanges {
  readonly #rows = new Map<string, SumChange>();

  /** Adds the entry to the sums, or takes it out of them. */
  count({ entry, day, sign }: { entry: EntryRow; day: number; sign: 1 | -1 }): void {
    const { dim } = entry;
    const values = additions(entry).map((value) => value * sign);
    this.#add(QUARTERS, [Math.floor(entry.at / QUARTER_MS), dim], values);
    this.#add(DAYS, [day, dim], values);
    this.#add(SESSION_DAYS, [day, sessionKey(entry), dim], values);
    this.#add(DIMS, [dim], values);
  }

  save(tx: StoreTx): void {
    for (const { table, keys, values } of this.#rows.values()) tx.run(table.add, [...keys, ...values]);
    this.#rows.clear();
  }

  #add(table: SumTable, keys: readonly SqlValue[], values: readonly number[]): void {
    const row = `${table.name} ${keys.join(" ")}`;
    const known = this.#rows.get(row);
    if (known === undefined) this.#rows.set(row, { table, keys, values: [...values] });
    else for (const [index, value] of values.entries()) known.values[index] = (known.values[index] ?? 0) + value;
  }
}

export const NO_USAGE: UsageSum = {
  entries: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  totalTokens: 0,
  costNanos: 0,
  unpricedEntries: 0,
  unpricedTokens: 0,
  estimatedEntries: 0,
  estimatedCostNanos: 0,
  roundedEntries: 0,
  interruptedEntries: 0,
};

/** Adds a row of sums to `into`. */
export function addRow(into: UsageSum, row: Row): void {
  for (const [index, column] of SUM_COLUMNS.entries()) {
    const key = KEYS[index];
    if (key !== undefined) into[key] += Number(row[column] ?? 0);
  }
  into.totalTokens = totalOf(into);
}

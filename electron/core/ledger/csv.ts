/** An entry as a line of CSV (RFC 4180); a cell that a spreadsheet would run as a formula is quoted against it. */
import type { LedgerEntry } from "#shared/model/usage.ts";

const COLUMNS: readonly (readonly [
  name: string,
  of: (entry: LedgerEntry) => string | number | boolean | null | undefined,
])[] = [
  ["id", (entry) => entry.id],
  ["at", (entry) => entry.at],
  ["path", (entry) => entry.path],
  ["agent", (entry) => entry.agent],
  ["kind", (entry) => entry.kind],
  ["provider", (entry) => entry.provider],
  ["model", (entry) => entry.model],
  ["input", (entry) => entry.tokens.input],
  ["output", (entry) => entry.tokens.output],
  ["cache_read", (entry) => entry.tokens.cacheRead],
  ["cache_write", (entry) => entry.tokens.cacheWrite],
  ["reasoning", (entry) => entry.tokens.reasoning],
  // Empty, not 0: no price is known.
  ["cost_usd", (entry) => (entry.costNanos === null ? null : entry.costNanos / 1e9)],
  ["price_version", (entry) => entry.priceVersion],
  ["reported_cost_usd", (entry) => (entry.reportedCostNanos === undefined ? null : entry.reportedCostNanos / 1e9)],
  ["source", (entry) => entry.source],
  ["confidence", (entry) => entry.confidence],
  ["outcome", (entry) => entry.outcome],
  ["session_id", (entry) => entry.sessionId],
  ["life", (entry) => entry.generation],
  ["task", (entry) => entry.task],
  ["cli_session_id", (entry) => entry.cliSessionId],
  ["subagent", (entry) => entry.subagent],
  ["request_id", (entry) => entry.requestId],
  ["message_id", (entry) => entry.messageId],
  ["supersedes", (entry) => entry.supersedes],
  ["superseded_by", (entry) => entry.supersededBy],
  ["imported", (entry) => entry.imported],
  ["remainder", (entry) => entry.isRemainder],
  ["marks", (entry) => entry.marks.join(" ")],
];

export const CSV_HEAD = `${COLUMNS.map(([name]) => name).join(",")}\r\n`;

export function csvLine(entry: LedgerEntry): string {
  return `${COLUMNS.map(([, of]) => cell(of(entry))).join(",")}\r\n`;
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

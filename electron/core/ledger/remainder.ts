/**
 * Some sources only know a session's totals (Claude's metrics, its closing cost line). What they know beyond the single
 * requests is real: interrupted and hidden requests. It becomes one entry for each session and model, the remainder, and
 * shrinks as better sources name the requests. It follows from the totals and the entries alone.
 */
import type { Row } from "#core/ports/database.ts";
import { ANY_MODEL, USAGE_SOURCES } from "#shared/model/usage.ts";
import type { Tokens } from "#shared/model/usage.ts";
import { usageSourceSchema } from "#shared/model/usage.ts";
import type { UsageTotals } from "#core/ports/usage.ts";
import { soundTime, soundTokens } from "./admit.ts";
import { bareModel } from "./choose.ts";
import { ownerOf, priceOf, putEntry } from "./entries.ts";
import type { EntryDraft } from "./entries.ts";
import { numberOf, textOf, tokensOf } from "./rows.ts";
import { totalOf } from "./sums.ts";
import type { LedgerWork } from "./work.ts";

const TOKEN_COLUMNS = ["input", "output", "cache_read", "cache_write", "reasoning"] as const;

/** The session whose remainder may have changed; undefined: nothing new, or nothing to go by. */
export function takeTotals(work: LedgerWork, said: UsageTotals, imported: boolean): string | undefined {
  const { tx, nowMs } = work;
  const scope = said.sessionId ?? said.cliSessionId;
  const { tokens } = soundTokens(said.tokens);
  if (scope === undefined || tokens === null) return undefined;
  const model = bareModel(said.model);
  if (said.mode === "delta") {
    const key = `${said.source} ${scope} ${model} ${said.sourceKey}`.slice(-600);
    if (tx.run("INSERT OR IGNORE INTO usage_totals_seen (source_key) VALUES (?)", [key]).changes === 0)
      return undefined;
  }
  // A whole so far never shrinks: an older word that comes late changes nothing.
  const joined = (column: string): string =>
    said.mode === "delta" ? `${column} + excluded.${column}` : `max(${column}, excluded.${column})`;
  tx.run(
    `INSERT INTO usage_totals (scope, model, source, agent, provider, session_id, cli_session_id, at, input, output, cache_read, cache_write, reasoning, reported_cost_nanos, imported)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = max(at, excluded.at), imported = min(imported, excluded.imported),
       ${TOKEN_COLUMNS.map((column) => `${column} = ${joined(column)}`).join(", ")},
       reported_cost_nanos = ${said.mode === "delta" ? "ifnull(reported_cost_nanos, 0) + ifnull(excluded.reported_cost_nanos, 0)" : "max(ifnull(reported_cost_nanos, 0), ifnull(excluded.reported_cost_nanos, 0))"}`,
    [
      scope,
      said.model,
      said.source,
      said.agent,
      said.provider,
      said.sessionId ?? null,
      said.cliSessionId ?? null,
      soundTime(said.at, nowMs).at,
      tokens.input,
      tokens.output,
      tokens.cacheRead,
      tokens.cacheWrite,
      tokens.reasoning,
      said.reportedCostNanos === undefined ? null : Math.round(said.reportedCostNanos),
      imported ? 1 : 0,
    ],
  );
  return scope;
}

export function hasTotals(work: LedgerWork, scope: string): boolean {
  return work.tx.get("SELECT 1 AS found FROM usage_totals WHERE scope = ? LIMIT 1", [scope]) !== undefined;
}

export function settleRemainders(work: LedgerWork, scope: string): void {
  const byModel = new Map<string, Row[]>();
  for (const row of work.tx.all("SELECT * FROM usage_totals WHERE scope = ?", [scope])) {
    const model = bareModel(String(row["model"]));
    byModel.set(model, [...(byModel.get(model) ?? []), row]);
  }
  for (const [model, rows] of byModel) {
    const best = rows.toSorted((a, b) => rankOf(a) - rankOf(b))[0];
    if (best !== undefined) settleModel(work, { scope, model, totals: best });
  }
}

function rankOf(row: Row): number {
  return USAGE_SOURCES.indexOf(usageSourceSchema.parse(row["source"]));
}

interface ModelTotals {
  readonly scope: string;
  readonly model: string;
  readonly totals: Row;
}

function settleModel(work: LedgerWork, { scope, model, totals }: ModelTotals): void {
  const { tx } = work;
  const named = namedRequests(work, { scope, model, totals });
  const rest = subtract(tokensOf(totals), named);
  const key = `${scope} ${model}`;
  const known = tx.get("SELECT id, entry FROM usage_requests WHERE remainder_key = ?", [key]);
  const hasRest = totalOf(rest) > 0;
  if (known === undefined && !hasRest) return;
  const at = Number(totals["at"]);
  const request =
    known === undefined
      ? tx.run("INSERT INTO usage_requests (scope, at, remainder_key) VALUES (?, ?, ?)", [scope, at, key]).lastRowId
      : Number(known["id"]);
  const current = numberOf(known?.["entry"]);
  const draft = hasRest ? remainderDraft(work, { totals, rest, request }) : undefined;
  const entry = putEntry(work, draft, current === null ? [] : [current]);
  tx.run("UPDATE usage_requests SET entry = ?, at = ? WHERE id = ?", [entry ?? null, at, request]);
}

function namedRequests(work: LedgerWork, { scope, model, totals }: ModelTotals): Tokens {
  const column = textOf(totals["session_id"]) === null ? "cli_session_id" : "session_id";
  const rows = work.tx.all(
    `SELECT d.model, sum(e.input) AS input, sum(e.output) AS output, sum(e.cache_read) AS cache_read, sum(e.cache_write) AS cache_write, sum(e.reasoning) AS reasoning
     FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
     WHERE e.${column} = ? AND e.is_remainder = 0 AND NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id) GROUP BY d.model`,
    [scope],
  );
  const named = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  for (const row of rows) {
    if (model !== ANY_MODEL && bareModel(String(row["model"])) !== model) continue;
    const tokens = tokensOf(row);
    for (const part of TOKENS) named[part] += tokens[part];
  }
  return named;
}

const TOKENS = ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const;

function subtract(whole: Tokens, named: Tokens): Tokens {
  const rest = { ...whole };
  for (const part of TOKENS) rest[part] = Math.max(0, whole[part] - named[part]);
  return { ...rest, reasoning: Math.min(rest.reasoning, rest.output) };
}

interface Remainder {
  readonly totals: Row;
  readonly rest: Tokens;
  readonly request: number;
}

function remainderDraft(work: LedgerWork, { totals, rest, request }: Remainder): EntryDraft {
  const sessionId = textOf(totals["session_id"]);
  const provider = String(totals["provider"]);
  const model = String(totals["model"]);
  const at = Number(totals["at"]);
  return {
    request,
    at,
    ...ownerOf(work, sessionId),
    ...priceOf(work, { provider, model, tokens: rest, at }),
    agent: String(totals["agent"]),
    provider,
    model,
    source: usageSourceSchema.parse(totals["source"]),
    kind: "unknown",
    confidence: "rounded",
    outcome: "complete",
    imported: totals["imported"] === 1,
    sessionId,
    cliSessionId: textOf(totals["cli_session_id"]),
    subagent: null,
    tokens: rest,
    reportedCostNanos: null,
    requestId: null,
    messageId: null,
    isRemainder: true,
    marks: [],
  };
}

/**
 * A year of a ledger, written in SQL: a million reports through the product take minutes. The rows are those that
 * recording writes (`test/bench/ledger.ts` records on top of them), and the sums are made from the entries.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { ENTRY_SUMS, QUARTER_MS, SELECT_SUMS, SUM_COLUMNS } from "#core/ledger/sums.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

export const AGENTS = 40;
export const MODELS = 6;
/** Of each agent, one after the other. */
const LIVES = 60;
export const BUSIEST = "shop/a7";
const YEAR_MS = 365 * 24 * 60 * 60_000;

interface Seed {
  readonly size: number;
  readonly nowMs: number;
}

/** No two entries share a report; one in fifty took the place of an estimate, one in a hundred is unknown. */
export function seedLedger(store: Store, { size, nowMs }: Seed): void {
  const done = store.transact({
    actor: "bench",
    work: (tx) => {
      seedLives(tx, nowMs);
      seedDims(tx);
      seedEntries(tx, { size, nowMs });
      seedSums(tx);
    },
  });
  if (!done.ok) throw new Error(done.error.message);
}

function seedLives(tx: StoreTx, nowMs: number): void {
  for (let agent = 0; agent < AGENTS; agent += 1)
    for (let life = 0; life < LIVES; life += 1)
      tx.run(
        "INSERT INTO lives (session_id, path, generation, mode, agent, cli_session_id, started_at) VALUES (?, ?, ?, 'fresh', 'claude', ?, ?)",
        [
          `session-${agent}-${life}`,
          `shop/a${agent}`,
          LIVES - life,
          `cli-${agent}-${life}`,
          toIsoTime(nowMs - (life + 1) * (YEAR_MS / LIVES)),
        ],
      );
}

/** A dim's id says what it is of: (agent × models + model) × 4 + variant + 1. */
function seedDims(tx: StoreTx): void {
  tx.run(
    `INSERT INTO usage_dims (id, path, task, agent, provider, model, source, kind, confidence, outcome, imported)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
     SELECT i + 1, 'shop/a' || (i / ? % ?), '', iif(i / 4 % 2 = 0, 'claude', 'codex'),
       iif(i / 4 % 2 = 0, 'anthropic', 'openai'), 'model-' || (i / 4 % ?),
       iif(i % 4 = 1, 'otlp', 'transcript'), iif(i % 4 = 2, 'subagent', 'main'),
       iif(i % 4 = 3, 'estimated', 'exact'), 'complete', 0 FROM n`,
    [AGENTS * MODELS * 4, MODELS * 4, AGENTS, MODELS],
  );
}

/** Entry `i` is spread over the year; its life follows from its time, the rest from its number. */
function seedEntries(tx: StoreTx, { size, nowMs }: Seed): void {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${size}),
    -- The first entries are the newest; the step scatters agents and models without a pattern.
    p AS (SELECT i, ${nowMs} - i * ${YEAR_MS} / ${size + 1} AS at, i * 7919 % ${AGENTS} AS agent, i * 104729 / 7 % ${MODELS} AS model,
      i * ${LIVES} / ${size + 1} AS life, i * 31 % 4 AS variant, printf('%010d', i) AS name FROM n)`;
  tx.run(
    `INSERT INTO usage_reports (id, request, source, source_key, at, received_at, confidence, outcome, agent, kind, provider, model,
       session_id, cli_session_id, request_id, message_id, input, output, cache_read, cache_write, reasoning, imported, marks)
     ${numbers} SELECT i, i, 'transcript', 'seed:' || name, at, at, 'exact', 'complete', 'claude', 'main', 'anthropic', 'model-' || model,
       'session-' || agent || '-' || life, 'cli-' || agent || '-' || life, 'req_' || name, 'msg_' || name,
       iif(i % 100 = 0, NULL, i % 900), i % 2000, 30000, i % 500, 0, 0, '' FROM p`,
  );
  tx.run(
    `INSERT INTO usage_requests (id, scope, twin_key, at, entry, is_unknown)
     ${numbers} SELECT i, 'session-' || agent || '-' || life, 'seed:' || (i % 900) || ':' || name, at, i, i % 100 = 0 FROM p`,
  );
  tx.run(
    `INSERT INTO usage_entries (id, request, dim, at, recorded_at, session_id, generation, cli_session_id, input, output, cache_read,
       cache_write, reasoning, cost_nanos, price_version, request_id, message_id, is_remainder, marks)
     ${numbers} SELECT i, i, (agent * ${MODELS} + model) * 4 + variant + 1, at, at, 'session-' || agent || '-' || life,
       ${LIVES} - life, 'cli-' || agent || '-' || life, i % 900, i % 2000, 30000, i % 500, 0, 40000000 + i % 1000, 'bench',
       'req_' || name, 'msg_' || name, 0, '' FROM p`,
  );
  tx.run(
    "INSERT INTO usage_superseded (entry, by_entry, at) SELECT id, id - 1, at FROM usage_entries WHERE id % 50 = 0",
  );
}

/** By quarter of an hour; days and sessions are made from them when the ledger opens in a time zone of its own. */
function seedSums(tx: StoreTx): void {
  tx.run(
    `INSERT INTO usage_quarters (quarter, dim, ${SUM_COLUMNS.join(", ")})
     SELECT quarter, dim, ${SELECT_SUMS} FROM (
       SELECT e.at / ${QUARTER_MS} AS quarter, e.dim, ${ENTRY_SUMS} FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
       WHERE NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id)
     ) GROUP BY quarter, dim`,
  );
}

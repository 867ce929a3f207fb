/**
 * A quarter of a year of a busy ledger, written in SQL: a million reports through the product take minutes. The rows are
 * those that recording writes (`test/bench/ledger.ts` records on top of them), and the sums are made from the entries.
 * Indexes are taken off while the rows go in: kept up row by row, they cost more page writes than a disk does in an hour.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { ENTRY_SUMS, QUARTER_MS, SELECT_SUMS, SUM_COLUMNS } from "#core/ledger/sums.ts";
import type { Database } from "#core/ports/database.ts";
import { connectSqlite } from "#platform/sqlite.ts";

export const AGENTS = 50;
export const MODELS = 5;
/** Of each agent, one after the other: 200 sessions. */
const LIVES = 4;
/** Of each agent, one after the other: 100 tasks. */
const TASKS = 2;
/** Main, telemetry's word, a subagent, an estimate. */
const VARIANTS = 4;
/** One request in ten is this agent's. */
export const BUSIEST = "shop/a7";
const DAYS = 90;
const SPAN_MS = DAYS * 24 * 60 * 60_000;
const GAPS = 1000;
/** The version of the bench's price list. */
export const PRICES = "bench";

interface Seed {
  readonly size: number;
  readonly nowMs: number;
}

/** Into a migrated database that nobody else has open. One in fifty entries took the place of an estimate. */
export function seedLedger(file: string, seed: Seed): void {
  const database = connectSqlite(file);
  // Nobody needs this file after a power cut.
  for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"])
    database.exec(`PRAGMA ${pragma}`);
  try {
    const indexes = takeIndexes(database);
    database.transaction(() => {
      seedLives(database, seed.nowMs);
      seedDims(database);
      seedRows(database, seed);
      seedGaps(database, seed.nowMs);
      // Entries without a price were tried with the list of this bench.
      database.run("INSERT INTO usage_state (key, value) VALUES ('prices', ?)", [PRICES]);
    });
    for (const sql of indexes) database.exec(sql);
    database.transaction(() => seedSums(database));
  } finally {
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
  }
}

/** The statements that make the ledger's indexes again. Those of UNIQUE and PRIMARY KEY cannot be taken off. */
function takeIndexes(database: Database): readonly string[] {
  const rows = database.all(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'usage!_%' ESCAPE '!'",
  );
  for (const row of rows) database.exec(`DROP INDEX ${String(row["name"])}`);
  return rows.map((row) => String(row["sql"]));
}

function seedLives(database: Database, nowMs: number): void {
  for (let agent = 0; agent < AGENTS; agent += 1)
    for (let life = 0; life < LIVES; life += 1)
      database.run(
        "INSERT INTO lives (session_id, path, generation, mode, agent, cli_session_id, started_at) VALUES (?, ?, ?, 'fresh', 'claude', ?, ?)",
        [
          `session-${agent}-${life}`,
          `shop/a${agent}`,
          life + 1,
          `cli-${agent}-${life}`,
          toIsoTime(nowMs - SPAN_MS + life * (SPAN_MS / LIVES)),
        ],
      );
}

/** A dim's id says what it is of: ((agent × tasks + task) × models + model) × variants + variant + 1. */
function seedDims(database: Database): void {
  const perTask = MODELS * VARIANTS;
  database.run(
    `INSERT INTO usage_dims (id, path, task, agent, provider, model, source, kind, confidence, outcome, imported)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
     SELECT i + 1, 'shop/a' || (i / ? % ?), 'task-' || (i / ?), iif(i / 4 % 2 = 0, 'claude', 'codex'),
       iif(i / 4 % 2 = 0, 'anthropic', 'openai'), 'model-' || (i / 4 % ?),
       iif(i % 4 = 1, 'otlp', 'transcript'), iif(i % 4 = 2, 'subagent', 'main'),
       iif(i % 4 = 3, 'estimated', 'exact'), 'complete', 0 FROM n`,
    [AGENTS * TASKS * perTask, perTask * TASKS, AGENTS, perTask, MODELS],
  );
}

/** Entry `i` is spread over the days, newest last; agents and models are scattered, each agent with a model it likes best. */
function seedRows(database: Database, { size, nowMs }: Seed): void {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${size}),
    h AS (SELECT i, (i * 2654435761 % 4294967296) >> 8 AS hash FROM n),
    a AS (SELECT i, hash, iif(hash % 10 = 0, 7, hash / 10 % ${AGENTS}) AS agent FROM h),
    p AS (SELECT i, ${nowMs} - (${size} - i) * ${SPAN_MS} / ${size} AS at, agent,
      iif(hash / 1000 % 10 < 7, agent, hash / 10000) % ${MODELS} AS model, (i - 1) * ${LIVES} / ${size} AS life,
      (i - 1) * ${TASKS} / ${size} AS task, iif(i % 50 = 49, 3, max(0, hash / 100000 % 10 - 7)) AS variant, printf('%010d', i) AS name FROM a)`;
  const session = "'session-' || agent || '-' || life";
  const cliSession = "'cli-' || agent || '-' || life";
  const reports = (where: string, source: string): void =>
    void database.run(
      `INSERT INTO usage_reports (request, source, source_key, at, received_at, confidence, outcome, agent, kind, provider, model,
         session_id, cli_session_id, request_id, message_id, input, output, cache_read, cache_write, reasoning, imported, marks)
       ${numbers} SELECT i, '${source}', 'seed:' || name, at, at, 'exact', 'complete', 'claude', 'main', 'anthropic', 'model-' || model,
         ${session}, ${cliSession}, 'req_' || name, 'msg_' || name,
         iif(i % 1000 = 0, NULL, i % 900), i % 2000, 30000, i % 500, 0, 0, '' FROM p WHERE ${where}`,
    );
  reports("1", "transcript");
  // Telemetry speaks of some requests, too, so that there is something to compare.
  reports("i % 10 = 0", "otlp");
  database.run(
    `INSERT INTO usage_requests (id, scope, twin_key, at, entry, is_unknown)
     ${numbers} SELECT i, ${session}, 'seed:' || (i % 900) || ':' || name, at, i, i % 1000 = 0 FROM p`,
  );
  database.run(
    `INSERT INTO usage_entries (id, request, dim, at, recorded_at, session_id, generation, cli_session_id, input, output, cache_read,
       cache_write, reasoning, cost_nanos, price_version, request_id, message_id, is_remainder, marks)
     ${numbers} SELECT i, i, ((agent * ${TASKS} + task) * ${MODELS} + model) * ${VARIANTS} + variant + 1, at, at, ${session},
       life + 1, ${cliSession}, i % 900, i % 2000, 30000, i % 500, 0, iif(i % 500 = 7, NULL, 40000000 + i % 1000), 'bench',
       'req_' || name, 'msg_' || name, 0, '' FROM p`,
  );
  database.run(
    `INSERT INTO usage_superseded (entry, by_entry, at) SELECT id, id + 1, at FROM usage_entries WHERE id % 50 = 49 AND id < ${size}`,
  );
}

function seedGaps(database: Database, nowMs: number): void {
  database.run(
    `INSERT INTO usage_gaps (source, source_key, at, agent, session_id, why, detail)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${GAPS})
     SELECT 'otlp', 'gap:' || i, ${nowMs} - i * ${SPAN_MS} / ${GAPS}, 'claude', 'session-' || (i % ${AGENTS}) || '-0', 'source_lost', 'A batch was lost.' FROM n`,
  );
}

/** By quarter of an hour and of all time; days and sessions are made from them when the ledger opens in a time zone of its own. */
function seedSums(database: Database): void {
  database.run(
    `INSERT INTO usage_quarters (quarter, dim, ${SUM_COLUMNS.join(", ")})
     SELECT quarter, dim, ${SELECT_SUMS} FROM (
       SELECT e.at / ${QUARTER_MS} AS quarter, e.dim, ${ENTRY_SUMS} FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
       WHERE NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id)
     ) GROUP BY quarter, dim`,
  );
  database.run(
    `INSERT INTO usage_dim_sums (dim, ${SUM_COLUMNS.join(", ")}) SELECT dim, ${SELECT_SUMS} FROM usage_quarters GROUP BY dim`,
  );
}

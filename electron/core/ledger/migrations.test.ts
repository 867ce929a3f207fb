/** A ledger written by an older version comes up with every row of it, and counts on from there. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database, Row } from "#core/ports/database.ts";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import { MIGRATIONS } from "#core/store/migrations/all.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { SUM_COLUMNS } from "./sums.ts";

/** The first schema that had a ledger with budgets beside it. */
const FIRST = 4;
const AT = Date.parse("2026-11-20T10:00:00Z");

/** As version 4 wrote it: an estimate, the transcript's word in its place, a request nobody can number, a budget. */
const ROWS = `
  INSERT INTO usage_dims VALUES (1, 'shop/s1', '', 'claude', 'anthropic', 'claude-test', 'estimate', 'main', 'estimated', 'complete', 0);
  INSERT INTO usage_dims VALUES (2, 'shop/s1', '', 'claude', 'anthropic', 'claude-test', 'transcript', 'main', 'exact', 'complete', 0);
  INSERT INTO usage_requests (id, scope, twin_key, at, entry, is_unknown) VALUES (1, 's1', 'claude-test 10 20 300 40', ${AT}, 2, 0), (2, 's1', NULL, ${AT}, NULL, 1);
  INSERT INTO usage_reports (id, request, source, source_key, at, received_at, confidence, outcome, agent, kind, provider, model, session_id,
      message_id, input, output, cache_read, cache_write, reasoning, imported, marks)
    VALUES (1, 1, 'estimate', 'e1', ${AT}, ${AT}, 'estimated', 'complete', 'claude', 'main', 'anthropic', 'claude-test', 's1', 'msg_000001', 9, 9, 0, 0, 0, 0, ''),
      (2, 1, 'transcript', 't1', ${AT}, ${AT}, 'exact', 'complete', 'claude', 'main', 'anthropic', 'claude-test', 's1', 'msg_000001', 10, 20, 300, 40, 5, 0, ''),
      (3, 2, 'transcript', 't2', ${AT}, ${AT}, 'exact', 'interrupted', 'claude', 'main', 'anthropic', 'claude-test', 's1', 'msg_000002', NULL, NULL, NULL, NULL, NULL, 0, '');
  INSERT INTO usage_entries (id, request, supersedes, dim, at, recorded_at, session_id, generation, input, output, cache_read, cache_write,
      reasoning, cost_nanos, price_version, is_remainder, marks)
    VALUES (1, 1, NULL, 1, ${AT}, ${AT}, 's1', 1, 9, 9, 0, 0, 0, 18000, 'test 1', 0, ''),
      (2, 1, 1, 2, ${AT}, ${AT}, 's1', 1, 10, 20, 300, 40, 5, 370000, 'test 1', 0, '');
  INSERT INTO usage_superseded VALUES (1, 2, ${AT});
  INSERT INTO usage_quarters VALUES (${AT / 900_000}, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (${AT / 900_000}, 2, 1, 10, 20, 300, 40, 5, 370000, 0, 0, 0, 0, 0, 0);
  INSERT INTO usage_days SELECT 20777, dim, ${SUM_COLUMNS.join(", ")} FROM usage_quarters;
  INSERT INTO usage_session_days SELECT 20777, 's1', dim, ${SUM_COLUMNS.join(", ")} FROM usage_quarters;
  INSERT INTO usage_totals VALUES ('s1', 'claude-test', 'otlp', 'claude', 'anthropic', 's1', NULL, ${AT}, 10, 20, 300, 40, 5, NULL, 0);
  INSERT INTO usage_totals_seen VALUES ('otlp s1 claude-test d1');
  INSERT INTO usage_gaps VALUES ('otlp', 'g1', ${AT}, 'claude', 's1', NULL, NULL, 'source_lost', 'A batch was lost.');
  INSERT INTO usage_price_overrides VALUES (1, '', 'free-model', 1, 2, NULL, NULL, ${AT}, NULL);
  INSERT INTO usage_import_marks VALUES ('/home/me/a.jsonl', '120:7');
  INSERT INTO usage_state VALUES ('time_zone', 'Europe/Berlin'), ('prices', 'test 1');
  INSERT INTO budgets VALUES ('b1', 'shop', 'person', '{"amount":5}', '{"spent":370000}');
  INSERT INTO budget_reservations VALUES ('r1', 'shop/s1', 's1', 1000, 10, ${AT}, 2);
  INSERT INTO resume_at_reset VALUES ('shop/s1', 1);
`;

describe("a ledger of the first version", () => {
  let database: Database;
  let before: ReadonlyMap<string, readonly Row[]>;
  beforeEach(async () => {
    // One database for two stores, one after the other.
    database = { ...connectSqlite(":memory:"), close: () => undefined };
    const old = await openStore({
      database,
      clock: new ManualClock(),
      logger: silentLogger,
      migrations: MIGRATIONS.slice(0, FIRST),
    });
    if (!old.ok) throw new Error(old.error.message);
    old.value.close();
    database.exec(ROWS);
    before = rowsOf(database);
    const opened = await openStore({ database, clock: new ManualClock(), logger: silentLogger });
    if (!opened.ok) throw new Error(opened.error.message);
    opened.value.close();
  });
  afterEach(() => {
    expect(database.all("PRAGMA foreign_key_check")).toEqual([]);
  });

  it("has rows in every table that counts or limits", () => {
    expect(database.get("PRAGMA user_version")?.["user_version"]).toBe(SCHEMA_VERSION);
    expect([...before].filter(([, rows]) => rows.length === 0).map(([table]) => table)).toEqual([]);
  });

  it("keeps every row as it was, in the newest schema", () => {
    const after = rowsOf(database);
    for (const [table, rows] of before) {
      if (table === "budget_reservations") continue;
      const columns = Object.keys(rows[0] ?? {});
      const kept = after.get(table)?.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
      expect([table, kept]).toEqual([table, rows]);
    }
  });

  it("keeps what was set aside for a request as that request: the next core counts it", () => {
    expect(
      database.all(
        "SELECT id, at_ms, call ->> 'sessionId' AS session, call ->> '$.estimate.inputTokens' AS input FROM gateway_requests",
      ),
    ).toEqual([{ id: "r1", at_ms: AT, session: "s1", input: 10 }]);
  });

  it("answers with what was counted, knows it again, and counts on", async () => {
    const rig = await openLedger({ database });
    const total = () => rig.views.totals({ imported: "with", groupBy: "none" }).total;
    expect([total().entries, total().totalTokens, total().costNanos]).toEqual([1, 370, 370_000]);
    expect(rig.views.counters()).toContain('gen_ai_request_model="claude-test"} 1\n');
    const entry = rig.views.entry(2);
    expect(entry.ok && [entry.value.history.length, entry.value.reports.length]).toEqual([2, 2]);
    expect(rig.views.unknown({ limit: 10 }).map(({ why }) => why)).toEqual(["interrupted", "source_lost"]);
    rig.ledger.report(usageReport({ at: new Date(AT).toISOString(), sourceKey: "t1", messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ sourceKey: "t3", messageId: "msg_000003" }));
    expect([total().entries, total().totalTokens]).toEqual([2, 740]);
    expect(rig.views.counters()).toContain('gen_ai_request_model="claude-test"} 2\n');
    rig.close();
    expect(rig.errors).toEqual([]);
  });

  it("has the columns of the sums, in their order, in every table of sums", () => {
    const tables = database
      .all("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .map((row) => String(row["name"]));
    const sums = tables
      .map((table) => [table, database.all(`PRAGMA table_info(${table})`).map((row) => String(row["name"]))] as const)
      .filter(([, columns]) => columns.includes("unpriced_entries"));
    expect(sums.map(([table]) => table).toSorted()).toEqual([
      "usage_days",
      "usage_dim_sums",
      "usage_quarters",
      "usage_session_days",
    ]);
    for (const [table, columns] of sums)
      expect([table, columns.slice(-SUM_COLUMNS.length)]).toEqual([table, [...SUM_COLUMNS]]);
  });
});

function rowsOf(database: Database): ReadonlyMap<string, readonly Row[]> {
  const tables = database.all(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'usage%' OR name LIKE 'budget%' OR name LIKE 'resume%') ORDER BY name",
  );
  return new Map(
    tables.map(({ name }) => [String(name), database.all(`SELECT * FROM ${String(name)} ORDER BY 1`)] as const),
  );
}

/**
 * A database of every older schema, with rows in every table, is brought up; the process is killed or the power goes
 * at any write of it, and the next start finishes the work. A new migration is tried without a word here.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import { MIGRATIONS } from "#core/store/migrations/all.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { startStoreProcess } from "#test/integration/store/child.ts";
import { databaseFile, openTestStore } from "#test/integration/store/storeProcess.ts";
import { compileFaultyDisk, readDiskRecord, rebuildDisk } from "./faultyDisk.ts";
import type { DiskChange, Unsynced } from "./faultyDisk.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const migrations: SoakRow = {
  name: "migrations",
  purpose: "every older schema comes up with its data, also when killed or cut off at any write in the middle",
  run,
};

/** 50 a step are semantics.md 4.3. */
const CUTS = { short: 4, long: 50 };
const MODES: readonly [Unsynced, ...Unsynced[]] = ["all", "none", "half", "torn"];
const EVENTS = 200;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function run(soak: Soak): Promise<SoakFinding> {
  const shim = await compileFaultyDisk(soak.dir);
  if (shim === undefined) return { figures: {}, problems: [], skipped: "needs Linux and g++" };
  const problems: string[] = [];
  let cuts = 0;
  for (let version = 1; version < SCHEMA_VERSION; version += 1) {
    const step = await recordStep(soak, shim, version);
    problems.push(...step.problems.map((one) => `schema ${version}: ${one}`));
    for (const round of soak.rounds(CUTS)) {
      cuts += 1;
      const at = soak.random.below(step.changes.length);
      const unsynced = MODES[round % MODES.length] ?? "all";
      const after = join(soak.dir, "after");
      const { start, dir } = step;
      await rebuildDisk(dir, after, { changes: step.changes.slice(0, at), unsynced, random: soak.random, start });
      const wrong = await finish(after, step.expected);
      if (wrong !== undefined) problems.push(`schema ${version}, cut at ${at}, unsynced ${unsynced}: ${wrong}`);
    }
  }
  return { figures: { schemas: SCHEMA_VERSION - 1, cuts }, problems };
}

interface Step {
  readonly dir: string;
  readonly start: ReadonlyMap<string, Buffer>;
  readonly changes: readonly DiskChange[];
  /** Every table after the undisturbed migration. */
  readonly expected: string;
  readonly problems: readonly string[];
}

async function recordStep(soak: Soak, shim: string, version: number): Promise<Step> {
  const dir = join(soak.dir, `schema-${version}`);
  mkdirSync(dir, { mode: 0o700 });
  await makeGolden(dir, version);
  const golden = facts(dir);
  const start = filesIn(dir);
  const record = join(soak.dir, `record-${version}`);
  const env = [`LD_PRELOAD=${shim}`, `SIGNALBOX_FAULTS_DIR=${dir}`, `SIGNALBOX_FAULTS_LOG=${record}`];
  await startStoreProcess("migrate", dir, ["env", ...env]).ended();
  const changes = await readDiskRecord(record);
  const problems = facts(dir) === golden ? [] : ["its events, settings or lives are not what they were"];
  return { dir, start, changes, expected: dump(dir), problems };
}

/** Released migrations are never edited, so the old schema is what they make of an empty file. */
async function makeGolden(dir: string, version: number): Promise<void> {
  (await openTestStore(dir, MIGRATIONS.slice(0, version))).close();
  const db = new BetterSqlite(databaseFile(dir));
  db.pragma("foreign_keys = OFF");
  for (const table of tablesOf(db)) fillTable(db, table);
  const kind = db.prepare("SELECT min(id) FROM event_kinds").pluck().get();
  const append = db.prepare("INSERT INTO event_log (time, kind_id, actor, data) VALUES (?, ?, 'system', ?)");
  for (let at = 0; at < EVENTS; at += 1)
    append.run("2026-01-01T00:00:00.000Z", kind, JSON.stringify({ at, words: "x".repeat(at) }));
  db.close();
}

/** A few rows in every table; a constraint that no made-up value meets leaves a table empty. */
function fillTable(db: BetterSqlite.Database, table: string): void {
  const columns = columnsOf(db, table);
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  const insert = db.prepare(
    `INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (let row = 1; row <= 3; row += 1) {
    try {
      insert.run(columns.map(({ type }) => (type === "TEXT" ? `"${row}"` : row)));
    } catch {
      return;
    }
  }
}

function tablesOf(db: BetterSqlite.Database): readonly string[] {
  const plain =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
  return db
    .prepare<[], { name: string }>(plain)
    .all()
    .map(({ name }) => name);
}

function columnsOf(db: BetterSqlite.Database, table: string): readonly { name: string; type: string }[] {
  return db.prepare<[string], { name: string; type: string }>("SELECT name, type FROM pragma_table_info(?)").all(table);
}

/** What a person would miss, whatever the schema does with it. */
function facts(dir: string): string {
  const db = new BetterSqlite(databaseFile(dir), { readonly: true });
  const rows = (sql: string): unknown => db.prepare(sql).all();
  const found = [
    rows("SELECT seq, time, subject, type, actor, data FROM events ORDER BY seq"),
    rows("SELECT key, value FROM settings WHERE key NOT LIKE 'internal.%' ORDER BY key"),
    rows("SELECT session_id, path, generation, mode, agent, output_bytes FROM lives ORDER BY session_id"),
    rows("SELECT name, file, text, status, autostart FROM fleets ORDER BY name"),
  ];
  db.close();
  return JSON.stringify(found);
}

function dump(dir: string): string {
  const db = new BetterSqlite(databaseFile(dir), { readonly: true });
  const found = tablesOf(db).map((table) => [
    table,
    db
      .prepare(`SELECT * FROM "${table}"`)
      .raw()
      .all()
      .map((row) => JSON.stringify(row))
      .sort(),
  ]);
  const { user_version: version } = { ...db.prepare<[], { user_version: number }>("PRAGMA user_version").get() };
  db.close();
  return JSON.stringify([version, found]);
}

function filesIn(dir: string): ReadonlyMap<string, Buffer> {
  const paths = readdirSync(dir, { recursive: true }).map((name) => join(dir, String(name)));
  return new Map(paths.filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path)]));
}

/** The next start, as the app does it. */
async function finish(dir: string, expected: string): Promise<string | undefined> {
  const opened = openDatabase({ file: databaseFile(dir), newestSchema: SCHEMA_VERSION, logger: silent });
  if (!opened.ok) return opened.error.message;
  if (opened.value.notice !== undefined) return opened.value.notice;
  const store = await openStore({ database: opened.value.database, clock: createSystemClock(), logger: silent });
  if (!store.ok) return store.error.message;
  store.value.close();
  const isSame = dump(dir) === expected;
  rmSync(dir, { recursive: true });
  return isSame ? undefined : "its tables differ from those of an undisturbed migration";
}

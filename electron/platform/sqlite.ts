/**
 * The Database port over better-sqlite3: WAL with synchronous=FULL, so that what was committed survives a power cut.
 * SQLite's codes become StoreError here and nowhere else; anything unmapped is a bug and keeps its own error.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import BetterSqlite from "better-sqlite3";
import { StoreError } from "#core/ports/database.ts";
import type { Database, Row, SqlValue, StoreErrorCode } from "#core/ports/database.ts";
import { keepBackupOf, takeBackup } from "./sqliteBackups.ts";
import { checkpointsBeside } from "./sqliteCheckpoints.ts";
import type { Checkpoints } from "./sqliteCheckpoints.ts";
import { logSyncBeside } from "./sqliteLogSync.ts";
import type { LogSync } from "./sqliteLogSync.ts";
import { loadSqliteVec } from "./sqliteVectors.ts";

/** Before 3.51.3 a WAL database with two connections could corrupt itself (the WAL-reset bug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;
/** Distinct statements kept prepared; the core has fewer than this, generated ones rotate through. */
const STATEMENT_CACHE = 256;
const BUSY_TIMEOUT_MS = 5000;
/** A WAL that a burst made large is cut back to this at the next checkpoint. */
const WAL_SIZE_LIMIT = 64 * 1024 * 1024;

type Statement = BetterSqlite.Statement<unknown[], Row>;

export interface ConnectOptions {
  /** Written into a fresh database; undefined leaves the header alone (tools, tests). */
  readonly applicationId?: number;
  /** Called once, after the connection is closed. */
  readonly onClosed?: () => void;
}

/** Opens `file` (or `:memory:`) for writing. Throws StoreError. */
export function connectSqlite(file: string, options: ConnectOptions = {}): Database {
  const guard = guardFor(file);
  const db = guard(() => new BetterSqlite(file, { timeout: BUSY_TIMEOUT_MS }));
  try {
    guard(() => prepareConnection(db, options.applicationId));
  } catch (error) {
    db.close();
    throw error;
  }
  const checkpoints = guard(() => checkpointsBeside(db));
  return adapt(db, {
    file,
    guard,
    checkpoints,
    logSync: logSyncBeside(db),
    onClosed: options.onClosed ?? (() => undefined),
  });
}

function prepareConnection(db: BetterSqlite.Database, applicationId: number | undefined): void {
  assertSafeVersion(String(db.prepare("SELECT sqlite_version()").pluck().get()));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  // macOS answers fsync before the drive has the bytes; elsewhere these two change nothing.
  db.pragma("fullfsync = ON");
  db.pragma("checkpoint_fullfsync = ON");
  db.pragma("foreign_keys = ON");
  db.pragma("trusted_schema = OFF");
  db.pragma("temp_store = MEMORY");
  db.pragma(`journal_size_limit = ${WAL_SIZE_LIMIT}`);
  if (applicationId !== undefined && db.pragma("application_id", { simple: true }) === 0) {
    db.pragma(`application_id = ${applicationId}`);
  }
}

export function assertSafeVersion(version: string): void {
  const parts = version.split(".").map(Number);
  for (const [index, wanted] of OLDEST_SAFE_SQLITE.entries()) {
    const have = parts[index] ?? 0;
    if (have > wanted) return;
    if (have < wanted)
      throw new Error(
        `SQLite ${version} can corrupt a WAL database; at least ${OLDEST_SAFE_SQLITE.join(".")} is needed.`,
      );
  }
}

type Guard = <T>(work: () => T) => T;

interface AdaptOptions {
  readonly file: string;
  readonly guard: Guard;
  readonly checkpoints: Checkpoints;
  readonly logSync: LogSync;
  readonly onClosed: () => void;
}

function adapt(db: BetterSqlite.Database, { file, guard, checkpoints, logSync, onClosed }: AdaptOptions): Database {
  const { prepare, forget } = statementCache(db);
  const sync = syncSwitch(db);
  const write = <T>(isSynced: boolean, work: () => T): T =>
    guard(() => {
      sync(isSynced);
      const value = work();
      checkpoints.wrote();
      if (!isSynced) logSync.wrote();
      return value;
    });
  return {
    file,
    exec: (sql) => write(true, () => void db.exec(sql)),
    run: (sql, params = []) =>
      write(true, () => {
        const { changes, lastInsertRowid } = prepare(sql).run(...params);
        return { changes, lastRowId: Number(lastInsertRowid) };
      }),
    // In WAL the operating system has the bytes then; the next sync of the log takes them along.
    runUnsynced: (sql, params) => write(false, () => void prepare(sql).run(...params)),
    get: (sql, params = []) => guard(() => prepare(sql).get(...params)),
    all: (sql, params = []) => guard(() => prepare(sql).all(...params)),
    iterate: (sql, params = []) =>
      iterateGuarded(
        guard(() => prepare(sql)),
        params,
        guard,
      ),
    transaction: (work) => write(true, () => db.transaction(work).immediate()),
    transactionUnsynced: (work) => write(false, () => db.transaction(work).immediate()),
    emptyLog: () => {
      checkpoints.settle();
      guard(() => db.pragma("wal_checkpoint(TRUNCATE)"));
    },
    backup: (target) => takeBackup(db, target),
    keepBackup: (label, unlessYoungerMs) =>
      db.memory ? Promise.resolve(false) : keepBackupOf(db, { label, unlessYoungerMs }),
    loadVectors: () => loadSqliteVec(db),
    close: () => {
      if (!db.open) return;
      forget();
      checkpoints.close();
      logSync.close();
      guard(() => db.close());
      onClosed();
    },
  };
}

interface StatementCache {
  readonly prepare: (sql: string) => Statement;
  readonly forget: () => void;
}

function statementCache(db: BetterSqlite.Database): StatementCache {
  const cache = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const known = cache.get(sql);
    if (known !== undefined && !known.busy) {
      cache.delete(sql);
      cache.set(sql, known);
      return known;
    }
    const statement = db.prepare<unknown[], Row>(sql);
    // A busy statement belongs to an unfinished iterate(); the second user gets one of its own.
    if (known === undefined) cache.set(sql, statement);
    const oldest = cache.size > STATEMENT_CACHE ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    return statement;
  };
  return { prepare, forget: () => cache.clear() };
}

/** Whether commits wait for the disk. Changed only when it has to be: each change costs as much as a small write. */
function syncSwitch(db: BetterSqlite.Database): (wanted: boolean) => void {
  let isSynced = true;
  return (wanted) => {
    // A transaction ends as it began.
    if (isSynced === wanted || db.inTransaction) return;
    db.exec(`PRAGMA synchronous = ${wanted ? "FULL" : "NORMAL"}`);
    isSynced = wanted;
  };
}

function* iterateGuarded(statement: Statement, params: readonly SqlValue[], guard: Guard): IterableIterator<Row> {
  const rows = guard(() => statement.iterate(...params));
  try {
    for (let next = guard(() => rows.next()); next.done !== true; next = guard(() => rows.next())) yield next.value;
  } finally {
    rows.return?.();
  }
}

function guardFor(file: string): Guard {
  return (work) => {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, file);
    }
  };
}

/** SQLite's refusals as StoreError; every other error as it is. */
export function toStoreError(error: unknown, file: string): unknown {
  if (!(error instanceof BetterSqlite.SqliteError)) return error;
  const code = SCHEMA_GONE.test(error.message) ? "corrupt" : storeErrorCode(error.code, file);
  return code === undefined ? error : new StoreError(code, `${error.code}: ${error.message}`, { cause: error });
}

/** Our statements fit our migrations: what they name is missing only where the file's own schema was damaged. */
const SCHEMA_GONE = /no such (table|column|module|function)|has no column named|malformed database schema/i;

const CODE_BY_PREFIX: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ["SQLITE_FULL", "disk_full"],
  ["SQLITE_READONLY", "read_only"],
  ["SQLITE_PERM", "read_only"],
  ["SQLITE_CORRUPT", "corrupt"],
  ["SQLITE_NOTADB", "corrupt"],
  ["SQLITE_BUSY", "locked"],
  ["SQLITE_LOCKED", "locked"],
  ["SQLITE_IOERR", "io"],
  ["SQLITE_CANTOPEN", "io"],
];

function storeErrorCode(sqliteCode: string, file: string): StoreErrorCode | undefined {
  const code = CODE_BY_PREFIX.find(([prefix]) => sqliteCode.startsWith(prefix))?.[1];
  // A full disk also shows as a failed fsync or a failed growth of the shared-memory file.
  return code === "io" && isDiskFull(file) ? "disk_full" : code;
}

function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}

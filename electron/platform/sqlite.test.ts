import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "#core/ports/database.ts";
import { listBackups } from "./sqliteBackups.ts";
import { eventually } from "#test/support/deadline.ts";
import { createFileLogger } from "./pinoLogger.ts";
import { assertSafeVersion, connectSqlite, toStoreError } from "./sqlite.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sqlite-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("the SQLite adapter", () => {
  it("opens durable: WAL, FULL, foreign keys, a safe version", () => {
    const database = connectSqlite(join(dir, "a.sqlite"), { applicationId: 7 });
    const pragma = (name: string) => Object.values(database.get(`PRAGMA ${name}`) ?? {})[0];
    expect(["journal_mode", "synchronous", "foreign_keys", "busy_timeout", "application_id"].map(pragma)).toEqual([
      "wal",
      2,
      1,
      5000,
      7,
    ]);
    database.close();
    database.close();
  });

  it("waits for the disk with every commit but the one that asks not to, also right after it", () => {
    const database = connectSqlite(join(dir, "a.sqlite"));
    const synchronous = () => Object.values(database.get("PRAGMA synchronous") ?? {})[0];
    database.exec("CREATE TABLE t (n)");
    database.runUnsynced("INSERT INTO t VALUES (1)", []);
    expect(synchronous()).toBe(1);
    expect(database.transaction(synchronous)).toBe(2);
    database.runUnsynced("INSERT INTO t VALUES (2)", []);
    database.run("INSERT INTO t VALUES (3)");
    expect(synchronous()).toBe(2);
    database.close();
  });

  it("refuses a SQLite with the WAL-reset bug", () => {
    for (const bad of ["3.51.2", "3.50.9", "3.7.0", "2.99.99"]) expect(() => assertSafeVersion(bad)).toThrow("3.51.3");
    for (const good of ["3.51.3", "3.52.0", "3.54.1", "4.0.0"]) assertSafeVersion(good);
  });

  it("runs the same statement inside its own iteration, and ends an abandoned one", () => {
    const database = connectSqlite(":memory:");
    database.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3)");
    const sql = "SELECT n FROM t ORDER BY n";
    for (const row of database.iterate(sql)) {
      expect(database.all(sql)).toHaveLength(3);
      if (row["n"] === 2) break;
    }
    expect(database.run("INSERT INTO t VALUES (?)", [4]).changes).toBe(1);
    expect([...database.iterate(sql)]).toHaveLength(4);
    for (let index = 0; index < 600; index++) database.get(`SELECT ${index} AS x`);
    database.close();
  });

  it("rolls a transaction back when its work throws", () => {
    const database = connectSqlite(":memory:");
    database.exec("CREATE TABLE t (n)");
    const broken = () =>
      database.transaction(() => {
        database.run("INSERT INTO t VALUES (1)");
        throw new Error("no");
      });
    expect(broken).toThrow("no");
    expect(database.all("SELECT * FROM t")).toEqual([]);
    database.close();
  });

  it("names what the outside world did and leaves our own mistakes as they are", () => {
    const codeOf = (code: string) => {
      const error = toStoreError(new BetterSqlite.SqliteError("x", code), join(dir, "a"));
      return error instanceof StoreError ? error.code : "ours";
    };
    const codes = [
      "SQLITE_FULL",
      "SQLITE_READONLY_DBMOVED",
      "SQLITE_IOERR_WRITE",
      "SQLITE_CORRUPT_VTAB",
      "SQLITE_NOTADB",
      "SQLITE_BUSY_SNAPSHOT",
      "SQLITE_CONSTRAINT_UNIQUE",
      "SQLITE_ERROR",
    ];
    expect(codes.map(codeOf)).toEqual(["disk_full", "read_only", "io", "corrupt", "corrupt", "locked", "ours", "ours"]);
    writeFileSync(join(dir, "junk"), "not a database at all, really".repeat(50));
    expect(() => connectSqlite(join(dir, "junk"))).toThrow(StoreError);
  });

  it("keeps the newest seven backups, each complete, and none more often than asked", async () => {
    const database = connectSqlite(join(dir, "a.sqlite"));
    database.exec("CREATE TABLE t (n); INSERT INTO t VALUES (42)");
    for (let index = 0; index < 9; index++) {
      expect(await database.keepBackup(`round/${index}`)).toBe(true);
      // Names carry the millisecond; the next one is to be later.
      const last = Date.now();
      while (Date.now() === last) await Promise.resolve();
    }
    expect(await database.keepBackup("daily", 60_000)).toBe(false);
    const kept = listBackups(join(dir, "a.sqlite"));
    expect(kept.map(({ file }) => /round_\d/.exec(file)?.[0])).toEqual(
      [8, 7, 6, 5, 4, 3, 2].map((index) => `round_${index}`),
    );
    const copy = connectSqlite(kept[6]?.file ?? "");
    expect(copy.get("SELECT n FROM t")).toEqual({ n: 42 });
    copy.close();
    database.close();
    const memory = connectSqlite(":memory:");
    expect(await memory.keepBackup("x")).toBe(false);
    memory.close();
  });
});

describe("what commits wrote to the log", () => {
  const fill = (database: ReturnType<typeof connectSqlite>, pages: number) => {
    const sql = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${pages})`;
    database.run(`${sql} INSERT INTO t SELECT randomblob(3000) FROM n`);
  };
  const logOf = (database: ReturnType<typeof connectSqlite>) => database.get("PRAGMA wal_checkpoint(NOOP)") ?? {};

  it("is copied into the database beside the commits, and the log begins anew", async () => {
    const file = join(dir, "a.sqlite");
    const database = connectSqlite(file);
    database.exec("CREATE TABLE t (a)");
    fill(database, 3000);
    expect(logOf(database)).toMatchObject({ checkpointed: 0 });
    expect(Number(logOf(database)["log"])).toBeGreaterThan(2000);
    await eventually("everything is copied", () => {
      const { log, checkpointed } = logOf(database);
      return log === checkpointed;
    });
    fill(database, 1);
    expect(Number(logOf(database)["log"])).toBeLessThan(10);
    database.close();
  });

  it("is all in the database after a close in the middle of copying", async () => {
    const file = join(dir, "a.sqlite");
    for (let round = 1; round <= 3; round++) {
      const database = connectSqlite(file);
      database.exec("CREATE TABLE IF NOT EXISTS t (a)");
      fill(database, 3000);
      await eventually("copying began", () => Number(logOf(database)["checkpointed"]) > 0);
      fill(database, 10);
      database.close();
      expect(existsSync(`${file}-wal`)).toBe(false);
      const again = connectSqlite(file);
      expect(again.get("SELECT count(*) AS n FROM t")).toEqual({ n: round * 3010 });
      again.close();
    }
  });
});

describe("the log file", () => {
  it("writes JSON lines and turns a large file over at start", () => {
    const first = createFileLogger({ dataDir: dir });
    first.info("It began.", { port: 1 });
    first.debug("not shown");
    first.flush();
    const line: unknown = JSON.parse(readFileSync(first.file, "utf8").trim());
    expect(line).toMatchObject({ level: 30, msg: "It began.", port: 1 });
    truncateSync(first.file, 11 * 1024 * 1024);
    const second = createFileLogger({ dataDir: dir });
    second.error("Again.");
    second.flush();
    expect(readFileSync(second.file, "utf8").trim().split("\n")).toHaveLength(1);
    expect(readFileSync(join(dir, "logs", "core.1.log")).length).toBe(11 * 1024 * 1024);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { checkpointsBeside } from "./sqliteCheckpoints.ts";

let dir: string;
let db: BetterSqlite.Database;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "checkpoints-"));
  db = new BetterSqlite(join(dir, "a.sqlite"));
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (a)");
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const bound = () => db.pragma("wal_autocheckpoint", { simple: true });

/** The real database, but for one call that the disk refuses. */
function failingAt(call: "look" | "copy"): BetterSqlite.Database {
  const refuse = (): never => {
    throw new BetterSqlite.SqliteError("database or disk is full", "SQLITE_FULL");
  };
  return new Proxy(db, {
    get: (real, name) => {
      if (call === "look" && name === "prepare") return () => ({ get: refuse });
      if (call === "copy" && name === "pragma")
        return (text: string) => (text.startsWith("wal_checkpoint") ? refuse() : real.pragma(text));
      const value: unknown = Reflect.get(real, name, real);
      return typeof value === "function" ? value.bind(real) : value;
    },
  });
}

it.each(["look", "copy"] as const)(
  "lets SQLite copy by itself where the disk refuses the %s, and the app goes on",
  async (call) => {
    const checkpoints = checkpointsBeside(failingAt(call));
    expect(bound()).toBe(16_384);
    db.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT randomblob(3000) FROM n",
    );
    checkpoints.wrote();
    await eventually("it is left to SQLite", () => bound() === 1000);
    checkpoints.close();
  },
);

/** What was acknowledged survives kill -9, a full disk and a migration cut in the middle. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "#core/store/index.ts";
import { MIGRATIONS } from "#core/store/migrations/all.ts";
import { acquireInstanceLock } from "#platform/instanceLock.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { startStoreProcess } from "./child.ts";
import { databaseFile, openTestStore, SLOW_MIGRATION } from "./storeProcess.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function canMountTmpfs(): boolean {
  try {
    execFileSync("unshare", ["-rm", "sh", "-c", `mount -t tmpfs -o size=1m tmpfs ${dataDir}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("kill -9 under load", () => {
  it("loses nothing acknowledged in 10 rounds, leaves no half command and no gap", async () => {
    const acknowledged: number[] = [];
    for (let round = 0; round < 10; round++) {
      const writer = startStoreProcess("write", dataDir);
      await writer.said(20 + Math.floor(Math.random() * 300));
      await writer.kill();
      acknowledged.push(...writer.facts.map(Number));
      const database = connectSqlite(databaseFile(dataDir));
      expect(database.all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
      const { last, count, told, receipts } = {
        ...database.get(`SELECT max(seq) AS last, count(*) AS count,
        (SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'last') AS told, (SELECT count(*) FROM receipts) AS receipts FROM event_log`),
      };
      expect({ count, told, receipts }).toEqual({ count: last, told: last, receipts: last });
      database.close();
      expect(Number(last)).toBeGreaterThanOrEqual(Math.max(...acknowledged));
    }
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    const store = await openTestStore(dataDir);
    const stored = new Set(store.events.read({ limit: 1_000_000 }).map(({ seq }) => seq));
    expect(acknowledged.filter((seq) => !stored.has(seq))).toEqual([]);
    // The indexes follow the log; a start that finds them behind brings them up.
    expect(store.events.read({ text: "exited", limit: 1_000_000 })).toHaveLength(stored.size);
    store.close();
  });
});

describe("a migration that is killed in the middle", () => {
  it("leaves the old schema whole, keeps a backup from before, and succeeds when tried again", async () => {
    const store = await openTestStore(dataDir);
    store.transact({
      actor: "person",
      work: (tx) => tx.append({ subject: "sys.test.kept", type: "setting.changed", data: { value: 1 } }),
    });
    store.close();
    const walFile = `${databaseFile(dataDir)}-wal`;
    for (let attempt = 0; attempt < 3; attempt++) {
      const migrating = startStoreProcess("migrateSlowly", dataDir);
      await migrating.said(1);
      // The transaction is under way once its pages spill into the log beside the database.
      const deadline = Date.now() + 20_000;
      while (!isLarge(walFile) && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
      await migrating.kill();
      expect(migrating.facts).toEqual(["migrating"]);
      const database = connectSqlite(databaseFile(dataDir));
      expect(database.get("PRAGMA user_version")).toEqual({ user_version: SCHEMA_VERSION });
      expect(database.get("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'slow'")).toEqual({ n: 0 });
      database.close();
    }
    expect(
      readdirSync(join(dataDir, "backups", "signalbox")).some((name) =>
        name.includes(`before-schema-${SCHEMA_VERSION + 1}`),
      ),
    ).toBe(true);
    const migrated = await openTestStore(dataDir, [...MIGRATIONS, SLOW_MIGRATION]);
    expect(migrated.get("SELECT count(*) AS n FROM slow")).toEqual({ n: 1_500_000 });
    expect(migrated.events.read({ limit: 10 })).toMatchObject([{ subject: "sys.test.kept", data: { value: 1 } }]);
    migrated.close();
  });
});

function isLarge(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 1024 * 1024;
}

describe("one app per data directory", () => {
  it("refuses the second with the first one's pid, and kill -9 of the first frees it", async () => {
    const holder = startStoreProcess("holdLock", dataDir);
    await holder.said(1);
    expect(holder.facts[0]).toEqual({ held: holder.child.pid });
    const refused = acquireInstanceLock(dataDir);
    expect(refused).toMatchObject({ ok: false, error: { code: "locked", details: { pid: holder.child.pid } } });
    expect(!refused.ok && refused.error.message).toContain(`process ${holder.child.pid}`);
    await holder.kill();
    const lock = acquireInstanceLock(dataDir);
    expect(lock.ok).toBe(true);
    expect(acquireInstanceLock(dataDir)).toMatchObject({ ok: false, error: { code: "locked" } });
    if (lock.ok) lock.value.release();
    const again = acquireInstanceLock(dataDir);
    expect(again.ok).toBe(true);
    if (again.ok) again.value.release();
  });
});

describe("a full disk", () => {
  it("refuses with a sentence, keeps what was acknowledged readable, and goes on by itself", async (context) => {
    if (!canMountTmpfs())
      context.skip("SKIPPED: no small tmpfs can be mounted here (unshare -rm refused); the full disk was not tested");
    const mountAndRun = ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=6m tmpfs ${dataDir} && exec "$@"`, "sh"];
    const full = startStoreProcess("fillDisk", dataDir, mountAndRun);
    await full.ended();
    const fact = full.facts[0] as Record<string, unknown> & { acknowledged: number[]; seqs: number[] };
    expect(fact).toMatchObject({
      refused: { code: "store_unavailable", message: expect.stringContaining("full") },
      stillRefused: true,
      healthWhileFull: "disk_full",
      healthAfter: "ok",
      again: { ok: true },
      integrity: { integrity_check: "ok" },
    });
    expect(fact.acknowledged.length).toBeGreaterThan(10);
    expect(fact.seqs).toEqual(fact.acknowledged);
    expect(fact["readable"]).toBe(fact.acknowledged.length - 1);
  });
});

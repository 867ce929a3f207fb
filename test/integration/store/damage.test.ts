/** A file that is newer, foreign, damaged or no database at all: nothing is lost by opening it. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SCHEMA_VERSION, openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { startStoreProcess } from "./child.ts";
import { databaseFile, openTestStore, silent } from "./storeProcess.ts";

let dataDir: string;
let file: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "damage-"));
  file = databaseFile(dataDir);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const open = () => openDatabase({ file, newestSchema: SCHEMA_VERSION, logger: silent });
const asides = () =>
  readdirSync(dataDir)
    .filter((name) => name.includes(".corrupt-"))
    .sort();

function fill(store: Store, count: number): void {
  store.transact({
    actor: "system",
    work: (tx) => {
      for (let round = 0; round < count; round++)
        tx.append({
          subject: `ws.shop.agent.a${round % 7}.exited`,
          type: "agent.exited",
          data: { round, words: `lap ${round} ${"x".repeat(200)}` },
        });
      tx.run("INSERT OR REPLACE INTO settings (key, value) VALUES ('theme', '\"dark\"')");
    },
  });
}

async function reopened(): Promise<{ store: Store; notice: string | undefined }> {
  const opened = open();
  if (!opened.ok) throw new Error(opened.error.message);
  const store = await openStore({ database: opened.value.database, clock: createSystemClock(), logger: silent });
  if (!store.ok) throw new Error(store.error.message);
  return { store: store.value, notice: opened.value.notice };
}

describe("a newer schema", () => {
  it("is refused with every file byte-identical, checkpointed or not", async () => {
    (await openTestStore(dataDir)).close();
    const db = new BetterSqlite(file);
    db.pragma("wal_autocheckpoint = 0");
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    // Not checkpointed: the newer version stands only in the write-ahead log.
    for (const isCheckpointed of [false, true]) {
      if (isCheckpointed) db.close();
      const files = readdirSync(dataDir).filter(
        (name) => !name.endsWith("-shm") && statSync(join(dataDir, name)).isFile(),
      );
      const before = files.map((name) => [name, hash(join(dataDir, name))]);
      expect(open()).toMatchObject({
        ok: false,
        error: { code: "schema_too_new", details: { schema: SCHEMA_VERSION + 1 } },
      });
      expect(files.map((name) => [name, hash(join(dataDir, name))])).toEqual(before);
    }
  });

  it("is refused by the store too, where the database was opened by other means", async () => {
    const database = connectSqlite(":memory:");
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 5}`);
    expect(await openStore({ database, clock: createSystemClock(), logger: silent })).toMatchObject({
      ok: false,
      error: { code: "schema_too_new" },
    });
    expect(database.all("SELECT name FROM sqlite_schema")).toEqual([]);
    database.close();
  });
});

describe("files that are not ours", () => {
  it("refuses another program's database untouched", () => {
    const db = new BetterSqlite(file);
    db.pragma("application_id = 1234");
    db.exec("CREATE TABLE theirs (x)");
    db.close();
    const before = hash(file);
    expect(open()).toMatchObject({
      ok: false,
      error: { code: "store_unavailable", message: expect.stringContaining("another program") },
    });
    expect(hash(file)).toBe(before);
  });

  it("sets a file that is no database aside and starts empty", async () => {
    writeFileSync(file, "this is not a database, but it may be precious".repeat(100));
    const before = hash(file);
    const { store, notice } = await reopened();
    expect(notice).toMatch(/damaged and has been kept as .*corrupt-/);
    expect(hash(join(dataDir, asides()[0] ?? ""))).toBe(before);
    fill(store, 3);
    expect(store.events.lastSeq()).toBe(3);
    store.close();
  });

  it("says in one sentence that the folder cannot be used", () => {
    writeFileSync(join(dataDir, "plain"), "");
    const blocked = openDatabase({ file: join(dataDir, "plain", "x.sqlite"), newestSchema: 1, logger: silent });
    expect(blocked).toMatchObject({ ok: false, error: { code: "store_unavailable" } });
  });
});

describe("a clean and an unclean shutdown", () => {
  it("marks the clean one for exactly this file and checks after any other", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 10);
    expect(existsSync(`${file}.clean_shutdown`)).toBe(false);
    store.close();
    expect(existsSync(`${file}.clean_shutdown`)).toBe(true);
    const again = await reopened();
    expect(again.notice).toBeUndefined();
    expect(again.store.events.lastSeq()).toBe(10);
    again.store.close();
  });
});

describe("a large database after an unclean shutdown", () => {
  const openLarge = (onDamage: (sentence: string) => void = () => undefined) => {
    const opened = openDatabase({ file, newestSchema: SCHEMA_VERSION, logger: silent, largeBytes: 1000, onDamage });
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value;
  };

  it("is checked beside the running app, and found sound it counts as clean again", async () => {
    const writer = startStoreProcess("write", dataDir);
    await writer.said(100);
    await writer.kill();
    const { database, check } = openLarge();
    await check;
    database.close();
    expect(openLarge().check).toBeUndefined();
  });

  it("says that it found damage, and the next start repairs it", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 3000);
    store.close();
    damage(2);
    const sentences: string[] = [];
    const { database, check } = openLarge((sentence) => sentences.push(sentence));
    await check;
    database.close();
    expect(sentences).toEqual([expect.stringContaining("Restart Signalbox")]);
    const { store: repaired, notice } = await reopened();
    expect(notice).toContain("damaged");
    expect(repaired.events.read({ limit: 10_000 }).length).toBeGreaterThan(2800);
    repaired.close();
    expect((await reopened()).notice).toBeUndefined();
  });
});

/** Overwrites pages from the middle of the file on with garbage. */
function damage(pages: number): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 4096 / 2) * 4096;
  bytes.fill(0xa5, middle, middle + pages * 4096);
  writeFileSync(file, bytes);
}

describe("a damaged database", () => {
  it("is set aside whole, and the newest good backup takes its place", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 500);
    const database = connectSqlite(file);
    expect(await database.keepBackup("daily")).toBe(true);
    database.close();
    store.close();
    writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0x5a));
    const damagedHash = hash(file);
    const { store: restored, notice } = await reopened();
    expect(notice).toMatch(/The backup of \d{4}-.* was restored/);
    expect(hash(join(dataDir, asides()[0] ?? ""))).toBe(damagedHash);
    expect(restored.events.lastSeq()).toBe(500);
    expect(restored.get("SELECT value FROM settings WHERE key = 'theme'")).toEqual({ value: '"dark"' });
    fill(restored, 1);
    restored.close();
  });

  it("passes over a damaged backup", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 50);
    const database = connectSqlite(file);
    await database.keepBackup("good");
    const takenAt = Date.now();
    while (Date.now() === takenAt) await Promise.resolve();
    await database.keepBackup("bad");
    database.close();
    store.close();
    const folder = join(dataDir, "backups", "signalbox");
    const bad = join(folder, readdirSync(folder).sort().at(-1) ?? "");
    expect(bad).toContain("bad");
    writeFileSync(bad, Buffer.concat([readFileSync(bad).subarray(0, 4096), Buffer.alloc(20_000, 0xff)]));
    writeFileSync(file, "gone");
    const { store: restored, notice } = await reopened();
    expect(notice).toContain("restored");
    expect(restored.events.lastSeq()).toBe(50);
    restored.close();
  });

  it("is found after kill -9 and after a change between two clean runs", async () => {
    const writer = startStoreProcess("write", dataDir);
    await writer.said(300);
    await writer.kill();
    connectSqlite(file).close();
    damage(3);
    const first = await reopened();
    expect(first.notice).toContain("damaged");
    fill(first.store, 500);
    first.store.close();
    damage(2);
    const second = await reopened();
    expect(second.notice).toContain("damaged");
    expect(asides().filter((name) => !/-(wal|shm)$/.test(name))).toHaveLength(2);
    second.store.close();
  });

  it("keeps every event but those on the damaged pages, and finds them by text again", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 5000);
    store.close();
    damage(1);
    const { store: salvaged, notice } = await reopened();
    expect(notice).toMatch(/damaged|taken over/);
    const events = salvaged.events.read({ limit: 10_000 });
    expect(events.length).toBeGreaterThan(4900);
    expect(events.every(({ seq, data }) => data["round"] === seq - 1)).toBe(true);
    expect(salvaged.events.read({ text: "lap", limit: 10_000 })).toHaveLength(events.length);
    expect(salvaged.get("SELECT value FROM settings WHERE key = 'theme'")).toEqual({ value: '"dark"' });
    fill(salvaged, 1);
    expect(salvaged.events.lastSeq()).toBe(5001);
    salvaged.close();
  });

  it("is filled from the backup where it cannot be read", async () => {
    const store = await openTestStore(dataDir);
    fill(store, 5000);
    const database = connectSqlite(file);
    await database.keepBackup("daily");
    database.close();
    fill(store, 200);
    store.close();
    damage(20);
    const { store: salvaged, notice } = await reopened();
    expect(notice).toContain("filled from the backup");
    expect(salvaged.events.read({ limit: 10_000 })).toHaveLength(5200);
    expect(salvaged.events.read({ text: "lap", limit: 10_000 })).toHaveLength(5200);
    salvaged.close();
  });
});

/**
 * A process that uses the store, to be killed: `node storeProcess.ts <job> <dataDir>`. It writes one JSON line per
 * fact to stdout, synchronously, after the fact is acknowledged.
 */
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "#core/ports/logger.ts";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import type { Migration, Store } from "#core/store/index.ts";
import { acquireInstanceLock } from "#platform/instanceLock.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { must, openMemory, PERSON } from "#test/support/memoryRig.ts";

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Slow on purpose: the test kills the process while this runs. */
export const SLOW_MIGRATION: Migration = {
  version: SCHEMA_VERSION + 1,
  name: "slow",
  sql: `CREATE TABLE slow (n INTEGER PRIMARY KEY, filler TEXT) STRICT;
    INSERT INTO slow SELECT value, hex(randomblob(40)) FROM
      (WITH RECURSIVE counter (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counter WHERE value < 1500000) SELECT value FROM counter);`,
};

export const databaseFile = (dataDir: string): string => join(dataDir, "signalbox.sqlite");

function say(fact: unknown): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

export async function openTestStore(dataDir: string, migrations?: readonly Migration[]): Promise<Store> {
  const opened = openDatabase({
    file: databaseFile(dataDir),
    newestSchema: migrations?.length ?? SCHEMA_VERSION,
    logger: silent,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const { database } = opened.value;
  const store = await openStore({
    database,
    clock: createSystemClock(),
    logger: silent,
    ...(migrations ? { migrations } : {}),
  });
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

function appendOne(store: Store, round: number, filler = "") {
  return store.transact({
    commandId: `${process.pid}-${round}`,
    actor: "system",
    work: (tx) => {
      const { seq } = tx.append({
        subject: `ws.shop.agent.a${round % 20}.exited`,
        type: "agent.exited",
        data: { round, filler },
      });
      tx.run(
        "INSERT INTO settings (key, value) VALUES ('last', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [String(seq)],
      );
      return seq;
    },
  });
}

async function write(dataDir: string): Promise<void> {
  const store = await openTestStore(dataDir);
  for (let round = 0; ; round++) {
    const result = appendOne(store, round);
    if (!result.ok) throw new Error(result.error.message);
    say(result.value);
    // Lets the daily backup run between commands, as in the app.
    if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Writes something that waits for no disk, and then nothing more. */
async function jot(dataDir: string): Promise<void> {
  const store = await openTestStore(dataDir);
  const jotted = store.jot("INSERT INTO settings (key, value) VALUES ('jotted', 'yes')", []);
  if (!jotted.ok) throw new Error(jotted.error.message);
  say("jotted");
  setInterval(() => store, 60_000);
}

async function migrateSlowly(dataDir: string): Promise<void> {
  const { MIGRATIONS } = await import("#core/store/migrations/all.ts");
  say("migrating");
  await openTestStore(dataDir, [...MIGRATIONS, SLOW_MIGRATION]);
  say("migrated");
}

async function migrate(dataDir: string): Promise<void> {
  (await openTestStore(dataDir)).close();
  say("migrated");
}

function holdLock(dataDir: string): void {
  const lock = acquireInstanceLock(dataDir);
  say(lock.ok ? { held: process.pid } : lock.error);
  // Holding on to it: a lock nobody refers to is closed by the garbage collector.
  setInterval(() => lock, 60_000);
}

/** On a small disk: write until refused, prove it stays refused and readable, free space, prove it goes on. */
async function fillDisk(dataDir: string): Promise<void> {
  const store = await openTestStore(dataDir);
  const acknowledged: number[] = [];
  const filler = join(dataDir, "filler");
  const { bavail, bsize } = statfsSync(dataDir);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 1024 * 1024)));
  let refused;
  let round = 0;
  for (; round < 20_000 && refused === undefined; round++) {
    const result = appendOne(store, round, "x".repeat(2000));
    if (result.ok) acknowledged.push(result.value);
    else refused = result.error;
  }
  const stillRefused = !appendOne(store, round - 1, "x".repeat(2000)).ok;
  const readable = store.events.read({ limit: 100_000 }).length;
  const healthWhileFull = store.health().status;
  rmSync(filler);
  const again = appendOne(store, round - 1, "x".repeat(2000));
  if (again.ok) acknowledged.push(again.value);
  const seqs = store.events.read({ limit: 100_000 }).map(({ seq }) => seq);
  const integrity = store.get("PRAGMA integrity_check");
  say({
    refused,
    stillRefused,
    readable,
    healthWhileFull,
    healthAfter: store.health().status,
    again,
    acknowledged,
    seqs,
    integrity,
  });
  store.close();
}

/** Thirty commands on a disk that fails when told to (`armed` by the parent between the facts), then one on a good one. */
async function throughDiskErrors(dataDir: string): Promise<void> {
  const store = await openTestStore(dataDir);
  const acknowledged: number[] = [];
  const refused: string[] = [];
  const write = (round: number): void => {
    const result = appendOne(store, round, "x".repeat(3000));
    if (result.ok) acknowledged.push(result.value);
    else refused.push(`${result.error.code}: ${result.error.message}`);
  };
  write(0);
  say("open");
  await untilChanged(() => existsSync(join(dataDir, "..", "armed")));
  for (let round = 1; round <= 30; round++) write(round);
  // A checkpoint reads and writes every file there is.
  try {
    store.get("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    refused.push(`store_unavailable: ${String(error)}`);
  }
  say("tried");
  await untilChanged(() => !existsSync(join(dataDir, "..", "armed")));
  const again = appendOne(store, 31);
  if (again.ok) acknowledged.push(again.value);
  const stored = store.events.read({ limit: 1000 }).map(({ seq }) => seq);
  const last = again.ok ? again.value : again.error.message;
  say({ refused, acknowledged, stored, last, health: store.health().status });
  store.close();
}

async function untilChanged(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Memories, variables, messages, snapshots and forgetting, one after the other; each is said after it was acknowledged. */
async function remember(dataDir: string): Promise<void> {
  const opened = openDatabase({ file: databaseFile(dataDir), newestSchema: SCHEMA_VERSION, logger: silent });
  if (!opened.ok) throw new Error(opened.error.message);
  const { memory, remember: store } = await openMemory({ database: opened.value.database });
  const write = { id: "job", set: [], remove: [] };
  for (let round = 0; ; round++) {
    const text = `Fact ${process.pid} ${round}, quoted ${round % 7} times`;
    const id = await store(text, { contextId: "job" });
    say({ memory: id, text });
    const value = `${process.pid}-${round}`;
    const message = { role: "agent", text } as const;
    const { revision, snapshot } = must(
      memory.upsertContext({ ...write, set: [{ name: `v${round % 10}`, value }], message }, PERSON),
    );
    say({ revision, name: `v${round % 10}`, value, ...(snapshot === undefined ? {} : { snapshot }) });
    if (round % 5 === 0) say({ snapshot: must(await memory.snapshot("job", PERSON)).id });
    if (round % 9 === 0) say({ forgotten: must(memory.forget([id], PERSON)).ids[0] });
  }
}

const JOBS: Readonly<Record<string, (dataDir: string) => unknown>> = {
  write,
  jot,
  migrate,
  migrateSlowly,
  holdLock,
  fillDisk,
  throughDiskErrors,
  remember,
};

if (process.argv[1] === import.meta.filename) {
  const [, , job = "", dataDir = ""] = process.argv;
  mkdirSync(dataDir, { recursive: true });
  const work = JOBS[job];
  if (work === undefined) throw new Error(`there is no job ${job}`);
  await work(dataDir);
}

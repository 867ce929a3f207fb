/** Bit flips and cuts anywhere in the database, its log, its shared memory and its backups. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { SeededRandom } from "#test/support/random.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

const EVENTS = 300;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const flips: SoakRow = {
  name: "flips",
  purpose:
    "bit flips and cuts of database, WAL, shared memory and backups: found or harmless, never a crash, and it writes again",
  run,
};

interface Tally {
  found: number;
  refused: number;
  harmless: number;
}

async function run(soak: Soak): Promise<SoakFinding> {
  const good = await goodFiles(soak.dir);
  const tally: Tally = { found: 0, refused: 0, harmless: 0 };
  const problems: string[] = [];
  let rounds = 0;
  for (const round of soak.rounds({ short: 60, long: 1000 })) {
    rounds += 1;
    const victim = soak.random.pick([
      "signalbox.sqlite",
      "signalbox.sqlite",
      "signalbox.sqlite-wal",
      "signalbox.sqlite-shm",
      "backup",
    ]);
    const files = new Map(good);
    for (const [name, bytes] of good)
      if (victim === "backup" ? name.startsWith("backups/") : name === victim)
        files.set(name, spoil(bytes, soak.random));
    // A backup is looked at only where the database itself is past reading.
    if (victim === "backup") files.set("signalbox.sqlite", Buffer.from("gone"));
    putFiles(soak.dir, files);
    try {
      await openAndWrite(soak.dir, tally);
    } catch (error) {
      problems.push(`round ${round}, ${victim}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    }
  }
  return { figures: { rounds, ...tally }, problems };
}

/** A database with a log that is not checkpointed and a backup, as kill -9 leaves it. */
async function goodFiles(dir: string): Promise<ReadonlyMap<string, Buffer>> {
  const file = join(dir, "signalbox.sqlite");
  const opened = openDatabase({ file, newestSchema: SCHEMA_VERSION, logger: silent });
  if (!opened.ok) throw new Error(opened.error.message);
  const { database } = opened.value;
  const store = await openStore({ database, clock: createSystemClock(), logger: silent });
  if (!store.ok) throw new Error(store.error.message);
  const fill = (count: number): void => {
    store.value.transact({
      actor: "system",
      work: (tx) => {
        for (let at = 0; at < count; at += 1)
          tx.append({
            subject: `ws.shop.agent.a${at % 7}.exited`,
            type: "agent.exited",
            data: { at, words: "x".repeat(200) },
          });
      },
    });
  };
  fill(EVENTS);
  await database.keepBackup("daily");
  fill(EVENTS);
  const files = snapshot(dir);
  store.value.close();
  return files;
}

function snapshot(dir: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(dir.length + 1), readFileSync(path)];
    }),
  );
}

function putFiles(dir: string, files: ReadonlyMap<string, Buffer>): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) rmSync(join(entry.parentPath, entry.name));
  for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes);
}

function spoil(good: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(random.below(4) === 0 ? good.subarray(0, random.below(good.length)) : good);
  const count = 1 + random.below(20);
  for (let flip = 0; flip < count && bytes.length > 0; flip += 1) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

/** Whatever the file is, the answer is a refusal with a code, or a store that takes the next event and is sound. */
async function openAndWrite(dir: string, tally: Tally): Promise<void> {
  const file = join(dir, "signalbox.sqlite");
  const opened = openDatabase({ file, newestSchema: SCHEMA_VERSION, logger: silent });
  if (!opened.ok) return refused(opened.error.code, tally);
  const store = await openStore({ database: opened.value.database, clock: createSystemClock(), logger: silent });
  if (!store.ok) return refused(store.error.code, tally);
  const before = store.value.events.lastSeq();
  const result = store.value.transact({
    actor: "system",
    work: (tx) => tx.append({ subject: "sys.test.happened", type: "setting.changed", data: {} }).seq,
  });
  store.value.close();
  if (!result.ok) return refused(result.error.code, tally);
  if (result.value !== before + 1) throw new Error(`event ${before} was followed by ${result.value}`);
  if (opened.value.notice === undefined) tally.harmless += 1;
  else tally.found += 1;
  const db = new BetterSqlite(file);
  const integrity = db.pragma("integrity_check", { simple: true });
  db.close();
  if (integrity !== "ok") throw new Error(`written to a damaged file: ${String(integrity)}`);
}

function refused(code: string, tally: Tally): void {
  if (code !== "schema_too_new" && code !== "store_unavailable") throw new Error(`refused with ${code}`);
  tally.refused += 1;
}

/** The power goes: what was not synced is lost, half there or torn, in any order. What was acknowledged is there. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { startStoreProcess } from "#test/integration/store/child.ts";
import { compileFaultyDisk, readDiskRecord, rebuildDisk } from "./faultyDisk.ts";
import type { DiskChange, Unsynced } from "./faultyDisk.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const power: SoakRow = {
  name: "power",
  purpose:
    "a power cut at any moment, unsynced writes lost, halved or torn: everything acknowledged is there, the database sound",
  run,
};

/** A checkpoint comes every 200 of them or so, and its writes are the dangerous ones. */
const WRITES = { short: 450, long: 3000 };
const MODES: readonly [Unsynced, ...Unsynced[]] = ["none", "all", "half", "torn"];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function run(soak: Soak): Promise<SoakFinding> {
  const shim = await compileFaultyDisk(soak.dir);
  if (shim === undefined) return { figures: {}, problems: [], skipped: "needs Linux and g++" };
  const data = join(soak.dir, "data");
  const changes = await recordWriter(soak, shim, data);
  const problems: string[] = [];
  let rounds = 0;
  let acknowledged = 0;
  for (const round of soak.rounds({ short: 16, long: 200 })) {
    rounds += 1;
    const at = 1 + soak.random.below(changes.length);
    const unsynced = MODES[round % MODES.length] ?? "none";
    const before = changes.slice(0, at);
    const place = join(soak.dir, "after");
    await rebuildDisk(data, place, { changes: before, unsynced, random: soak.random });
    const acked = acknowledgedIn(before);
    acknowledged += acked;
    const wrong = await lookAt(place, acked);
    if (wrong !== undefined) problems.push(`round ${round}, cut after change ${at}, unsynced ${unsynced}: ${wrong}`);
  }
  return { figures: { changes: changes.length, rounds, "acknowledged, over all": acknowledged }, problems };
}

/** The writer's acknowledgements go into the same record, so that their order among the writes is known. */
async function recordWriter(soak: Soak, shim: string, data: string): Promise<readonly DiskChange[]> {
  const record = join(soak.dir, "record");
  const env = [`LD_PRELOAD=${shim}`, `SIGNALBOX_FAULTS_DIR=${data}`, `SIGNALBOX_FAULTS_LOG=${record}`];
  const writer = startStoreProcess("write", data, ["env", ...env]);
  soak.defer(() => writer.kill());
  const wanted = soak.isShort ? WRITES.short : WRITES.long;
  for (let told = 0; told < wanted; told += 1) {
    await writer.said(told + 1);
    const fact = `${String(writer.facts[told])}\n`;
    appendFileSync(record, `w 0 ${fact.length} ${ACKS.length} 0\n${ACKS}${fact}`);
  }
  await writer.kill();
  return readDiskRecord(record);
}

/** No path of the data directory. */
const ACKS = "acknowledged";

function acknowledgedIn(changes: readonly DiskChange[]): number {
  const last = changes.findLast(({ path }) => path === ACKS);
  return last === undefined ? 0 : Number(last.data.toString());
}

async function lookAt(place: string, acknowledged: number): Promise<string | undefined> {
  const file = join(place, "signalbox.sqlite");
  const opened = openDatabase({ file, newestSchema: SCHEMA_VERSION, logger: silent });
  if (!opened.ok) return opened.error.message;
  if (opened.value.notice !== undefined && acknowledged > 0) return opened.value.notice;
  const store = await openStore({ database: opened.value.database, clock: createSystemClock(), logger: silent });
  if (!store.ok) return store.error.message;
  const last = store.value.events.lastSeq();
  const { count } = { ...store.value.get("SELECT count(*) AS count FROM event_log") };
  store.value.close();
  const db = new BetterSqlite(file);
  const integrity = db.pragma("integrity_check", { simple: true });
  db.close();
  if (integrity !== "ok") return `integrity_check says ${String(integrity)}`;
  if (last < acknowledged) return `${acknowledged} acknowledged, ${last} found`;
  return count === last ? undefined : `${String(count)} events up to ${last}`;
}

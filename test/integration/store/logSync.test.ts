/** What is committed without waiting for the disk is there a moment later, though nobody writes any more. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { compileFaultyDisk, readDiskRecord, rebuildDisk } from "#test/soak/faultyDisk.ts";
import { eventually } from "#test/support/deadline.ts";
import { seededRandom } from "#test/support/random.ts";
import { startStoreProcess } from "./child.ts";
import { databaseFile } from "./storeProcess.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "signalbox-log-sync-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it("survives a power cut once the log is synced beside the loop", async (context) => {
  const shim = await compileFaultyDisk(dir);
  if (shim === undefined) return context.skip("needs Linux and g++");
  const [data, record, after] = [join(dir, "data"), join(dir, "record"), join(dir, "after")];
  const env = [`LD_PRELOAD=${shim}`, `SIGNALBOX_FAULTS_DIR=${data}`, `SIGNALBOX_FAULTS_LOG=${record}`];
  const writer = startStoreProcess("jot", data, ["env", ...env]);
  context.onTestFinished(() => writer.kill());
  await writer.said(1);
  const log = `${databaseFile(data)}-wal`;
  const changes = await eventually("the log is synced", async () => {
    const known = await readDiskRecord(record);
    const ofLog = known.filter(({ path }) => path === log);
    return ofLog.at(-1)?.kind === "s" && known;
  });
  await writer.kill();
  await rebuildDisk(data, after, { changes, unsynced: "none", random: seededRandom(1) });
  const database = connectSqlite(databaseFile(after));
  expect(database.get("SELECT value FROM settings WHERE key = 'jotted'")).toEqual({ value: "yes" });
  database.close();
});

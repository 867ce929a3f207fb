/**
 * One app per data directory. The lock is the operating system's (SQLite holds an exclusive lock on `lock.sqlite`), so
 * it ends with its process however that ends, kill -9 included, and no stale file has to be judged.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { StoreError } from "#core/ports/database.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { toStoreError } from "./sqlite.ts";

export interface InstanceLock {
  /** Idempotent; the end of the process does the same. */
  release(): void;
}

/** Errors: locked (the owner's pid in the sentence and in `details.pid`), store_unavailable. */
export function acquireInstanceLock(dataDir: string): Result<InstanceLock> {
  const pidFile = join(dataDir, "lock.pid");
  const file = join(dataDir, "lock.sqlite");
  let db: BetterSqlite.Database | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    db = new BetterSqlite(file, { timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
    // Only for the sentence of the one who comes second.
    writeFileSync(pidFile, String(process.pid), { mode: 0o600 });
  } catch (error) {
    db?.close();
    return refusal(toStoreError(error, file), dataDir, pidFile);
  }
  const held = db;
  return ok({
    release: () => {
      if (!held.open) return;
      rmSync(pidFile, { force: true });
      held.close();
    },
  });
}

function refusal(error: unknown, dataDir: string, pidFile: string): Result<never> {
  if (error instanceof StoreError && error.code === "locked") {
    const pid = readPid(pidFile);
    const owner = pid === undefined ? "Another Signalbox" : `Another Signalbox (process ${pid})`;
    const message = `${owner} uses ${dataDir}. Use that one, quit it first, or choose another data directory.`;
    return fail("locked", message, pid === undefined ? {} : { pid });
  }
  const cause = error instanceof Error ? error.message : String(error);
  return fail(
    "store_unavailable",
    `The data directory ${dataDir} cannot be used (${cause}). Check that you may write there and that the disk has space.`,
  );
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

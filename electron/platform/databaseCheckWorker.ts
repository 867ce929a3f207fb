/** The thread that checks a large database while the app already runs; reads only. */
import { parentPort, workerData } from "node:worker_threads";
import BetterSqlite from "better-sqlite3";

function isSound(file: string): boolean {
  let db: BetterSqlite.Database | undefined;
  try {
    db = new BetterSqlite(file, { readonly: true, fileMustExist: true });
    return db.prepare("PRAGMA quick_check(1)").pluck().get() === "ok";
  } catch (error) {
    // Only damage counts; a lock or a missing file says nothing about the pages.
    return !(error instanceof BetterSqlite.SqliteError && /CORRUPT|NOTADB/.test(error.code));
  } finally {
    db?.close();
  }
}

// From here on it may be terminated: in the middle of loading its addon that would take the whole process with it.
new BetterSqlite(":memory:").close();
parentPort?.postMessage("loaded");
parentPort?.postMessage(isSound(String(workerData)));

/**
 * The thread that copies the log into the database. It opens the file for each time: the connection that closes last
 * removes the log, and that is the main thread's.
 */
import { parentPort, workerData } from "node:worker_threads";
import BetterSqlite from "better-sqlite3";
import { z } from "zod";

const { file, state } = z.object({ file: z.string(), state: z.instanceof(Int32Array) }).parse(workerData);

function copy(): boolean {
  let db: BetterSqlite.Database | undefined;
  try {
    db = new BetterSqlite(file, { fileMustExist: true });
    db.pragma("checkpoint_fullfsync = ON");
    db.pragma("wal_checkpoint(PASSIVE)");
    return true;
  } catch {
    return false;
  } finally {
    db?.close();
  }
}

parentPort?.on("message", (order: "copy" | "end") => {
  if (order === "end") {
    parentPort?.close();
    return;
  }
  const isCopied = copy();
  Atomics.store(state, 0, 0);
  Atomics.notify(state, 0);
  parentPort?.postMessage(isCopied);
});

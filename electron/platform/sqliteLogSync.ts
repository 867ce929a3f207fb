/**
 * What is committed without waiting for the disk reaches it a moment later all the same: the log is synced on a thread of
 * the pool, and nobody waits. Only a power cut within that moment takes something.
 */
import { open } from "node:fs/promises";
import type BetterSqlite from "better-sqlite3";

const WITHIN_MS = 500;

export interface LogSync {
  /** Something was committed that no sync waits for. */
  wrote(): void;
  close(): void;
}

const NONE: LogSync = { wrote: () => undefined, close: () => undefined };

export function logSyncBeside(db: BetterSqlite.Database, withinMs = WITHIN_MS): LogSync {
  if (db.memory) return NONE;
  const log = `${db.name}-wal`;
  let timer: NodeJS.Timeout | undefined;
  const sync = async (): Promise<void> => {
    // Another descriptor than SQLite's is as good, and closing it gives up no lock: SQLite locks nothing in the log.
    const handle = await open(log, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  return {
    wrote: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        // A disk that refuses shows at the next commit that waits for it.
        sync().catch(() => undefined);
      }, withinMs).unref();
    },
    close: () => clearTimeout(timer),
  };
}

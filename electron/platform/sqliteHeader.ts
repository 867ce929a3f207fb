/** What a database file says of itself before anyone opens it for writing: opening would already change files. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import BetterSqlite from "better-sqlite3";

const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;

export type Header = { readonly userVersion: number; readonly applicationId: number } | "not_a_database" | undefined;

/** Undefined: there is no file. An empty one was cut off: ours is never empty once it was opened. */
export function readHeader(file: string): Header {
  if (!existsSync(file)) return undefined;
  const bytes = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, "r");
  try {
    if (readSync(descriptor, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return "not_a_database";
  } finally {
    closeSync(descriptor);
  }
  if (bytes.toString("latin1", 0, 16) !== SQLITE_MAGIC) return "not_a_database";
  const inFile = { userVersion: bytes.readInt32BE(60), applicationId: bytes.readInt32BE(68) };
  // A crash may have left the newest header in the write-ahead log.
  const hasWal = existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;
  return hasWal ? (headerThroughWal(file) ?? inFile) : inFile;
}

function headerThroughWal(file: string): Exclude<Header, string> {
  let db: BetterSqlite.Database | undefined;
  try {
    db = new BetterSqlite(file, { readonly: true, fileMustExist: true });
    return {
      userVersion: Number(db.pragma("user_version", { simple: true })),
      applicationId: Number(db.pragma("application_id", { simple: true })),
    };
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

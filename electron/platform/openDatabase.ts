/**
 * Opening the product's database file with the care a person's history deserves: a newer schema is refused before a
 * byte is written, an unclean shutdown is checked, a damaged file is set aside (never deleted) and replaced by the
 * newest good backup, and the person is told in one sentence.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import BetterSqlite from "better-sqlite3";
import { z } from "zod";
import { StoreError } from "#core/ports/database.ts";
import type { Database } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { connectSqlite, toStoreError } from "./sqlite.ts";
import { listBackups, toStamp } from "./sqliteBackups.ts";

/** "SgBx": tells our file from any other SQLite file. */
export const APPLICATION_ID = 0x53674278;
const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;

export interface OpenDatabaseOptions {
  readonly file: string;
  /** The newest schema this program knows (core/store SCHEMA_VERSION). */
  readonly newestSchema: number;
  readonly logger: Logger;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** What happened to a damaged database, one sentence for a person. */
  readonly notice?: string;
  /** The damaged file, set aside. */
  readonly setAside?: string;
}

/** Errors: schema_too_new (file untouched), store_unavailable, locked. */
export function openDatabase(options: OpenDatabaseOptions): Result<OpenedDatabase> {
  const { file } = options;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const header = readHeader(file);
    const refusal = header === undefined ? undefined : refuseForeign(header, options);
    if (refusal !== undefined) return { ok: false, error: refusal };
    if (header !== "not_a_database") {
      const database = connectChecked(file);
      if (database !== undefined) return ok({ database });
    }
    return recover(options);
  } catch (error) {
    return refusalOf(toStoreError(error, file), file);
  }
}

type Header = { readonly userVersion: number; readonly applicationId: number } | "not_a_database" | undefined;

/** The schema version without opening the database for writing: opening would already change files. */
function readHeader(file: string): Header {
  if (!existsSync(file) || statSync(file).size === 0) return undefined;
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

function refuseForeign(header: Header, { file, newestSchema }: OpenDatabaseOptions) {
  if (header === undefined || header === "not_a_database") return undefined;
  if (header.applicationId !== 0 && header.applicationId !== APPLICATION_ID) {
    return fail(
      "store_unavailable",
      `${file} belongs to another program. Choose another data directory or move that file away.`,
    ).error;
  }
  if (header.userVersion <= newestSchema) return undefined;
  return fail(
    "schema_too_new",
    `The database ${file} was written by a newer Signalbox (schema ${header.userVersion}, this one knows ${newestSchema}). Nothing was changed; install the newer version to use it.`,
    { schema: header.userVersion, newestKnown: newestSchema },
  ).error;
}

/** Undefined: it is damaged. Other refusals of the outside world are thrown. */
function connectChecked(file: string): Database | undefined {
  const wasClean = takeCleanMark(file);
  let database: Database | undefined;
  try {
    database = connectSqlite(file, { applicationId: APPLICATION_ID, onClosed: () => leaveCleanMark(file) });
    if (wasClean || isSound(database)) return database;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "corrupt") {
      closeQuietly(database);
      throw error;
    }
  }
  closeQuietly(database);
  return undefined;
}

function isSound(database: Database): boolean {
  return database.all("PRAGMA quick_check(1)")[0]?.["quick_check"] === "ok";
}

function closeQuietly(database: Database | undefined): void {
  try {
    database?.close();
  } catch {
    // A damaged database may refuse even this; its file is set aside next.
  }
}

function recover({ file, newestSchema, logger }: OpenDatabaseOptions): Result<OpenedDatabase> {
  const setAside = `${file}.corrupt-${toStamp(Date.now())}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${setAside}${suffix}`);
  }
  rmSync(cleanMark(file), { force: true });
  logger.error("The database is damaged; it was set aside.", { setAside });
  const restored = restoreNewestBackup(file, newestSchema, logger);
  const database = connectSqlite(file, { applicationId: APPLICATION_ID, onClosed: () => leaveCleanMark(file) });
  const outcome =
    restored === undefined
      ? "There was no backup, so the history starts empty; the agents' output logs are untouched."
      : `The backup of ${new Date(restored).toISOString()} was restored; events after it are missing, the agents' output logs are untouched.`;
  return ok({ database, setAside, notice: `The database was damaged and has been kept as ${setAside}. ${outcome}` });
}

/** When the restored backup was taken; undefined when none is good. */
function restoreNewestBackup(file: string, newestSchema: number, logger: Logger): number | undefined {
  for (const backup of listBackups(file)) {
    const header = readHeader(backup.file);
    if (header === undefined || header === "not_a_database" || header.userVersion > newestSchema) continue;
    const candidate = `${file}.restoring`;
    rmSync(candidate, { force: true });
    copyFileSync(backup.file, candidate);
    if (isSoundFile(candidate)) {
      renameSync(candidate, file);
      return backup.takenAtMs;
    }
    rmSync(candidate, { force: true });
    logger.warn("A backup is damaged too and was passed over.", { backup: backup.file });
  }
  return undefined;
}

function isSoundFile(file: string): boolean {
  let database: Database | undefined;
  try {
    database = connectSqlite(file);
    return isSound(database);
  } catch {
    return false;
  } finally {
    closeQuietly(database);
  }
}

/** Present only between a clean close and the next open, and only valid for exactly that file. */
function cleanMark(file: string): string {
  return `${file}.clean_shutdown`;
}

const cleanMarkSchema = z.object({ size: z.number(), mtimeMs: z.number() });

function leaveCleanMark(file: string): void {
  if (existsSync(`${file}-wal`)) return;
  const { size, mtimeMs } = statSync(file);
  writeFileSync(cleanMark(file), JSON.stringify({ size, mtimeMs }), { mode: 0o600 });
}

function takeCleanMark(file: string): boolean {
  try {
    const mark = cleanMarkSchema.parse(JSON.parse(readFileSync(cleanMark(file), "utf8")));
    rmSync(cleanMark(file), { force: true });
    const { size, mtimeMs } = statSync(file);
    return mark.size === size && mark.mtimeMs === mtimeMs;
  } catch {
    // No mark, or one that does not parse: an unclean shutdown. A file that does not exist yet is trivially sound.
    return !existsSync(file);
  }
}

function refusalOf(error: unknown, file: string): Result<never> {
  if (!(error instanceof Error)) throw error;
  const code = error instanceof StoreError ? error.code : "code" in error ? String(error.code) : undefined;
  switch (code) {
    case "disk_full":
    case "ENOSPC":
      return fail("store_unavailable", `The disk that holds ${file} is full. Free some space and start again.`);
    case "locked":
      return fail("locked", `Another program holds ${file} locked. Close it and start again.`);
    case "read_only":
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return fail(
        "store_unavailable",
        `${file} cannot be written. Give yourself write access to it and its folder, or choose another data directory.`,
      );
    case undefined:
      throw error;
    default:
      return fail(
        "store_unavailable",
        `${file} cannot be opened (${error.message}). Check the disk, or choose another data directory.`,
      );
  }
}

/**
 * Opening the product's database file with the care a person's history deserves: a newer schema is refused before a
 * byte is written, an unclean shutdown is checked, a damaged file is set aside (never deleted) and replaced by what
 * can be read of it or by the newest good backup, and the person is told in one sentence.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { StoreError } from "#core/ports/database.ts";
import type { Database } from "#core/ports/database.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { checkBeside, clearSuspicion, isSuspect, isTooLargeToWaitFor } from "./databaseCheck.ts";
import type { BackgroundCheck, CheckOptions } from "./databaseCheck.ts";
import { connectSqlite, toStoreError } from "./sqlite.ts";
import { toStamp } from "./sqliteBackups.ts";
import { readHeader } from "./sqliteHeader.ts";
import type { Header } from "./sqliteHeader.ts";
import { closeQuietly, isSound, replaceDamaged } from "./sqliteRecovery.ts";

/** "SgBx": tells our file from any other SQLite file. */
export const APPLICATION_ID = 0x53674278;

export interface OpenDatabaseOptions extends CheckOptions {
  /** The newest schema this program knows (core/store SCHEMA_VERSION). */
  readonly newestSchema: number;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** What happened to a damaged database, one sentence for a person. */
  readonly notice?: string;
  /** The damaged file, set aside. */
  readonly setAside?: string;
  /** A check that runs beside the app; settles when it is over. */
  readonly check?: Promise<void>;
}

/** Errors: schema_too_new (file untouched), store_unavailable, locked. */
export function openDatabase(options: OpenDatabaseOptions): Result<OpenedDatabase> {
  const opened = openChecked(options);
  if (opened.ok) makePrivate(options.file);
  return opened;
}

function openChecked(options: OpenDatabaseOptions): Result<OpenedDatabase> {
  const { file } = options;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const header = readHeader(file);
    const refusal = header === undefined ? undefined : refuseForeign(header, options);
    if (refusal !== undefined) return { ok: false, error: refusal };
    if (header !== "not_a_database") {
      const opened = connectChecked(options);
      if (opened !== undefined) return ok(opened);
    }
    return recover(options);
  } catch (error) {
    return refusalOf(toStoreError(error, file), file);
  }
}

/** Whoever shares a data directory made by hand must not read it. SQLite gives -wal and -shm the database's mode later on. */
function makePrivate(file: string): void {
  for (const one of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(one)) chmodSync(one, 0o600);
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
function connectChecked(options: OpenDatabaseOptions): OpenedDatabase | undefined {
  const { file } = options;
  const wasClean = takeCleanMark(file) && !isSuspect(file);
  const isLater = !wasClean && isTooLargeToWaitFor(options);
  let check: BackgroundCheck | undefined;
  let database: Database | undefined;
  const onClosed = (): void => {
    check?.stop();
    // A check that was cut short is made up for at the next start.
    if (!isLater || check?.isDone() === true) leaveCleanMark(file);
  };
  try {
    database = connectSqlite(file, { applicationId: APPLICATION_ID, onClosed });
    if (isLater) {
      check = checkBeside(options);
      return { database, check: check.over };
    }
    if (wasClean || isSound(database)) {
      clearSuspicion(file);
      return { database };
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "corrupt") {
      closeQuietly(database);
      throw error;
    }
  }
  closeQuietly(database);
  return undefined;
}

function recover(options: OpenDatabaseOptions): Result<OpenedDatabase> {
  const { file, logger } = options;
  const setAside = `${file}.corrupt-${toStamp(Date.now())}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${setAside}${suffix}`);
  }
  rmSync(cleanMark(file), { force: true });
  clearSuspicion(file);
  logger.error("The database is damaged; it was set aside.", { setAside });
  const outcome = replaceDamaged({ ...options, damaged: setAside });
  const database = connectSqlite(file, { applicationId: APPLICATION_ID, onClosed: () => leaveCleanMark(file) });
  return ok({ database, setAside, notice: `The database was damaged and has been kept as ${setAside}. ${outcome}` });
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

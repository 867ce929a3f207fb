/**
 * Putting something good where a damaged database was: all rows that can still be read, what else the newest backup
 * has, or that backup alone, or an empty history. The damaged file is never touched.
 */
import { closeSync, copyFileSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import type { Database } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { connectSqlite } from "./sqlite.ts";
import { listBackups } from "./sqliteBackups.ts";
import type { Backup } from "./sqliteBackups.ts";
import { readHeader } from "./sqliteHeader.ts";
import { fillFromBackup, salvage } from "./sqliteSalvage.ts";

export interface Replacement {
  readonly file: string;
  readonly damaged: string;
  readonly newestSchema: number;
  readonly logger: Logger;
}

/** Leaves a sound `file`, or none; says in a sentence what it holds. */
export function replaceDamaged(replacement: Replacement): string {
  const backup = newestGoodBackup(replacement);
  const candidate = `${replacement.file}.restoring`;
  try {
    return salvageInto(candidate, backup, replacement) ?? restoreInto(candidate, backup, replacement);
  } finally {
    removeDatabase(candidate);
  }
}

function salvageInto(candidate: string, backup: Backup | undefined, replacement: Replacement): string | undefined {
  removeDatabase(candidate);
  const salvaged = salvage(replacement.damaged, candidate);
  const schema = schemaOf(candidate);
  if (salvaged === undefined || salvaged.rows === 0 || schema < 1 || schema > replacement.newestSchema)
    return undefined;
  const { damagedTables, rows } = salvaged;
  const filling =
    damagedTables.length > 0 && backup !== undefined && schemaOf(backup.file) === schema ? backup : undefined;
  if (filling !== undefined) fillFromBackup(candidate, filling.file, damagedTables);
  if (!isSoundFile(candidate)) return undefined;
  renameSync(candidate, replacement.file);
  replacement.logger.warn("The damaged database was read out.", { rows, damagedTables, filledFrom: filling?.file });
  return salvageSentence(damagedTables, filling);
}

function salvageSentence(damagedTables: readonly string[], filling: Backup | undefined): string {
  if (damagedTables.length === 0) return "All of the history could be read and was taken over.";
  const rest =
    filling === undefined
      ? "There was no backup for the rest, so events may be missing"
      : `The rest was filled from the backup of ${dateOf(filling)}, so events after it may be missing`;
  return `What could be read of the history was taken over. ${rest}; the agents' output logs are untouched.`;
}

/** 0 when there is no database. */
function schemaOf(file: string): number {
  const header = readHeader(file);
  return typeof header === "object" ? header.userVersion : 0;
}

function restoreInto(candidate: string, backup: Backup | undefined, { file }: Replacement): string {
  if (backup === undefined) {
    return "Nothing in it could be read and there was no backup, so the history starts empty; the agents' output logs are untouched.";
  }
  removeDatabase(candidate);
  copyFileSync(backup.file, candidate);
  syncFile(candidate);
  renameSync(candidate, file);
  return `The backup of ${dateOf(backup)} was restored; events after it are missing, the agents' output logs are untouched.`;
}

/** What is renamed into place must be whole, also after a power cut. */
function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function newestGoodBackup({ file, newestSchema, logger }: Replacement): Backup | undefined {
  for (const backup of listBackups(file)) {
    const schema = schemaOf(backup.file);
    if (schema < 1 || schema > newestSchema) continue;
    // Checked on a copy: opening the backup itself would change it.
    const copy = `${file}.checking`;
    removeDatabase(copy);
    copyFileSync(backup.file, copy);
    const isGood = isSoundFile(copy);
    removeDatabase(copy);
    if (isGood) return backup;
    logger.warn("A backup is damaged too and was passed over.", { backup: backup.file });
  }
  return undefined;
}

function dateOf({ takenAtMs }: Backup): string {
  return new Date(takenAtMs).toISOString();
}

function removeDatabase(file: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${suffix}`, { force: true });
}

export function isSound(database: Database): boolean {
  return database.all("PRAGMA quick_check(1)")[0]?.["quick_check"] === "ok";
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

export function closeQuietly(database: Database | undefined): void {
  try {
    database?.close();
  } catch {
    // A damaged database may refuse even this; its file is set aside.
  }
}

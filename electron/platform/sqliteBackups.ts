/**
 * Copies of the database beside it, in `backups/`: named by time and occasion, complete or absent (written under a
 * temporary name, then renamed), the newest seven kept.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import type BetterSqlite from "better-sqlite3";

const KEPT = 7;
const BACKUP_NAME = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)\..+\.db$/;

export interface Backup {
  readonly file: string;
  readonly takenAtMs: number;
}

/** One folder per database file, so that two databases of a directory do not prune each other's. */
export function backupFolder(databaseFile: string): string {
  return join(dirname(databaseFile), "backups", parse(databaseFile).name);
}

/** Newest first; empty when there is none. */
export function listBackups(databaseFile: string): readonly Backup[] {
  const folder = backupFolder(databaseFile);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const stamp = BACKUP_NAME.exec(name)?.[1];
      return stamp === undefined ? [] : [{ file: join(folder, name), takenAtMs: fromStamp(stamp) }];
    })
    .sort((a, b) => b.takenAtMs - a.takenAtMs);
}

export async function takeBackup(db: BetterSqlite.Database, target: string): Promise<void> {
  // Two backups of the same millisecond must not take each other's half away.
  const partial = `${target}.${randomUUID().slice(0, 8)}.partial`;
  try {
    await db.backup(partial);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { force: true });
  }
}

export interface KeepBackup {
  readonly label: string;
  readonly unlessYoungerMs: number | undefined;
}

export async function keepBackupOf(
  db: BetterSqlite.Database,
  { label, unlessYoungerMs }: KeepBackup,
): Promise<boolean> {
  const newest = listBackups(db.name)[0];
  const now = Date.now();
  if (unlessYoungerMs !== undefined && newest !== undefined && now - newest.takenAtMs < unlessYoungerMs) return false;
  const folder = backupFolder(db.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await takeBackup(db, join(folder, `${toStamp(now)}.${label.replaceAll(/[^\w-]/g, "_")}.db`));
  for (const old of listBackups(db.name).slice(KEPT)) rmSync(old.file, { force: true });
  return true;
}

/** ISO 8601 with characters every file system takes. */
export function toStamp(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(/[:.]/g, "-");
}

function fromStamp(stamp: string): number {
  return Date.parse(stamp.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z/, "T$1:$2:$3.$4Z"));
}

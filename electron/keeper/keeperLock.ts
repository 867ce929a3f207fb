/**
 * One keeper of a version per data directory. The lock is a file made exclusively that names its holder by pid and
 * start time; it is taken over only when that very process is certainly gone, never because it does not answer.
 */
import { link, mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isProcessAlive } from "#platform/processTree.ts";
import { keeperEndpointSchema, type KeeperEndpoint } from "#shared/rpc/keeperFiles.ts";

/** Losing a race for a stale lock this often means something else is wrong. */
const ATTEMPTS = 5;

export type LockOutcome =
  | { readonly taken: true; readonly release: () => Promise<void> }
  | { readonly taken: false; readonly holder: KeeperEndpoint };

/** Takes the lock `file` for `mine`, or says who holds it. Throws on a disk error. */
export async function takeKeeperLock(file: string, mine: KeeperEndpoint): Promise<LockOutcome> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const own = `${file}.${process.pid}`;
  await writeFile(own, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await linkOnce(own, file)) return { taken: true, release: () => releaseLock(file, mine) };
      const holder = await readEndpoint(file);
      if (holder !== undefined && (await isProcessAlive(holder))) return { taken: false, holder };
      await removeStale(file, holder);
    }
    throw new Error(`The keeper's lock ${file} changes hands again and again.`);
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/** Moves the lock aside and looks at what it moved: a lock somebody took meanwhile is put back. */
async function removeStale(file: string, stale: KeeperEndpoint | undefined): Promise<void> {
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readEndpoint(aside);
  if (moved !== undefined && moved.pid !== stale?.pid) await linkOnce(aside, file);
  await unlink(aside).catch(() => undefined);
}

async function releaseLock(file: string, mine: KeeperEndpoint): Promise<void> {
  if ((await readEndpoint(file))?.pid === mine.pid) await unlink(file).catch(() => undefined);
}

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function readEndpoint(file: string): Promise<KeeperEndpoint | undefined> {
  try {
    return keeperEndpointSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

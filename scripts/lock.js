/** One process at a time per named job; a lock whose owner died is taken over. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Advice, cacheDir, say } from "./project.js";

const POLL_MS = 100;
/** A lock folder without an owner's note older than this was left between two system calls of a killed process. */
const NOTE_GRACE_MS = 5_000;
/** Longer than the slowest set-up on a slow line; a hang must end in a sentence, not in silence. */
const GIVE_UP_MS = 20 * 60_000;

/** Runs `work` while no other process runs one under the same `name`. */
export async function withLock(name, work) {
  const folder = join(cacheDir, `${name}.lock`);
  mkdirSync(cacheDir, { recursive: true });
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let waited = false; !take(folder); waited = true) {
    if (!waited) say(`waiting for another ${name} in this folder to finish…`);
    if (performance.now() > giveUpAt)
      throw new Advice(`another ${name} has not finished for 20 minutes. Remove ${folder} and try again.`);
    await pause(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function take(folder) {
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, "owner"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST" && error.code !== "ENOENT") throw error;
    if (isStale(folder)) takeAway(folder);
    return false;
  }
}

function isStale(folder) {
  try {
    return !isAlive(Number(readFileSync(join(folder, "owner"), "utf8")));
  } catch {
    return isOld(folder);
  }
}

function isOld(folder) {
  try {
    return Date.now() - statSync(folder).mtimeMs > NOTE_GRACE_MS;
  } catch {
    return false;
  }
}

/** Renamed first, so that of two processes seeing the same stale lock only one removes it and none removes a fresh one. */
function takeAway(folder) {
  const aside = `${folder}.stale.${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * Peers that may or may not be on this machine: on the PATH, or in a cache outside the repository, where they are put
 * from Debian's or npm's own packages without touching the system. What cannot be had is skipped aloud.
 */
import { access, constants, mkdir, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { runProgram } from "./programs.ts";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "signalbox-bench");
const INSTALL_WITHIN_MS = 120_000;

/** The program on the PATH or in the cache. */
export async function findProgram(name: string): Promise<string | undefined> {
  const dirs = (process.env["PATH"] ?? "").split(delimiter);
  const cached = [join(CACHE, name, "usr/bin"), join(CACHE, name, "usr/sbin"), join(CACHE, name, "node_modules/.bin")];
  for (const dir of [...dirs, ...cached]) {
    const file = join(dir, name);
    if (await isRunnable(file)) return file;
  }
  return undefined;
}

/** Downloads the Debian package and unpacks it in the cache; nothing is installed and nothing started. */
export async function fromDebian(name: string): Promise<string | undefined> {
  const found = await findProgram(name);
  if (found !== undefined) return found;
  const dir = join(CACHE, name);
  await mkdir(dir, { recursive: true });
  try {
    await runProgram("apt-get", ["download", name], { cwd: dir, timeout: INSTALL_WITHIN_MS });
    for (const file of (await readdir(dir)).filter((one) => one.endsWith(".deb")))
      await runProgram("dpkg-deb", ["-x", join(dir, file), dir]);
  } catch {
    return undefined;
  }
  return findProgram(name);
}

export async function fromNpm(name: string): Promise<string | undefined> {
  const found = await findProgram(name);
  if (found !== undefined) return found;
  const dir = join(CACHE, name);
  await mkdir(dir, { recursive: true });
  try {
    const args = ["install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", name];
    await runProgram("npm", args, { cwd: dir, timeout: INSTALL_WITHIN_MS });
  } catch {
    return undefined;
  }
  return findProgram(name);
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

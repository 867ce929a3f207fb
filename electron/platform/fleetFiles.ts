/** Fleet files on disk. Watching is chokidar's: editors replace files in a dozen ways, and none of them may be missed. */
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { watch } from "chokidar";
import type { FleetFiles } from "#core/ports/fleetFiles.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { homePath } from "./homePath.ts";

/** A fleet file is a page of text; more is a mistake in the path. */
const MAX_BYTES = 1_000_000;
/** Editors write in several steps; the file counts once it rested this long. */
const SETTLE_MS = 100;

export function createFleetFiles(): FleetFiles {
  return {
    resolve: (file) => resolve(homePath(file)),
    read: readText,
    write: writeText,
    exists: async (path) => (await stat(path).catch(() => undefined)) !== undefined,
    watch: watchFile,
  };
}

async function readText(file: string): Promise<Result<string>> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return fail("not_found", `There is no file ${file}. Check the path.`);
  if (!found.isFile()) return fail("bad_request", `${file} is not a file. Give the path of a fleet file.`);
  if (found.size > MAX_BYTES)
    return fail("too_large", `${file} has ${found.size} bytes; a fleet file has at most ${MAX_BYTES}.`);
  try {
    return ok(await readFile(file, "utf8"));
  } catch (error) {
    return fail("bad_request", `${file} cannot be read: ${reason(error)}.`);
  }
}

/**
 * Written beside it, synced, then renamed over it: a crash leaves the old file or the new one. A file that is there keeps
 * its mode; a new one is private, since a fleet file may hold secrets in `env`.
 */
async function writeText(file: string, text: string): Promise<Result<void>> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const mode = (await stat(file).catch(() => undefined))?.mode ?? 0o600;
    const handle = await open(draft, "w", 0o600);
    try {
      await handle.chmod(mode & 0o777);
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return ok(undefined);
  } catch (error) {
    return fail("bad_request", `${file} cannot be written: ${reason(error)}.`);
  }
}

function watchFile(file: string, onChange: () => void): () => void {
  const watcher = watch(file, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: SETTLE_MS, pollInterval: 50 },
    atomic: true,
  });
  watcher.on("add", onChange).on("change", onChange);
  watcher.on("error", () => {});
  return () => void watcher.close();
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** The data directory: made where it is missing, ours alone, and what had to be done said in one sentence. */
import { chmodSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, parse } from "node:path";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

export interface DataDirectory {
  /** Without symlinks: sockets and locks are named after it. */
  readonly dir: string;
  /** Others could read it until now. */
  readonly notice?: string;
}

/** `dataDir` is absolute. Errors: store_unavailable. */
export function openDataDirectory(dataDir: string): Result<DataDirectory> {
  try {
    make(dataDir);
    const dir = realpathSync(dataDir);
    const notice = makePrivate(dir);
    return ok(notice === undefined ? { dir } : { dir, notice });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(
      "store_unavailable",
      `The data directory ${dataDir} cannot be used: ${why}. Choose another with --data.`,
    );
  }
}

/** Folder by folder: Node's recursive mkdir never returns where a file system says ENOENT for what is there (/proc). */
function make(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false }) !== undefined) return;
  const parent = dirname(dir);
  if (parent === dir || parse(dir).root === dir) return;
  make(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another app made it meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function makePrivate(dir: string): string | undefined {
  const stat = statSync(dir);
  if (!stat.isDirectory()) throw new Error("it is not a folder");
  if (process.platform === "win32" || (stat.mode & 0o077) === 0) return undefined;
  const mode = (stat.mode & 0o777).toString(8);
  chmodSync(dir, 0o700);
  return `Other users could look into ${dir} (mode ${mode}); it is yours alone now (700).`;
}

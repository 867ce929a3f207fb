/**
 * The folder of this data directory's sockets: ours, 0700, no symlink. Candidates and names come from the shared rule;
 * what differs from it (another owner, a link) is refused, because whoever made it could read what passes.
 */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { runtimeDirs } from "#shared/lib/runtimePaths.ts";
import type { RuntimeFacts } from "#shared/lib/runtimePaths.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

/** `dataDir` must exist. */
export function runtimeFacts(dataDir: string): RuntimeFacts {
  return {
    platform: process.platform,
    xdgRuntimeDir: process.env["XDG_RUNTIME_DIR"],
    tmpDir: tmpdir(),
    uid: process.getuid?.() ?? 0,
    hash: createHash("sha256").update(realpathSync(dataDir)).digest("hex").slice(0, 12),
  };
}

/** Makes the folder. Undefined on Windows, where pipes have no folder; `forbidden` when no candidate can be used. */
export function prepareRuntimeDir(facts: RuntimeFacts): Result<string | undefined> {
  if (facts.platform === "win32") return ok(undefined);
  const problems: string[] = [];
  for (const dir of runtimeDirs(facts)) {
    const problem = claim(dir, facts.uid);
    if (problem === undefined) return ok(dir);
    problems.push(problem);
  }
  return fail("forbidden", `No private folder for the app's socket: ${problems.join("; ")}.`);
}

function claim(dir: string, uid: number): string | undefined {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (!isExisting(error)) return `${dir} cannot be made`;
  }
  const stat = lstatSync(dir);
  if (stat.isSymbolicLink() || !stat.isDirectory()) return `${dir} is not a folder`;
  if (stat.uid !== uid) return `${dir} belongs to another user`;
  if ((stat.mode & 0o077) !== 0) chmodSync(dir, 0o700);
  return undefined;
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

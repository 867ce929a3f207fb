/**
 * Another version of the app than this clone's, built for real: the released one from the history, or this very source
 * with a change that a later release might bring. Kept in the cache of the repository by what went into it.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const cache = join(root, ".cache", "other-builds");

/** The first release whose keepers may be running on people's machines. */
const FIRST_RELEASE = "c1684cb";
/** All but the page: nobody looks at these apps. */
const SOURCES = ["electron", "shared", "scripts", "package.json", "package-lock.json"];

/** Folder of its bundles; undefined (and said aloud) where the history does not reach back so far. */
export async function releasedBuild(): Promise<string | undefined> {
  const found = await run("git", ["cat-file", "-e", `${FIRST_RELEASE}^{commit}`], { cwd: root }).catch(() => undefined);
  if (found === undefined) {
    process.stderr.write(
      `\n!! SKIPPED: the released version ${FIRST_RELEASE} is not in this clone's history; fetch it all to test upgrades from it.\n`,
    );
    return undefined;
  }
  return built(FIRST_RELEASE, async (dir) => {
    const tar = join(dir, "source.tar");
    await run("git", ["archive", "--output", tar, FIRST_RELEASE, ...SOURCES], { cwd: root });
    await run("tar", ["-xf", tar, "-C", dir]);
    await rm(tar);
  });
}

interface SourceChange {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** This source with these changes, as a later release would have them. */
export async function changedBuild(changes: readonly SourceChange[]): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(changes));
  for (const source of SOURCES) for (const file of await filesOf(join(root, source))) hash.update(await readFile(file));
  return built(`changed-${hash.digest("hex").slice(0, 12)}`, async (dir) => {
    for (const name of SOURCES) await cp(join(root, name), join(dir, name), { recursive: true });
    for (const { file, from, to } of changes) {
      const text = await readFile(join(dir, file), "utf8");
      if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)} to change.`);
      await writeFile(join(dir, file), text.replace(from, to));
    }
  });
}

async function filesOf(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function built(name: string, fill: (dir: string) => Promise<void>): Promise<string> {
  const home = join(cache, name);
  if (existsSync(join(home, "out", "headless.js"))) return join(home, "out");
  const draft = `${home}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await fill(draft);
  await symlink(join(root, "node_modules"), join(draft, "node_modules"));
  const build = `await (await import(${JSON.stringify(join(draft, "scripts", "build.js"))})).build()`;
  await run(process.execPath, ["--input-type=module", "-e", build], { cwd: draft });
  await rm(home, { recursive: true, force: true });
  await rename(draft, home);
  return join(home, "out");
}

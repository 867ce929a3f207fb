/** The keeper's own copy in the data directory: bundle, Node runtime and native binding, complete or not there at all. */
import { createHash } from "node:crypto";
import {
  chmod,
  constants,
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, join } from "node:path";

export interface InstalledKeeper {
  /** The given version and a hash of what is run: two builds are two versions. */
  readonly version: string;
  readonly bundle: string;
  readonly node: string;
  readonly nativeDir: string;
}

export interface KeeperFiles {
  readonly dataDir: string;
  readonly bundle: string;
  readonly nodePath: string;
  readonly nativeDir: string;
  readonly version: string;
}

/** Copies once per version; a TypeScript entry (a clone under development) is run where it is. */
export async function installKeeper(files: KeeperFiles): Promise<InstalledKeeper> {
  if (files.bundle.endsWith(".ts")) {
    const { bundle, nodePath: node, nativeDir } = files;
    return { version: await keeperVersion(files), bundle, node, nativeDir };
  }
  const version = await keeperVersion(files);
  const home = join(files.dataDir, "keeper", version);
  const installed = {
    version,
    bundle: join(home, "keeper.mjs"),
    node: join(home, basename(files.nodePath)),
    nativeDir: join(home, "native"),
  };
  if (!(await isThere(home))) await installInto(home, files);
  return installed;
}

/** The version under which these files run as a keeper, installed or not. */
export async function keeperVersion(files: KeeperFiles): Promise<string> {
  return `${files.version}-${files.bundle.endsWith(".ts") ? "source" : await hashOf(files)}`;
}

async function installInto(home: string, files: KeeperFiles): Promise<void> {
  await mkdir(join(files.dataDir, "keeper"), { recursive: true, mode: 0o700 });
  const staging = await mkdtemp(`${home}.`);
  try {
    await copyFile(files.bundle, join(staging, "keeper.mjs"));
    await linkOrCopy(files.nodePath, join(staging, basename(files.nodePath)));
    await copyNative(files.nativeDir, join(staging, "native"));
    // The name stands for whole files: a power cut must not leave it before their bytes.
    for (const file of ["keeper.mjs", join("native", "pty.node")]) await syncFile(join(staging, file));
    await rename(staging, home);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another app installed the same version meanwhile.
    if (!(await isThere(home))) throw error;
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r+").catch(() => undefined);
  await handle?.sync();
  await handle?.close();
}

/** Unix needs the binding (and on macOS the helper beside it); Windows the package with its ConPTY files. */
async function copyNative(from: string, to: string): Promise<void> {
  if (process.platform === "win32") {
    await cp(from, to, { recursive: true });
    return;
  }
  await mkdir(to);
  await copyFile(join(from, "pty.node"), join(to, "pty.node"));
  if (!(await isThere(join(from, "spawn-helper")))) return;
  await copyFile(join(from, "spawn-helper"), join(to, "spawn-helper"));
  await chmod(join(to, "spawn-helper"), 0o755);
}

/** Node is about 120 MB: a link costs nothing, and updates replace the file rather than change it. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, 0o755);
  }
}

/** The runtime by size and time only: hashing 120 MB at every start would cost more than the start. */
async function hashOf({ bundle, nodePath, nativeDir }: KeeperFiles): Promise<string> {
  const hash = createHash("sha256").update(await readFile(bundle));
  const native = join(nativeDir, process.platform === "win32" ? "package.json" : "pty.node");
  hash.update(await readFile(native));
  const { size, mtimeMs } = await stat(nodePath);
  return hash
    .update(`${size} ${Math.floor(mtimeMs)}`)
    .digest("hex")
    .slice(0, 12);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

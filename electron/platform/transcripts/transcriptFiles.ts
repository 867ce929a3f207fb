/** Finds transcripts: walks the ways of a format from its root, newest folders first, and judges files by their first line. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

export interface Walk {
  readonly files: readonly FoundFile[];
  /** Every folder on the way, and the root's nearest existing parent where the root is not there yet. */
  readonly folders: readonly string[];
}

export interface WalkRequest {
  readonly root: string;
  readonly ways: readonly (readonly RegExp[])[];
  /** Per level, by newest change; a person's years of sessions are not watched. */
  readonly maxFolders: number;
}

export async function walk({ root, ways, maxFolders }: WalkRequest): Promise<Walk> {
  const files = new Map<string, FoundFile>();
  const folders = new Set<string>([await nearestFolder(root)]);
  for (const way of ways) await walkWay(root, way, { files, folders, maxFolders });
  return { files: [...files.values()], folders: [...folders] };
}

interface Found {
  readonly files: Map<string, FoundFile>;
  readonly folders: Set<string>;
  readonly maxFolders: number;
}

async function walkWay(folder: string, way: readonly RegExp[], found: Found): Promise<void> {
  const [pattern, ...rest] = way;
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined || pattern === undefined) return;
  found.folders.add(folder);
  const matching = names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
  const stats = await Promise.all(
    matching.map(async (path) => ({ path, stat: await stat(path).catch(() => undefined) })),
  );
  if (rest.length === 0) {
    for (const { path, stat } of stats)
      if (stat?.isFile() === true) found.files.set(path, { path, size: stat.size, modifiedAt: stat.mtimeMs });
    return;
  }
  const deeper = stats.filter(({ stat }) => stat?.isDirectory() === true);
  const newest = deeper.toSorted((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0)).slice(0, found.maxFolders);
  for (const { path } of newest) await walkWay(path, rest, found);
}

async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = join(at, "..")) {
    const found = await stat(at).catch(() => undefined);
    if (found?.isDirectory() === true || at === join(at, "..")) return at;
  }
}

/** Undefined while the line is not whole, or where it is larger than any head. */
export async function firstLine(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(1024 * 1024);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(10);
    return end < 0 ? undefined : buffer.toString("utf8", 0, end);
  } finally {
    await file.close();
  }
}

/**
 * The files of a session's output log: append-only segments named after the offset they begin at, `.log` as the pty gave
 * the bytes, `.zst` once packed (segmentLogPacked.ts), and beside them index and gaps. Invariant: a file of a final name
 * is whole; what is being made is called `.new`.
 */
import { open, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const SEGMENT_INDEX_FILE = "index.jsonl";
const SEGMENT_NAME = /^(\d{20})\.(log|zst)$/;

export interface Segment {
  readonly file: string;
  /** Log offset of its first byte. */
  readonly start: number;
  readonly isPacked: boolean;
}

export function segmentFileName(start: number, isPacked = false): string {
  return `${String(start).padStart(20, "0")}.${isPacked ? "zst" : "log"}`;
}

/** The session's segment files in order; empty when the directory does not exist. */
export async function listSegments(dir: string): Promise<readonly Segment[]> {
  const byStart = new Map<number, Segment>();
  for (const name of await namesIn(dir)) {
    const match = SEGMENT_NAME.exec(name);
    if (match?.[1] === undefined) continue;
    const segment = { file: join(dir, name), start: Number(match[1]), isPacked: match[2] === "zst" };
    // Both: packing was interrupted after the packed file was whole.
    if (segment.isPacked || !byStart.has(segment.start)) byStart.set(segment.start, segment);
  }
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

export async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The old content or the new, whenever the power goes. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, content, { mode: 0o600, flush: true });
  await rename(fresh, file);
  await syncDirectory(dirname(file));
}

/** Makes renames and removals in a directory last; where a system cannot, they last soon. */
export async function syncDirectory(dir: string): Promise<void> {
  try {
    const handle = await open(dir, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows opens no directories.
  }
}

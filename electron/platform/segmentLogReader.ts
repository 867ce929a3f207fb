/**
 * A session's output on disk: append-only segment files that are exactly the pty's bytes, named after the offset they
 * begin at, and beside them `index.jsonl` with resizes and time marks. Invariant: a file holds only bytes the pty
 * gave, in order, so a crash can shorten the log but nothing can be misread. This file reads.
 */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

export const SEGMENT_INDEX_FILE = "index.jsonl";
const SEGMENT_NAME = /^(\d{20})\.log$/;
/** Chunk of the streaming reader: large enough for the disk, small enough to hold many at once. */
const DEFAULT_CHUNK_BYTES = 256 * 1024;

export interface Segment {
  readonly file: string;
  /** Log offset of its first byte. */
  readonly start: number;
}

export interface RecordedResize {
  /** The size holds for bytes from this offset on. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** ISO 8601. */
  readonly at: string;
}

/** Bytes from `offset` on were printed at or after `at` (ISO 8601); about one per second of activity. */
export interface TimeMark {
  readonly offset: number;
  readonly at: string;
}

export function segmentFileName(start: number): string {
  return `${String(start).padStart(20, "0")}.log`;
}

/** The session's segment files in order; empty when the directory does not exist. */
export async function listSegments(dir: string): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const name of await namesIn(dir)) {
    const start = SEGMENT_NAME.exec(name)?.[1];
    if (start !== undefined) segments.push({ file: join(dir, name), start: Number(start) });
  }
  return segments.sort((a, b) => a.start - b.start);
}

/** Bytes recorded so far; 0 for an unknown session. */
export async function segmentSize(dir: string): Promise<number> {
  const last = (await listSegments(dir)).at(-1);
  if (last === undefined) return 0;
  return last.start + (await stat(last.file)).size;
}

/** Up to `maxBytes` from `offset`, across segment borders; empty at and beyond the end. Throws on a disk error. */
export async function readSegments(dir: string, offset: number, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let position = offset;
  let wanted = maxBytes;
  const segments = await listSegments(dir);
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    if (wanted <= 0 || position >= end) continue;
    if (position < segment.start) break;
    const part = await readAt(segment.file, position - segment.start, Math.min(wanted, end - position));
    parts.push(part);
    position += part.byteLength;
    wanted -= part.byteLength;
    if (position < end) break;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

export interface SegmentRange {
  readonly from?: number;
  /** Exclusive; the end of the log at the time it is reached when absent. */
  readonly to?: number;
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal;
}

/** The log in order as chunks of at most `chunkBytes`, one at a time in memory. Chunks are the consumer's to keep. */
export async function* streamSegments(
  dir: string,
  range: SegmentRange = {},
): AsyncGenerator<{ offset: number; bytes: Uint8Array }> {
  const chunkBytes = range.chunkBytes ?? DEFAULT_CHUNK_BYTES;
  let offset = range.from ?? 0;
  while (range.signal?.aborted !== true) {
    const wanted = Math.min(chunkBytes, (range.to ?? Number.POSITIVE_INFINITY) - offset);
    if (wanted <= 0) return;
    const bytes = await readSegments(dir, offset, wanted);
    if (bytes.byteLength === 0) return;
    yield { offset, bytes };
    offset += bytes.byteLength;
  }
}

/** Resizes recorded beside the bytes, in order. The first is the size the session started with, at offset 0. */
export async function listResizes(dir: string): Promise<readonly RecordedResize[]> {
  return (await readIndex(dir)).flatMap((row) =>
    row.cols !== undefined && row.rows !== undefined
      ? [{ offset: row.offset, cols: row.cols, rows: row.rows, at: row.at }]
      : [],
  );
}

/** Time marks in order; look up the last one at or before an offset to say when it was printed. */
export async function listTimeMarks(dir: string): Promise<readonly TimeMark[]> {
  const marks = (await readIndex(dir)).map(({ offset, at }) => ({ offset, at }));
  // A resize is noted when it happens, before the bytes it stands behind are written and marked.
  return marks.sort((a, b) => a.offset - b.offset);
}

const indexRowSchema = z.object({
  offset: z.number(),
  at: z.string(),
  cols: z.number().optional(),
  rows: z.number().optional(),
});
type IndexRow = z.infer<typeof indexRowSchema>;

async function readIndex(dir: string): Promise<readonly IndexRow[]> {
  let text: string;
  try {
    text = await readFile(join(dir, SEGMENT_INDEX_FILE), "utf8");
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    const row = parseIndexRow(line);
    return row === undefined ? [] : [row];
  });
}

/** A torn line (crash in the middle of an append) is not JSON and is left out. */
function parseIndexRow(line: string): IndexRow | undefined {
  if (!line.endsWith("}")) return undefined;
  try {
    return indexRowSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

async function readAt(file: string, position: number, maxBytes: number): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const size = (await handle.stat()).size;
    const length = Math.max(0, Math.min(maxBytes, size - position));
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === length ? buffer : buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

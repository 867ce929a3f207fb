/**
 * `index.jsonl` beside the segments: resizes, and about once a second of activity which byte was printed when. Rows are
 * in the order of time, so a moment is found by halving the file, whatever its size.
 */
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SEGMENT_INDEX_FILE, isMissing } from "./segmentLogFiles.ts";
import { readFully } from "./segmentLogPacked.ts";

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

/** The writer makes a mark with the first bytes a second after the last one: what follows a mark came within this. */
export const MARK_EVERY_MS = 1000;
/** Halving ends here: a piece this small is read through. */
const LINEAR_BYTES = 16 * 1024;
/** Longer than any row. */
const ROW_BYTES = 512;
const CHUNK_BYTES = 256 * 1024;

const indexRowSchema = z.object({
  offset: z.number(),
  at: z.string(),
  cols: z.number().optional(),
  rows: z.number().optional(),
});
type IndexRow = z.infer<typeof indexRowSchema>;

/** Resizes recorded beside the bytes, in order. The first is the size the session started with, at offset 0. */
export async function listResizes(dir: string): Promise<readonly RecordedResize[]> {
  return (await readTiming(dir, 1)).resizes;
}

/** Time marks in order; look up the last one at or before an offset to say when it was printed. */
export async function listTimeMarks(dir: string, max = Number.POSITIVE_INFINITY): Promise<readonly TimeMark[]> {
  return (await readTiming(dir, max)).marks;
}

/** All resizes, and marks thinned evenly to at most `maxMarks`: only what is kept is parsed, so years of marks are cheap. */
export async function readTiming(
  dir: string,
  maxMarks: number,
): Promise<{ resizes: readonly RecordedResize[]; marks: readonly TimeMark[] }> {
  const resizes: RecordedResize[] = [];
  let marks: TimeMark[] = [];
  let stride = 1;
  let seen = 0;
  let last = "";
  for await (const line of indexLines(dir)) {
    if (line.includes('"cols"')) {
      const row = parseIndexRow(line);
      if (row?.cols !== undefined && row.rows !== undefined)
        resizes.push({ offset: row.offset, cols: row.cols, rows: row.rows, at: row.at });
    }
    last = line;
    if (seen++ % stride !== 0) continue;
    const row = parseIndexRow(line);
    if (row === undefined) continue;
    marks.push({ offset: row.offset, at: row.at });
    if (marks.length >= 2 * maxMarks) {
      marks = marks.filter((_, index) => index % 2 === 0);
      stride *= 2;
    }
  }
  const end = parseIndexRow(last);
  if (end !== undefined && marks.at(-1)?.at !== end.at) marks.push({ offset: end.offset, at: end.at });
  // A resize is noted when it happens, before the bytes it stands behind are written and marked.
  return { resizes, marks: marks.sort((a, b) => a.offset - b.offset) };
}

/** The last mark at or before a moment and the first after it, found by reading a few KiB. */
export async function marksAround(
  dir: string,
  atMs: number,
): Promise<{ readonly before: TimeMark | undefined; readonly after: TimeMark | undefined }> {
  const handle = await openIndex(dir);
  if (handle === undefined) return { before: undefined, after: undefined };
  try {
    const { size } = await handle.stat();
    let low = 0;
    let high = size;
    while (high - low > LINEAR_BYTES) {
      const middle = Math.floor((low + high) / 2);
      const row = await firstRowAfter(handle, middle);
      if (row !== undefined && Date.parse(row.at) <= atMs) low = middle;
      else high = middle;
    }
    return bracket((await readFully(handle, low, high - low + 2 * ROW_BYTES)).toString("latin1"), atMs);
  } finally {
    await handle.close();
  }
}

function bracket(text: string, atMs: number): { before: TimeMark | undefined; after: TimeMark | undefined } {
  let before: TimeMark | undefined;
  for (const line of text.split("\n")) {
    const row = parseIndexRow(line);
    if (row === undefined) continue;
    const mark = { offset: row.offset, at: row.at };
    if (Date.parse(row.at) > atMs) return { before, after: mark };
    before = mark;
  }
  return { before, after: undefined };
}

async function firstRowAfter(handle: FileHandle, position: number): Promise<IndexRow | undefined> {
  const text = (await readFully(handle, position, 4 * ROW_BYTES)).toString("latin1");
  for (const line of text.split("\n").slice(1)) {
    const row = parseIndexRow(line);
    if (row !== undefined) return row;
  }
  return undefined;
}

async function* indexLines(dir: string): AsyncGenerator<string> {
  const handle = await openIndex(dir);
  if (handle === undefined) return;
  try {
    let rest = "";
    for (let at = 0; ; at += CHUNK_BYTES) {
      const chunk = await readFully(handle, at, CHUNK_BYTES);
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
      if (chunk.byteLength < CHUNK_BYTES) break;
    }
    if (rest !== "") yield rest;
  } finally {
    await handle.close();
  }
}

async function openIndex(dir: string): Promise<FileHandle | undefined> {
  try {
    return await open(join(dir, SEGMENT_INDEX_FILE), "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A torn line (crash in the middle of an append) is not JSON and is left out. */
function parseIndexRow(line: string): IndexRow | undefined {
  if (!line.startsWith("{") || !line.endsWith("}")) return undefined;
  try {
    return indexRowSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

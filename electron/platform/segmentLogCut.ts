/**
 * Taking bytes out of a log for good: first the gap is written down, then the files are cut. Each step may be the last one
 * before a crash; doing them again ends in the same place. The rest keeps its offsets: it lies in files named after them.
 */
import { open, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { listSegments, namesIn, segmentFileName, syncDirectory, type Segment } from "./segmentLogFiles.ts";
import { addGap, readGaps, type RemovedStretch } from "./segmentLogGaps.ts";
import { DamagedSegment, packedPieces, rawPieces, readTable, writePacked } from "./segmentLogPacked.ts";

/** Left by a death while a file was being made. The keeper's `meta.json.new` is none of ours. */
const HALF_MADE = /^(\d{20}\.(log|zst|keys)|gaps\.json)\.new$/;

/** `isRunning`: the keeper writes the last segment, so it is left alone. */
export async function removeStretch(dir: string, gap: RemovedStretch, isRunning: boolean): Promise<void> {
  await addGap(dir, gap);
  await tidyLog(dir, isRunning);
}

/** Finishes what a crash interrupted: half-made files, packed ones whose raw twin is still there, unfinished cuts. */
export async function tidyLog(dir: string, isRunning: boolean): Promise<void> {
  const names = await namesIn(dir);
  for (const name of names) {
    const isTwin = name.endsWith(".log") && names.includes(name.replace(/\.log$/, ".zst"));
    if (HALF_MADE.test(name) || isTwin) await unlink(join(dir, name));
  }
  const removed = await readGaps(dir);
  if (removed.length === 0) return;
  const segments = await listSegments(dir);
  const mine = isRunning ? segments.slice(0, -1) : segments;
  for (const [index, segment] of mine.entries()) {
    const nextStart = segments[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    await cutSegment(segment, nextStart, removed);
  }
  await syncDirectory(dir);
}

async function cutSegment(segment: Segment, nextStart: number, removed: readonly RemovedStretch[]): Promise<void> {
  const bytes = await bytesOf(segment).catch((error: unknown) => {
    if (error instanceof DamagedSegment) return undefined;
    throw error;
  });
  if (bytes === undefined) {
    // Nobody can read it, and so nobody can cut it; what was to go goes with all of it.
    const isTouched = removed.some((gap) => gap.from < nextStart && gap.to > segment.start);
    if (isTouched) await unlink(segment.file);
    return;
  }
  const end = Math.min(segment.start + bytes, nextStart);
  const overlapping = removed.filter((gap) => gap.from < segment.start + bytes && gap.to > segment.start);
  if (overlapping.length === 0) return;
  const { mtime } = await stat(segment.file);
  const kept = keptParts({ from: segment.start, to: end }, overlapping);
  // From the right: the left one is cut out of the file itself, when all others have been copied.
  for (const part of kept.toReversed()) {
    if (part.from === segment.start) continue;
    await writePacked(join(segment.file, "..", segmentFileName(part.from, true)), {
      pieces: piecesOf(segment, part),
      modified: mtime,
    });
  }
  const left = kept.find((part) => part.from === segment.start);
  if (left === undefined) await unlink(segment.file);
  else if (left.to < segment.start + bytes) await shorten(segment, { ...left, mtime });
}

/** Pure. */
export function keptParts(
  whole: { readonly from: number; readonly to: number },
  removed: readonly { readonly from: number; readonly to: number }[],
): readonly { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = [];
  let from = whole.from;
  for (const gap of removed.toSorted((a, b) => a.from - b.from)) {
    if (gap.from > from) parts.push({ from, to: Math.min(gap.from, whole.to) });
    from = Math.max(from, gap.to);
  }
  if (from < whole.to) parts.push({ from, to: whole.to });
  return parts.filter((part) => part.to > part.from);
}

/** A raw file loses its end where it lies; a packed one is written anew without it. */
async function shorten(segment: Segment, left: { from: number; to: number; mtime: Date }): Promise<void> {
  if (segment.isPacked) {
    await writePacked(segment.file, { pieces: piecesOf(segment, left), modified: left.mtime });
    return;
  }
  await truncate(segment.file, left.to - left.from);
  const handle = await open(segment.file, "r+");
  try {
    await handle.utimes(left.mtime, left.mtime);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function piecesOf(segment: Segment, part: { readonly from: number; readonly to: number }): AsyncIterable<Uint8Array> {
  const pieces = segment.isPacked ? packedPieces : rawPieces;
  return pieces(segment.file, part.from - segment.start, part.to - segment.start);
}

export async function bytesOf(segment: Segment): Promise<number> {
  const handle = await open(segment.file, "r");
  try {
    const { size } = await handle.stat();
    return segment.isPacked ? (await readTable(handle, size)).bytes : size;
  } finally {
    await handle.close();
  }
}

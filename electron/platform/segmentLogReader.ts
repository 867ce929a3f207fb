/**
 * Reading a session's output log: the pty's bytes by offset, over raw and packed segments alike, and the places where
 * bytes are gone. Invariant: what is given is what the pty gave, or a gap that says so; never the wrong bytes.
 */
import { open, stat, type FileHandle } from "node:fs/promises";
import { isMissing, listSegments, type Segment } from "./segmentLogFiles.ts";
import { readGaps, type GapReason, type LogGap, type RemovedStretch } from "./segmentLogGaps.ts";
import {
  DamagedSegment,
  readFrame,
  readFully,
  readTable,
  type PackedFrame,
  type PackedTable,
} from "./segmentLogPacked.ts";

/** Chunk of the streaming reader: large enough for the disk, small enough to hold many at once. */
const DEFAULT_CHUNK_BYTES = 256 * 1024;
/** A reader of pieces smaller than a frame takes the next ones from the frame it has just unpacked. */
const KEPT_FRAMES = 2;
/** The files change while they are read: packed, cut, removed. Each look sees a consistent directory. */
const LOOKS = 4;

/** Bytes at the asked offset, or the gap that is there; neither at and beyond the end. */
export interface LogPiece {
  readonly bytes: Uint8Array;
  readonly gap?: LogGap;
}

interface Catalog {
  readonly segments: readonly Segment[];
  readonly removed: readonly RemovedStretch[];
}

interface Damage {
  readonly damagedTo: number | undefined;
}

const NOTHING: LogPiece = { bytes: new Uint8Array(0) };

/** One session's log for many reads: keeps the list of files, seek tables and the frame just unpacked, no descriptors. */
export class LogReader {
  readonly #dir: string;
  #catalog: Catalog | undefined;
  readonly #tables = new Map<string, { readonly key: string; readonly table: PackedTable }>();
  readonly #frames = new Map<string, Buffer>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The offset after the last byte recorded, removed ones counted; 0 for an unknown session. */
  async size(): Promise<number> {
    const { segments, removed } = await this.#look();
    const last = segments.at(-1);
    const end = last === undefined ? 0 : last.start + (await this.#lengthOf(last));
    return Math.max(end, removed.at(-1)?.to ?? 0);
  }

  /** Up to `maxBytes` from `offset`, across segment borders but never across a gap. Throws on a disk error. */
  async read(offset: number, maxBytes: number): Promise<LogPiece> {
    const parts: Uint8Array[] = [];
    let position = offset;
    while (position < offset + maxBytes) {
      const piece = await this.#readSome(position, offset + maxBytes - position);
      if (piece.gap !== undefined && parts.length === 0) return piece;
      if (piece.bytes.byteLength === 0) break;
      parts.push(piece.bytes);
      position += piece.bytes.byteLength;
    }
    const [only] = parts;
    return { bytes: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts) };
  }

  /** Every gap, in order; touching ones are not joined, since their reasons differ. */
  async gaps(): Promise<readonly LogGap[]> {
    const { segments, removed } = await this.#look();
    const gaps: LogGap[] = [...removed];
    let end = 0;
    for (const segment of segments) {
      if (segment.start > end) gaps.push(...unexplained({ from: end, to: segment.start }, removed));
      end = Math.max(end, segment.start + (await this.#lengthOf(segment).catch(() => 0)));
    }
    return gaps.sort((a, b) => a.from - b.from);
  }

  /** Forgets what was read: bytes were removed. */
  forget(): void {
    this.#catalog = undefined;
    this.#tables.clear();
    this.#frames.clear();
  }

  async #readSome(position: number, wanted: number): Promise<LogPiece> {
    for (let look = 1; ; look += 1) {
      try {
        const piece = await this.#readOnce(position, wanted);
        if (piece.gap === undefined && piece.bytes.byteLength > 0) return piece;
        // An end or a gap of an old catalog may be none of the new one.
        if (look > 1) return piece;
      } catch (error) {
        if (!isMissing(error) || look >= LOOKS) throw error;
      }
      await this.#look();
    }
  }

  async #readOnce(position: number, wanted: number): Promise<LogPiece> {
    const { segments, removed } = this.#catalog ?? (await this.#look());
    const hole = removed.find((gap) => gap.from <= position && position < gap.to);
    if (hole !== undefined) return { bytes: NOTHING.bytes, gap: { ...hole, from: position } };
    const index = segments.findLastIndex((segment) => segment.start <= position);
    const nextHole = removed.find((gap) => gap.from > position)?.from ?? Number.POSITIVE_INFINITY;
    const limit = Math.min(nextHole, segments[index + 1]?.start ?? Number.POSITIVE_INFINITY);
    const read = await this.#readWithin(segments[index], position, Math.min(position + wanted, limit));
    if ("damagedTo" in read) return damaged(position, Math.min(read.damagedTo ?? (await this.size()), limit));
    if (read.byteLength > 0) return { bytes: read };
    return Number.isFinite(limit) ? gapOf(position, limit, "missing") : NOTHING;
  }

  /** Bytes of the segment from one offset to another; empty where there is none. `damagedTo` undefined: all of it. */
  async #readWithin(segment: Segment | undefined, from: number, to: number): Promise<Buffer | Damage> {
    if (segment === undefined) return Buffer.alloc(0);
    const read = await this.#readSegment(segment, from - segment.start, to - from);
    if (!("damagedTo" in read) || read.damagedTo === undefined) return read;
    return { damagedTo: segment.start + read.damagedTo };
  }

  async #readSegment(segment: Segment, at: number, wanted: number): Promise<Buffer | Damage> {
    const handle = await open(segment.file, "r");
    try {
      if (segment.isPacked) return await this.#readPacked(handle, segment, { at, wanted });
      const size = (await handle.stat()).size;
      return await readFully(handle, at, Math.max(0, Math.min(wanted, size - at)));
    } catch (error) {
      if (error instanceof DamagedSegment) return { damagedTo: undefined };
      throw error;
    } finally {
      await handle.close();
    }
  }

  async #readPacked(
    handle: FileHandle,
    segment: Segment,
    { at, wanted }: { readonly at: number; readonly wanted: number },
  ): Promise<Buffer | Damage> {
    const { key, table } = await this.#tableOf(handle, segment);
    const wantedFrames = table.frames.filter(({ start, bytes }) => start + bytes > at && start < at + wanted);
    // Unpacked side by side: they are as many as fill what was asked for.
    const unpacked = await Promise.all(wantedFrames.map((frame) => this.#unpack(handle, key, frame)));
    const parts: Buffer[] = [];
    let position = at;
    for (const [index, frame] of wantedFrames.entries()) {
      const bytes = unpacked[index];
      const end = frame.start + frame.bytes;
      if (bytes === undefined) {
        if (parts.length > 0) break;
        return { damagedTo: end };
      }
      this.#keepFrame(`${key}/${frame.at}`, bytes);
      parts.push(bytes.subarray(position - frame.start, at + wanted - frame.start));
      position = end;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** Undefined where it is damaged. */
  async #unpack(handle: FileHandle, key: string, frame: PackedFrame): Promise<Buffer | undefined> {
    const kept = this.#frames.get(`${key}/${frame.at}`);
    if (kept !== undefined) return kept;
    try {
      return await readFrame(handle, frame);
    } catch (error) {
      if (error instanceof DamagedSegment) return undefined;
      throw error;
    }
  }

  #keepFrame(id: string, bytes: Buffer): void {
    this.#frames.set(id, bytes);
    const oldest = this.#frames.size > KEPT_FRAMES ? this.#frames.keys().next().value : undefined;
    if (oldest !== undefined) this.#frames.delete(oldest);
  }

  /** A file that was cut has the same name and other content. */
  async #tableOf(handle: FileHandle, segment: Segment): Promise<{ readonly key: string; readonly table: PackedTable }> {
    const { ino, size } = await handle.stat();
    const key = `${segment.start}/${ino}/${size}`;
    const known = this.#tables.get(segment.file);
    if (known?.key === key) return known;
    const entry = { key, table: await readTable(handle, size) };
    this.#tables.set(segment.file, entry);
    return entry;
  }

  async #lengthOf(segment: Segment): Promise<number> {
    if (!segment.isPacked) return (await stat(segment.file)).size;
    const handle = await open(segment.file, "r");
    try {
      return (await this.#tableOf(handle, segment)).table.bytes;
    } catch (error) {
      if (error instanceof DamagedSegment) return 0;
      throw error;
    } finally {
      await handle.close();
    }
  }

  async #look(): Promise<Catalog> {
    this.#catalog = { segments: await listSegments(this.#dir), removed: await readGaps(this.#dir) };
    return this.#catalog;
  }
}

function gapOf(from: number, to: number, reason: GapReason): LogPiece {
  return { bytes: NOTHING.bytes, gap: { from, to, reason } };
}

function damaged(from: number, to: number): LogPiece {
  return to > from ? gapOf(from, to, "damaged") : NOTHING;
}

/** What of a stretch without a file nobody removed. */
function unexplained(stretch: { from: number; to: number }, removed: readonly RemovedStretch[]): readonly LogGap[] {
  let from = stretch.from;
  const gaps: LogGap[] = [];
  for (const gap of removed) {
    if (gap.from > from && from < stretch.to)
      gaps.push({ from, to: Math.min(gap.from, stretch.to), reason: "missing" });
    from = Math.max(from, gap.to);
  }
  if (from < stretch.to) gaps.push({ from, to: stretch.to, reason: "missing" });
  return gaps;
}

/** Bytes recorded so far, removed ones counted; 0 for an unknown session. */
export function segmentSize(dir: string): Promise<number> {
  return new LogReader(dir).size();
}

export function readLog(dir: string, offset: number, maxBytes: number): Promise<LogPiece> {
  return new LogReader(dir).read(offset, maxBytes);
}

export interface SegmentRange {
  readonly from?: number;
  /** Exclusive; the end of the log at the time it is reached when absent. */
  readonly to?: number;
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal;
}

/** The log in order as chunks of at most `chunkBytes`, one at a time in memory, gaps between them. Chunks are the consumer's to keep. */
export async function* streamSegments(
  dir: string,
  range: SegmentRange = {},
): AsyncGenerator<LogPiece & { readonly offset: number }> {
  const chunkBytes = range.chunkBytes ?? DEFAULT_CHUNK_BYTES;
  const to = range.to ?? Number.POSITIVE_INFINITY;
  const reader = new LogReader(dir);
  let offset = range.from ?? 0;
  while (range.signal?.aborted !== true && offset < to) {
    const piece = await reader.read(offset, Math.min(chunkBytes, to - offset));
    if (piece.gap === undefined && piece.bytes.byteLength === 0) return;
    yield { offset, ...piece };
    offset = piece.gap?.to ?? offset + piece.bytes.byteLength;
  }
}

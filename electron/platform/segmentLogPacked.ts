/**
 * A packed segment: independent zstd frames of 256 KiB of output and a seek table in a skippable frame at the end (the
 * seekable format of zstd's contrib/), so that one frame is read to get at one place and `zstd -d` gives the segment
 * back. Every frame carries a checksum.
 */
import { open, rename, stat, unlink, utimes, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { syncDirectory } from "./segmentLogFiles.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** performance.md, advice 4: frames of 256 KiB, level 3. */
export const FRAME_BYTES = 256 * 1024;
const LEVEL = 3;
const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const FOOTER_BYTES = 9;
const ENTRY_BYTES = 8;
/** A table larger than this is damage: 64 MiB, the largest segment, has 256 frames. */
const MAX_FRAMES = 65_536;

export interface PackedFrame {
  /** Within the packed file. */
  readonly at: number;
  readonly packedBytes: number;
  /** Within the segment. */
  readonly start: number;
  readonly bytes: number;
}

export interface PackedTable {
  readonly frames: readonly PackedFrame[];
  /** Bytes of output. */
  readonly bytes: number;
}

/** Throws DamagedSegment where the table cannot be true. */
export async function readTable(handle: FileHandle, fileBytes: number): Promise<PackedTable> {
  const footer = await readFully(handle, fileBytes - FOOTER_BYTES, FOOTER_BYTES);
  const count = footer.length === FOOTER_BYTES ? footer.readUInt32LE(0) : Number.POSITIVE_INFINITY;
  if (count > MAX_FRAMES || footer.readUInt32LE(5) !== SEEKABLE_MAGIC) throw new DamagedSegment("no seek table");
  const tableAt = fileBytes - FOOTER_BYTES - count * ENTRY_BYTES;
  if (tableAt < 0) throw new DamagedSegment("the seek table is longer than the file");
  const table = await readFully(handle, tableAt, count * ENTRY_BYTES);
  if (table.length < count * ENTRY_BYTES) throw new DamagedSegment("the seek table is cut");
  const frames: PackedFrame[] = [];
  let at = 0;
  let start = 0;
  for (let index = 0; index < count; index += 1) {
    const packedBytes = table.readUInt32LE(index * ENTRY_BYTES);
    const bytes = table.readUInt32LE(index * ENTRY_BYTES + 4);
    frames.push({ at, packedBytes, start, bytes });
    at += packedBytes;
    start += bytes;
  }
  if (at + 8 !== tableAt) throw new DamagedSegment("the seek table does not fit the file");
  return { frames, bytes: start };
}

/** Throws DamagedSegment where the checksum does not fit. */
export async function readFrame(handle: FileHandle, frame: PackedFrame): Promise<Buffer> {
  const packed = await readFully(handle, frame.at, frame.packedBytes);
  let bytes: Buffer;
  try {
    bytes = await decompress(packed);
  } catch (error) {
    throw new DamagedSegment(String(error));
  }
  if (bytes.byteLength !== frame.bytes) throw new DamagedSegment("a frame is not as long as the table says");
  return bytes;
}

export class DamagedSegment extends Error {}

export interface Packing {
  /** Each at most a frame. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** When the last byte was printed: the file bears this time. */
  readonly modified: Date;
  /** Looks at what was written before it gets its name; throws when it is not right. */
  readonly check?: (written: string) => Promise<void>;
}

export async function writePacked(file: string, packing: Packing): Promise<{ packedBytes: number }> {
  const { pieces, modified, check } = packing;
  const fresh = `${file}.new`;
  const handle = await open(fresh, "w", 0o600);
  const entries: number[] = [];
  let packedBytes = 0;
  try {
    for await (const piece of pieces) {
      const packed = await compress(piece, {
        params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
      });
      await handle.writeFile(packed);
      entries.push(packed.byteLength, piece.byteLength);
      packedBytes += packed.byteLength;
    }
    await handle.writeFile(tableFrame(entries));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await check?.(fresh);
  await utimes(fresh, modified, modified);
  await rename(fresh, file);
  await syncDirectory(dirname(file));
  return { packedBytes };
}

function tableFrame(entries: readonly number[]): Buffer {
  const body = entries.length * 4 + FOOTER_BYTES;
  const frame = Buffer.alloc(8 + body);
  frame.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  frame.writeUInt32LE(body, 4);
  for (const [index, value] of entries.entries()) frame.writeUInt32LE(value, 8 + index * 4);
  frame.writeUInt32LE(entries.length / 2, 8 + entries.length * 4);
  frame.writeUInt32LE(SEEKABLE_MAGIC, 8 + body - 4);
  return frame;
}

/**
 * Replaces a sealed `.log` by its packed form. The old file goes only after the new one has been read back from the disk
 * and is the same, byte by byte; a death in the middle leaves the old one, or both.
 */
export async function packSegment(rawFile: string): Promise<{ rawBytes: number; packedBytes: number }> {
  const packedFile = rawFile.replace(/\.log$/, ".zst");
  const { mtime, size } = await stat(rawFile);
  const { packedBytes } = await writePacked(packedFile, {
    pieces: rawPieces(rawFile, 0, size),
    modified: mtime,
    check: (written) => verify(rawFile, written, size),
  });
  await unlink(rawFile);
  await syncDirectory(dirname(rawFile));
  return { rawBytes: size, packedBytes };
}

async function verify(rawFile: string, packedFile: string, size: number): Promise<void> {
  const packed = await open(packedFile, "r");
  const raw = await open(rawFile, "r");
  const room = Buffer.allocUnsafeSlow(FRAME_BYTES);
  try {
    const table = await readTable(packed, (await packed.stat()).size);
    for (const frame of table.frames) {
      const [a, b] = await Promise.all([
        readFrame(packed, frame),
        fill(raw, frame.start, room.subarray(0, frame.bytes)),
      ]);
      if (!a.equals(b)) throw new DamagedSegment(`${packedFile} is not what was packed`);
    }
    if (table.bytes !== size) throw new DamagedSegment(`${packedFile} is shorter than what was packed`);
  } finally {
    await Promise.all([packed.close(), raw.close()]);
  }
}

/** Bytes of a raw file from `from` to `to`, in pieces of a frame, each good until the next is asked for. */
export async function* rawPieces(file: string, from: number, to: number): AsyncGenerator<Buffer> {
  const handle = await open(file, "r");
  // One for all of them: gigabytes are packed, and what is thrown away lies about until it is collected.
  const room = Buffer.allocUnsafeSlow(FRAME_BYTES);
  try {
    for (let at = from; at < to; at += FRAME_BYTES) {
      const piece = await fill(handle, at, room.subarray(0, Math.min(FRAME_BYTES, to - at)));
      if (piece.byteLength > 0) yield piece;
    }
  } finally {
    await handle.close();
  }
}

/** Output bytes of a packed file from `from` to `to`, in pieces of at most a frame. */
export async function* packedPieces(file: string, from: number, to: number): AsyncGenerator<Buffer> {
  const handle = await open(file, "r");
  try {
    const table = await readTable(handle, (await handle.stat()).size);
    for (const frame of table.frames) {
      if (frame.start + frame.bytes <= from || frame.start >= to) continue;
      const bytes = await readFrame(handle, frame);
      yield bytes.subarray(Math.max(0, from - frame.start), Math.min(bytes.length, to - frame.start));
    }
  } finally {
    await handle.close();
  }
}

/** Fewer than asked only at the end of the file. */
export async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0 || length < 0) return Buffer.alloc(0);
  return fill(handle, position, Buffer.allocUnsafeSlow(length));
}

/** What of the buffer could be filled. */
async function fill(handle: FileHandle, position: number, buffer: Buffer): Promise<Buffer> {
  const { length } = buffer;
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

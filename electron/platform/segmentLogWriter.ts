/**
 * The writing half of the segment log: gathers a pty's bytes and appends them with as few writes as latency allows.
 * Invariant: `onWritten` is called, in order, only after write(2) took the bytes; a full disk stops the writer, which
 * keeps what it holds, asks its source to pause, and tries again. Nothing is dropped.
 */
import { close, constants, open, write } from "node:fs";
import { appendFile, lstat, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SEGMENT_INDEX_FILE, listSegments, segmentFileName } from "./segmentLogFiles.ts";
import { MARK_EVERY_MS } from "./segmentLogIndex.ts";
import { segmentSize } from "./segmentLogReader.ts";

const openFile = promisify(open);
const closeFile = promisify(close);

/** Between 8 and 64 MiB: few files for a long life, small enough to seal and compress one at a time. */
const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
/** A burst is written in pieces of at most this, and this much may wait before the source is asked to pause. */
const FLUSH_BYTES = 1024 * 1024;
/** Bytes after the first of a burst wait this long for company: one write instead of hundreds … */
const FLUSH_DELAY_MS = 5;
/** … and only this long after a write so small that no burst is under way. */
const SMALL_FLUSH = { bytes: 4096, delayMs: 1 };
/** A full disk is asked again this often. */
const RETRY_DELAY_MS = 250;

export interface SegmentWriterOptions {
  readonly segmentBytes?: number;
  readonly retryDelayMs?: number;
  /** Bytes from `offset` on are in the file; the buffer is the listener's to keep. */
  readonly onWritten?: (offset: number, bytes: Buffer) => void;
  /** True: stop reading the source, the disk is behind or refuses; false: go on. */
  readonly onPressure?: (isBehind: boolean) => void;
  /** The disk refused (for example ENOSPC), or takes bytes again (undefined). */
  readonly onTrouble?: (problem: string | undefined) => void;
}

export interface SegmentWriter {
  /** Bytes in the file; what was appended but not written yet does not count. */
  readonly size: number;
  /** Why the disk refuses at the moment, for example "ENOSPC". */
  readonly trouble: string | undefined;
  /** Takes a copy: the caller may reuse its buffer. */
  append(bytes: Uint8Array): void;
  /** Recorded in order with the bytes: it holds for what is appended from now on. */
  recordResize(cols: number, rows: number): void;
  /** Resolves when everything appended so far is in the file; waits while the disk is full. */
  flushed(): Promise<void>;
  /** Flushed, and the index knows it. */
  indexed(): Promise<void>;
  /** Flushes, then closes the files. Idempotent. */
  close(): Promise<void>;
}

/** Windows has no such flag, and no link without an administrator. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens the log of one session for appending, creating its directory (0700); continues where an earlier writer ended.
 * Throws where a link stands in its place: what an agent prints must not be written into somebody's file.
 */
export async function openSegmentWriter(dir: string, options: SegmentWriterOptions = {}): Promise<SegmentWriter> {
  const isNew = (await mkdir(dir, { recursive: true, mode: 0o700 })) !== undefined;
  if (isNew) return new FileSegmentWriter(dir, options, { size: 0, segmentStart: 0 });
  const last = (await listSegments(dir)).at(-1);
  for (const path of [dir, join(dir, SEGMENT_INDEX_FILE), ...(last === undefined ? [] : [last.file])])
    if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() === true)
      throw new Error(`The log's place ${path} is a link; remove it and start the agent again.`);
  const size = await segmentSize(dir);
  const canContinue = last !== undefined && !last.isPacked && size === last.start + (await stat(last.file)).size;
  return new FileSegmentWriter(dir, options, { size, segmentStart: canContinue ? last.start : size });
}

class FileSegmentWriter implements SegmentWriter {
  size: number;
  trouble: string | undefined;
  readonly #dir: string;
  readonly #options: SegmentWriterOptions;
  readonly #segmentBytes: number;
  #segmentStart: number;
  #fd: number | undefined;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** Open end of the gathering buffer: small reads are copied together instead of kept one by one. */
  #tail: Buffer | undefined;
  #tailUsed = 0;
  #busy = false;
  #behind = false;
  #timer: NodeJS.Timeout | undefined;
  #lastFlushAt = Number.NEGATIVE_INFINITY;
  #delayMs = FLUSH_DELAY_MS;
  #lastMarkAt = Number.NEGATIVE_INFINITY;
  #indexLines: string[] = [];
  #indexWork: Promise<void> = Promise.resolve();
  #waiters: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(dir: string, options: SegmentWriterOptions, at: { size: number; segmentStart: number }) {
    this.#dir = dir;
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.size = at.size;
    this.#segmentStart = at.segmentStart;
  }

  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#gather(bytes);
    const waiting = this.#waiting();
    if (waiting >= FLUSH_BYTES) this.#setBehind(true);
    if (this.#busy || this.trouble !== undefined) return;
    if (waiting >= FLUSH_BYTES || performance.now() - this.#lastFlushAt >= this.#delayMs) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs);
  }

  recordResize(cols: number, rows: number): void {
    this.#index({ offset: this.size + this.#waiting() + this.#inFlight, cols, rows });
  }

  flushed(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    if (!this.#busy && this.trouble === undefined) this.#flush();
    return promise;
  }

  indexed(): Promise<void> {
    return this.flushed().then(() => this.#indexWork);
  }

  close(): Promise<void> {
    this.#closed ??= this.indexed().then(async () => {
      const fd = this.#fd;
      this.#fd = undefined;
      if (fd !== undefined) await closeFile(fd);
    });
    return this.#closed;
  }

  #inFlight = 0;

  #waiting(): number {
    return this.#chunkBytes + this.#tailUsed;
  }

  #isIdle(): boolean {
    return !this.#busy && this.#waiting() === 0;
  }

  /** One copy, out of the reader's reused buffer; the block is as large as what came, and grows for bursts. */
  #gather(bytes: Uint8Array): void {
    if (this.#tail !== undefined && this.#tail.byteLength - this.#tailUsed < bytes.byteLength) this.#sealTail();
    if (this.#tail === undefined) {
      const size = this.#busy || this.#timer !== undefined ? 64 * 1024 : bytes.byteLength;
      this.#tail = Buffer.allocUnsafeSlow(Math.max(size, bytes.byteLength));
    }
    this.#tail.set(bytes, this.#tailUsed);
    this.#tailUsed += bytes.byteLength;
  }

  #sealTail(): void {
    if (this.#tail === undefined || this.#tailUsed === 0) return;
    this.#chunks.push(this.#tail.subarray(0, this.#tailUsed));
    this.#chunkBytes += this.#tailUsed;
    this.#tail = undefined;
    this.#tailUsed = 0;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#busy) return;
    this.#sealTail();
    if (this.#chunkBytes === 0) {
      this.#settle();
      return;
    }
    const single = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    const bytes = single ?? Buffer.concat(this.#chunks, this.#chunkBytes);
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#busy = true;
    this.#inFlight = bytes.byteLength;
    this.#delayMs = bytes.byteLength < SMALL_FLUSH.bytes ? SMALL_FLUSH.delayMs : FLUSH_DELAY_MS;
    void this.#writeAll(bytes).finally(() => {
      this.#busy = false;
      this.#inFlight = 0;
      this.#lastFlushAt = performance.now();
      this.#setBehind(false);
      if (this.#waiting() > 0) this.#continueGathering();
      else this.#settle();
    });
  }

  /** What came during the write goes out at once when it is much or awaited, otherwise with the next batch. */
  #continueGathering(): void {
    if (this.#waiting() >= FLUSH_BYTES || this.#waiters.length > 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs);
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.byteLength > 0) {
      try {
        const written = await this.#writeSome(rest);
        const offset = this.size;
        this.size += written;
        this.#inFlight -= written;
        this.#setTrouble(undefined);
        this.#markTime(offset);
        this.#options.onWritten?.(offset, rest.subarray(0, written));
        rest = rest.subarray(written);
      } catch (error) {
        this.#setTrouble(reasonOf(error));
        await new Promise((resolve) => setTimeout(resolve, this.#options.retryDelayMs ?? RETRY_DELAY_MS));
      }
    }
  }

  async #writeSome(bytes: Buffer): Promise<number> {
    if (this.size - this.#segmentStart >= this.#segmentBytes) {
      const full = this.#fd;
      this.#fd = undefined;
      this.#segmentStart = this.size;
      if (full !== undefined) await closeFile(full);
    }
    const room = this.#segmentStart + this.#segmentBytes - this.size;
    this.#fd ??= await openFile(join(this.#dir, segmentFileName(this.#segmentStart)), APPEND, 0o600);
    return await writeOnce(this.#fd, bytes.byteLength <= room ? bytes : bytes.subarray(0, room));
  }

  #markTime(offset: number): void {
    const now = performance.now();
    if (offset > 0 && now - this.#lastMarkAt < MARK_EVERY_MS) return;
    this.#lastMarkAt = now;
    this.#index({ offset });
  }

  /** The index only helps to find things; when the disk refuses it, the lines wait for the next one. */
  #index(row: { offset: number; cols?: number; rows?: number }): void {
    this.#indexLines.push(JSON.stringify({ ...row, at: new Date().toISOString() }));
    this.#indexWork = this.#indexWork.then(async () => {
      const lines = this.#indexLines;
      if (lines.length === 0) return;
      this.#indexLines = [];
      try {
        // The leading newline keeps a line torn by a full disk or a crash from spoiling the next one.
        await appendFile(join(this.#dir, SEGMENT_INDEX_FILE), `\n${lines.join("\n")}\n`, { mode: 0o600 });
      } catch {
        this.#indexLines = [...lines, ...this.#indexLines];
      }
    });
  }

  #setBehind(isBehind: boolean): void {
    if (this.#behind === isBehind) return;
    this.#behind = isBehind;
    this.#options.onPressure?.(isBehind);
  }

  #setTrouble(problem: string | undefined): void {
    if (this.trouble === problem) return;
    this.trouble = problem;
    if (problem !== undefined) this.#setBehind(true);
    this.#options.onTrouble?.(problem);
  }
}

function writeOnce(fd: number, bytes: Buffer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  write(fd, bytes, 0, bytes.byteLength, null, (error, written) => {
    if (error) reject(error);
    else if (written === 0) reject(new Error("the disk took no bytes"));
    else resolve(written);
  });
  return promise;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return String(error);
}

/**
 * A file of lines that another program is writing: read from where it was left, whole lines only. A last line without its
 * break waits for its end; a file that was cut or replaced is begun anew; a line beyond the bound is skipped and counted.
 */
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { z } from "zod";

const CHUNK = 256 * 1024;
export const MAX_LINE = 16 * 1024 * 1024;
/** Enough to tell two transcripts apart: the first line holds the session's id. */
const HEAD = 1024;

const markSchema = z.object({
  inode: z.string(),
  head: z.string(),
  headBytes: z.number().int().min(0),
  offset: z.number().int().min(0),
  state: z.string(),
});
export type LineMark = z.infer<typeof markSchema>;

export interface LineTaker {
  /** False: this was no line of such a file. */
  line(text: string): boolean;
  /** The reader begins at the file's first byte (again). */
  restart(): void;
  restore(state: string): void;
  state(): string;
}

export interface LineReading {
  readonly bytes: number;
  readonly skipped: number;
  readonly size: number;
}

export class LineFile {
  readonly path: string;
  readonly #taker: LineTaker;
  #mark: LineMark | undefined;

  constructor(path: string, taker: LineTaker, mark?: string) {
    this.path = path;
    this.#taker = taker;
    this.#mark = mark === undefined ? undefined : readMark(mark);
    if (this.#mark !== undefined) taker.restore(this.#mark.state);
  }

  /** Undefined until something was read. */
  mark(): string | undefined {
    return this.#mark === undefined ? undefined : JSON.stringify(this.#mark);
  }

  /** Everything up to the last line break, at most `maxBytes` beyond a line. Throws what the disk throws. */
  async read(maxBytes = Number.POSITIVE_INFINITY): Promise<LineReading> {
    const file = await open(this.path, "r");
    try {
      const { ino, size } = await file.stat();
      const inode = String(ino);
      const isSame = await this.#isSame(file, { inode, size });
      if (!isSame) this.#taker.restart();
      const from = isSame ? (this.#mark?.offset ?? 0) : 0;
      const { offset, skipped } = await this.#lines(file, { from, size, maxBytes });
      const headBytes = Math.min(offset, HEAD);
      const head = await digestOf(file, headBytes);
      this.#mark = { inode, head, headBytes, offset, state: this.#taker.state() };
      return { bytes: offset - from, skipped, size };
    } finally {
      await file.close();
    }
  }

  async #isSame(file: FileHandle, { inode, size }: { inode: string; size: number }): Promise<boolean> {
    const mark = this.#mark;
    if (mark === undefined) return true;
    if (mark.inode !== inode || size < mark.offset) return false;
    return (await digestOf(file, mark.headBytes)) === mark.head;
  }

  async #lines(
    file: FileHandle,
    { from, size, maxBytes }: { from: number; size: number; maxBytes: number },
  ): Promise<{ offset: number; skipped: number }> {
    const buffer = Buffer.allocUnsafe(CHUNK);
    const open = new OpenLine();
    let at = from;
    let offset = from;
    let skipped = 0;
    while (at < size && offset - from < maxBytes) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, size - at), at);
      if (bytesRead === 0) break;
      let start = 0;
      for (let end = buffer.indexOf(10, start); end >= 0 && end < bytesRead; end = buffer.indexOf(10, start)) {
        const text = open.close(buffer.subarray(start, end));
        if (text === undefined || (text !== "" && !this.#taker.line(text))) skipped += 1;
        start = end + 1;
        offset = at + start;
      }
      open.add(buffer.subarray(start, bytesRead));
      at += bytesRead;
    }
    return { offset, skipped };
  }
}

/** The line that is being read; beyond the bound only its length is known. */
class OpenLine {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > MAX_LINE) this.#parts = [];
    else if (part.length > 0) this.#parts.push(Buffer.from(part));
  }

  /** Undefined: it was too long. */
  close(part: Buffer): string | undefined {
    const isTooLong = this.#length + part.length > MAX_LINE;
    const text = isTooLong
      ? undefined
      : Buffer.concat([...this.#parts, part])
          .toString("utf8")
          .trimEnd();
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

async function digestOf(file: FileHandle, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, 0);
  return createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("base64url");
}

function readMark(text: string): LineMark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

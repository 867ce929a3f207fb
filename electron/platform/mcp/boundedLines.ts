/**
 * Lines of a byte stream with a bound on each: a line beyond it is dropped as it comes and never held, but its two ends
 * are kept, because they tell which request it answered.
 */
export interface LineSink {
  line(bytes: Buffer): void;
  /** A line that was too long; `head` and `tail` are its first and last bytes. */
  tooLong(head: Buffer, tail: Buffer): void;
}

const NEWLINE = 0x0a;
/** Enough for `{"jsonrpc":"2.0","id":123456789,` on either side. */
const END_BYTES = 256;

export class BoundedLines {
  readonly #sink: LineSink;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  /** Set while the rest of a line that was too long goes by. */
  #dropped: { head: Buffer; tail: Buffer } | undefined;

  constructor(sink: LineSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#take(chunk.subarray(from, at));
      this.#end();
      from = at + 1;
    }
    this.#take(chunk.subarray(from));
  }

  #take(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.#dropped !== undefined) {
      this.#dropped.tail = lastBytes(Buffer.concat([this.#dropped.tail, lastBytes(piece)]));
      return;
    }
    this.#parts.push(piece);
    this.#length += piece.length;
    if (this.#length <= this.#maxBytes) return;
    const whole = Buffer.concat(this.#parts);
    this.#dropped = { head: Buffer.from(whole.subarray(0, END_BYTES)), tail: lastBytes(whole) };
    this.#parts = [];
    this.#length = 0;
  }

  #end(): void {
    if (this.#dropped !== undefined) {
      const { head, tail } = this.#dropped;
      this.#dropped = undefined;
      this.#sink.tooLong(head, tail);
      return;
    }
    if (this.#length === 0) return;
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#sink.line(bytes);
  }
}

function lastBytes(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(Math.max(0, bytes.length - END_BYTES)));
}

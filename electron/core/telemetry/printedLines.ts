/** Cuts what an agent prints into lines and keeps those that begin with a brace; the rest is only looked at for its line end. */

const LINE_END = 10;
const BRACE = 123;
const RETURN = 13;
/** A tool's result may stand on one line; a longer one tells nothing we read. */
const MAX_LINE_BYTES = 1024 * 1024;

export class PrintedLines {
  readonly #take: (line: string) => void;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** The line that began is none of ours. */
  #isSkipped = false;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_END, from);
      this.#keep(bytes.subarray(from, end < 0 ? bytes.length : end));
      if (end < 0) return;
      this.#endLine();
      from = end + 1;
    }
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0 || this.#isSkipped) return;
    const isOurs = this.#pendingBytes > 0 || part[0] === BRACE;
    if (!isOurs || this.#pendingBytes + part.length > MAX_LINE_BYTES) {
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#isSkipped = true;
      return;
    }
    // The caller reuses its buffer.
    this.#pending.push(Uint8Array.from(part));
    this.#pendingBytes += part.length;
  }

  #endLine(): void {
    const parts = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#isSkipped = false;
    if (parts.length === 0) return;
    const line = Buffer.concat(parts);
    this.#take(line.toString("utf8", 0, line.at(-1) === RETURN ? line.length - 1 : line.length));
  }
}

/**
 * Terminal output as lines of plain text with the log offset each begins at: escape codes removed, cursor movements
 * read as breaks and blanks, bytes copied as they are so that UTF-8 survives any chunk border.
 */
import type { Buffer as NodeBuffer } from "node:buffer";

/** A line longer than this is handed out in pieces that overlap, so that memory stays bounded and no match is cut. */
const MAX_LINE_BYTES = 64 * 1024;
/** At least the longest text that can be searched for (1000 characters, 4 bytes each). */
const OVERLAP_BYTES = 4096;
/** An unterminated string (binary printed to the terminal) ends here, or it would hide all that follows. */
const MAX_STRING_BYTES = 1024 * 1024;

const ESC = 0x1b;
const LF = 0x0a;

export interface PlainLines {
  /** The lines, each ended by a line feed. */
  readonly text: NodeBuffer;
  /** Log offset of each line. */
  readonly offsets: readonly number[];
  /** Whether the cursor was moved to the line, not fed there: it may be one more drawing of the same thing. */
  readonly redrawn: readonly boolean[];
  /** Bytes at the beginning that were already handed out as the end of the piece before. */
  readonly repeated: number;
}

type State = "ground" | "escape" | "intermediate" | "csi" | "string" | "stringEscape";

export class PlainTextReader {
  #state: State = "ground";
  #stringBytes = 0;
  #belEnds = false;
  #out: NodeBuffer = Buffer.alloc(0);
  #length = 0;
  #lineStart = 0;
  #lineOffset = 0;
  #lineRedrawn = false;
  #offsets: number[] = [];
  #redrawn: boolean[] = [];
  #repeated = 0;
  #repeatedNext = 0;

  /** All lines completed by these bytes of the log, which begin at `offset`; their text is good until the next call. */
  push(bytes: Uint8Array, offset: number): PlainLines {
    const rest = this.#out.subarray(this.#lineStart, this.#length);
    const needed = rest.length + bytes.length + 2;
    const next = needed > this.#out.length ? Buffer.allocUnsafeSlow(needed + MAX_LINE_BYTES) : this.#out;
    rest.copy(next);
    this.#out = next;
    this.#length = rest.length;
    this.#lineStart = 0;
    this.#offsets = [];
    this.#redrawn = [];
    this.#repeated = this.#repeatedNext;
    this.#repeatedNext = 0;
    this.#read(bytes, offset);
    if (this.#length - this.#lineStart > MAX_LINE_BYTES) return this.#cutLongLine();
    const lines = this.#completed(this.#lineStart);
    // Nothing handed out: what is repeated still waits.
    if (lines.text.length === 0) this.#repeatedNext = this.#repeated;
    return lines;
  }

  /** The last line, which nothing ended. */
  end(): PlainLines {
    this.push(new Uint8Array(0), 0);
    this.#repeated = this.#repeatedNext;
    this.#break(0, false);
    return this.#completed(this.#lineStart);
  }

  #completed(end: number): PlainLines {
    return {
      text: this.#out.subarray(0, end),
      offsets: this.#offsets,
      redrawn: this.#redrawn,
      repeated: this.#repeated,
    };
  }

  #cutLongLine(): PlainLines {
    let keepFrom = this.#length - OVERLAP_BYTES;
    while (isContinuation(this.#out[keepFrom])) keepFrom -= 1;
    const overlap = Buffer.from(this.#out.subarray(keepFrom, this.#length));
    const { redrawn, offset } = { redrawn: this.#lineRedrawn, offset: this.#lineOffset };
    this.#break(offset, redrawn);
    const lines = this.#completed(this.#lineStart);
    this.#out = overlap;
    this.#length = overlap.length;
    this.#lineStart = 0;
    this.#repeatedNext = overlap.length;
    return lines;
  }

  #read(bytes: Uint8Array, offset: number): void {
    for (let index = 0; index < bytes.length; index++) {
      if (this.#state === "ground") index += this.#copyText(bytes, index);
      const byte = bytes[index];
      if (byte === undefined) return;
      if (this.#state === "ground") this.#control(byte, offset + index + 1);
      else this.#inSequence(byte, offset + index + 1);
    }
  }

  /** Nearly everything is text: a loop of its own over it reads more than twice as fast. Answers how many bytes it was. */
  #copyText(bytes: Uint8Array, from: number): number {
    const out = this.#out;
    let length = this.#length;
    let index = from;
    for (let byte = bytes[index]; byte !== undefined && byte >= 0x20 && byte !== 0x7f; byte = bytes[++index])
      out[length++] = byte;
    this.#length = length;
    return index - from;
  }

  #control(byte: number, after: number): void {
    if (byte === ESC) this.#state = "escape";
    else if (byte === LF || byte === 0x0b || byte === 0x0c) this.#break(after, false);
    else if (byte === 0x0d) this.#break(after, true);
    else if (byte === 0x09) this.#blank();
  }

  /** An empty line only moves the place where the next one begins. */
  #break(after: number, redrawn: boolean): void {
    if (this.#length > this.#lineStart) {
      this.#out[this.#length++] = LF;
      this.#offsets.push(this.#lineOffset);
      this.#redrawn.push(this.#lineRedrawn);
      this.#lineStart = this.#length;
    }
    this.#lineOffset = after;
    this.#lineRedrawn = redrawn;
  }

  #blank(): void {
    if (this.#length > this.#lineStart && this.#out[this.#length - 1] !== 0x20) this.#out[this.#length++] = 0x20;
  }

  #inSequence(byte: number, after: number): void {
    if (byte === 0x18 || byte === 0x1a) {
      this.#state = "ground";
      return;
    }
    switch (this.#state) {
      case "escape":
        this.#afterEscape(byte, after);
        return;
      case "stringEscape":
        if (byte === 0x5c) this.#state = "ground";
        else this.#afterEscape(byte, after);
        return;
      case "string":
        this.#inString(byte);
        return;
      default:
        this.#inControl(byte, after);
    }
  }

  #inControl(byte: number, after: number): void {
    // Controls act in the middle of a sequence; an escape begins a new one.
    if (byte < 0x20) this.#control(byte, after);
    else if (this.#state === "intermediate" && byte >= 0x30) this.#state = "ground";
    else if (this.#state === "csi" && byte >= 0x40 && byte < 0x7f) this.#endControl(byte, after);
  }

  #inString(byte: number): void {
    this.#stringBytes += 1;
    if (byte === ESC) this.#state = "stringEscape";
    else if ((byte === 0x07 && this.#belEnds) || this.#stringBytes > MAX_STRING_BYTES) this.#state = "ground";
  }

  #afterEscape(byte: number, after: number): void {
    if (byte === 0x5b) {
      this.#state = "csi";
    } else if (opensString(byte)) {
      this.#state = "string";
      this.#belEnds = byte === 0x5d;
      this.#stringBytes = 0;
    } else if (byte >= 0x20 && byte <= 0x2f) {
      this.#state = "intermediate";
    } else if (byte < 0x20) {
      this.#state = "escape";
      this.#control(byte, after);
    } else {
      this.#state = "ground";
      // Index, next line, reverse index.
      if (byte === 0x44 || byte === 0x45 || byte === 0x4d) this.#break(after, true);
    }
  }

  /** CUU, CUD, CNL, CPL, CUP, VPA, HVP go to another line; CUF and CHA go on in this one, as programs draw blanks. */
  #endControl(final: number, after: number): void {
    this.#state = "ground";
    if (final === 0x43 || final === 0x47) this.#blank();
    else if ((final >= 0x41 && final <= 0x48) || final === 0x64 || final === 0x66) {
      if (final !== 0x44) this.#break(after, true);
    }
  }
}

/** OSC, DCS, SOS, PM, APC. */
function opensString(byte: number): boolean {
  return byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}

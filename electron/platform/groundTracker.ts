/**
 * Finds the places in a stream of terminal bytes where nothing is half said: no open escape sequence, no cut UTF-8
 * character. A snapshot taken there can be continued by anyone with the bytes that follow. Invariant: keeps its state
 * over chunk borders, never looks back.
 */
type State = "ground" | "escape" | "escapeIntermediate" | "csi" | "string" | "stringEscape";

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;

export class GroundTracker {
  #state: State = "ground";
  #utf8Missing = 0;
  /** OSC ends at BEL too; DCS, SOS, PM and APC only at ST. */
  #belEnds = false;

  /** The end of the longest prefix of `bytes` after which nothing is open; -1 when there is none in it. */
  push(bytes: Uint8Array): number {
    let safeEnd = -1;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0;
      if (this.#state === "ground") this.#inGround(byte);
      else this.#inSequence(byte);
      if (this.#state === "ground" && this.#utf8Missing === 0) safeEnd = index + 1;
    }
    return safeEnd;
  }

  #inGround(byte: number): void {
    if (byte === ESC) {
      this.#utf8Missing = 0;
      this.#state = "escape";
    } else if (byte < 0x80) {
      this.#utf8Missing = 0;
    } else if (byte < 0xc0) {
      if (this.#utf8Missing > 0) this.#utf8Missing -= 1;
    } else {
      this.#utf8Missing = byte >= 0xf8 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    }
  }

  #inSequence(byte: number): void {
    if (byte === CAN || byte === SUB) {
      this.#state = "ground";
      return;
    }
    switch (this.#state) {
      case "escape":
        this.#afterEscape(byte);
        return;
      case "stringEscape":
        // ESC \ ends the string; any other escape ends it too and begins a sequence of its own.
        if (byte === 0x5c) this.#state = "ground";
        else this.#afterEscape(byte);
        return;
      case "string":
        if (byte === ESC) this.#state = "stringEscape";
        else if (byte === BEL && this.#belEnds) this.#state = "ground";
        return;
      default:
        this.#inControl(byte);
    }
  }

  /** CSI parameters or the intermediates of a short escape: C0 controls act in between, a final byte ends it. */
  #inControl(byte: number): void {
    if (byte === ESC) this.#state = "escape";
    else if (byte >= (this.#state === "csi" ? 0x40 : 0x30) && byte < 0x7f) this.#state = "ground";
  }

  #afterEscape(byte: number): void {
    if (byte === 0x5b) {
      this.#state = "csi";
    } else if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) {
      this.#state = "string";
      this.#belEnds = byte === 0x5d;
    } else if (byte >= 0x20 && byte <= 0x2f) {
      this.#state = "escapeIntermediate";
    } else if (byte !== ESC && byte >= 0x20 && byte !== 0x7f) {
      this.#state = "ground";
    } else {
      this.#state = "escape";
    }
  }
}

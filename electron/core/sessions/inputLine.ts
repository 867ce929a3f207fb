/**
 * Whether a person's text stands in the agent's input line, told by their keys alone. A message typed onto it would be
 * sent as one with it, so that where the keys do not tell, the line counts as taken until Enter, Ctrl-C or Ctrl-U.
 */

const PASTE_BEGINS = "200~";
const PASTE_ENDS = "201~";
/** Up, Down: what was sent before stands in the line again. */
const RECALL = /^[0-9;]*[AB]$/;
/** Shift-Enter and its like as kitty's keyboard protocol writes them. */
const NEW_LINE = /^13;\d+u$/;
const ESCAPE = "\u001b";
const CANCEL = "\u0003\u0015";
const BACKSPACE = "\u007f\b";
/** Ctrl-N, -P, -R and -Y bring back what was there before. */
const HISTORY = "\u000e\u0010\u0012\u0019";
/** A sequence longer than this is none; xterm.js sends each key whole. */
const LONGEST_SEQUENCE = 64;
const decoder = new TextDecoder("latin1");

export class InputLine {
  #count = 0;
  #isPasting = false;
  /** A sequence whose end has not come yet. */
  #rest = "";
  #last = "";

  constructor(isTaken = false) {
    if (isTaken) this.#take();
  }

  get isEmpty(): boolean {
    return this.#count === 0 && !this.#isPasting;
  }

  clear(): void {
    this.#count = 0;
    this.#isPasting = false;
    this.#rest = "";
  }

  feed(bytes: Uint8Array): void {
    const text = this.#rest + decoder.decode(bytes);
    this.#rest = "";
    let at = 0;
    while (at < text.length) {
      const read = text[at] === ESCAPE ? this.#sequence(text, at) : this.#character(text[at] ?? "");
      if (read === 0) {
        this.#rest = text.slice(at, at + LONGEST_SEQUENCE);
        return;
      }
      at += read;
    }
  }

  /** Length of the sequence at `at`; 0: its end is not there yet. */
  #sequence(text: string, at: number): number {
    const next = text[at + 1];
    if (next === undefined) return 1;
    if (next === "[") return this.#control(text, at);
    if (next === "O") {
      if (/[AB]/.test(text[at + 2] ?? "")) this.#take();
      return 3;
    }
    // A terminal's own reply.
    if (/[\]P_]/.test(next)) return replyLength(text, at);
    // Alt and a key; Alt-Enter begins a line.
    if (next === "\r") this.#count += 1;
    return next === ESCAPE ? 1 : 2;
  }

  #control(text: string, at: number): number {
    const found = /^[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]/.exec(text.slice(at + 2, at + LONGEST_SEQUENCE));
    if (found === null) return text.length - at < LONGEST_SEQUENCE ? 0 : 2;
    const [words] = found;
    if (words === PASTE_BEGINS) this.#isPasting = true;
    else if (words === PASTE_ENDS) this.#isPasting = false;
    else if (RECALL.test(words)) this.#take();
    else if (NEW_LINE.test(words)) this.#count += 1;
    return 2 + words.length;
  }

  #character(character: string): number {
    const isContinued = this.#last === "\\";
    this.#last = character;
    if (this.#isPasting) this.#count += 1;
    else if (character === "\r") this.#count = isContinued ? this.#count : 0;
    else if (CANCEL.includes(character)) this.#count = 0;
    else if (BACKSPACE.includes(character)) this.#count = Math.max(0, this.#count - 1);
    else if (HISTORY.includes(character)) this.#take();
    // Of a character of several bytes the first one counts.
    else if (character >= " " && !(character >= "\u0080" && character < "\u00c0")) this.#count += 1;
    return 1;
  }

  /** Of unknown length: no backspace empties it. */
  #take(): void {
    this.#count = Number.POSITIVE_INFINITY;
  }
}

/** OSC, DCS or APC, to ST or BEL. */
function replyLength(text: string, at: number): number {
  const bell = text.indexOf("\u0007", at);
  const end = text.indexOf(`${ESCAPE}\\`, at + 2);
  if (bell < 0 && end < 0) return text.length - at;
  return bell >= 0 && (end < 0 || bell < end) ? bell + 1 - at : end + 2 - at;
}

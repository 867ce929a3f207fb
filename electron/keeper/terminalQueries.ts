/**
 * Answers the few terminal queries without which a program hangs at its start, and only while no core is attached:
 * then the core's headless terminal is the one responder, and two would type garbage into an agent.
 */
const ESC = "\u001b";
const BEL = "\u0007";
/** A query cut by a chunk border is completed from at most this much of the chunk before. */
const LONGEST_QUERY = 128;
const QUERY = new RegExp(
  `${ESC}\\[0?c|${ESC}\\[[56]n|${ESC}\\]7501;\\?[^${BEL}${ESC}]{0,${LONGEST_QUERY}}(?:${BEL}|${ESC}\\\\)`,
  "g",
);

export class TerminalQueries {
  readonly #reply: (bytes: Uint8Array) => void;
  #tail = "";

  constructor(reply: (bytes: Uint8Array) => void) {
    this.#reply = reply;
  }

  /** Looks through consecutive output. Latin-1 keeps every byte; the queries are ASCII. */
  feed(bytes: Uint8Array): void {
    if (this.#tail === "" && !bytes.includes(0x1b)) return;
    const text = this.#tail + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    let handled = 0;
    for (const match of text.matchAll(QUERY)) {
      handled = match.index + match[0].length;
      this.#reply(Buffer.from(answerTo(match[0]), "latin1"));
    }
    const lastEscape = text.lastIndexOf(ESC);
    // The terminator of an OSC begins with ESC too, so the cut is at the introducer where one is open.
    const open = Math.max(text.lastIndexOf(`${ESC}]`), lastEscape === text.length - 1 ? -1 : lastEscape);
    const start = Math.max(handled, open === -1 ? lastEscape : open, text.length - LONGEST_QUERY);
    this.#tail = lastEscape < handled || lastEscape === -1 ? "" : text.slice(start);
  }

  /** A core has come: what was half seen is its business now. */
  forget(): void {
    this.#tail = "";
  }
}

function answerTo(query: string): string {
  if (query.startsWith(`${ESC}]`)) return query;
  if (query.endsWith("c")) return `${ESC}[?62;22c`;
  return query.endsWith("5n") ? `${ESC}[0n` : `${ESC}[1;1R`;
}

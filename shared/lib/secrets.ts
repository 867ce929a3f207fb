/**
 * Secrets of known shape, masked: vendors' keys, JSON web tokens, private key blocks, bearer tokens, passwords in
 * assignments and addresses. For what is shown or handed on; never for the log itself. Invariants: the masked text is as
 * long as the text, so that offsets stay true; time grows with the length alone (each pattern starts at the beginning of
 * a word or at a literal, and every repetition has an end).
 */

// In Node and in every browser; declared here because shared code is typed without either.
declare const TextDecoder: { new (label: string): { decode(bytes: Uint8Array): string } };

/** Stands for one byte or character of a secret. */
const MASK = "*";
const MASK_BYTE = 0x2a;
/** A private key block that never ends is none after this: the largest RSA keys take 13 KB. */
const MAX_PEM_CHARS = 16 * 1024;
const PEM_BEGIN = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_END = "-----END ";

/** Programs that draw break a long word at the edge: what goes on in the next line, and looks like it, belongs to it. */
const WRAPPED = String.raw`(?:\r?\n[ \t|>\x80-\uffff]{0,12}(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_.+/=-]{10,400}){0,3}`;
const WORD_START = "(?<![A-Za-z0-9_-])";

/** The first group stays readable: whose secret it was. */
function word(prefix: string, rest: string): RegExp {
  return new RegExp(`${WORD_START}(${prefix})(${rest}${WRAPPED})`, "g");
}

const SECRET_NAME = String.raw`(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credentials?)`;
/** A reference to a variable is no secret. */
const NO_REFERENCE = String.raw`(?![$<%{(*])`;

/** A secret whatever stands before it. */
const KEY_SHAPES: readonly RegExp[] = [
  // Anthropic, OpenAI and those who copied them; kebab-case words have no digits.
  word("sk-(?:ant-|proj-|svcacct-|admin-|or-)?", String.raw`(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{16,400}`),
  // Google: API keys, OAuth tokens and client secrets.
  word("AIza", "[A-Za-z0-9_-]{30,80}"),
  word(String.raw`ya29\.|1//0|GOCSPX-`, "[A-Za-z0-9_-]{20,400}"),
  // GitHub, GitLab.
  word("gh[pousr]_|github_pat_|glpat-", "[A-Za-z0-9_-]{20,255}"),
  // AWS key ids; their secrets are known by name only.
  word("A(?:KIA|SIA|BIA|CCA|ROA|IDA)", "[A-Z0-9]{16}"),
  // Slack.
  word("xox[abceoprs]-|xapp-", "[A-Za-z0-9-]{10,255}"),
  word(String.raw`https://hooks\.slack\.com/services/`, "[A-Za-z0-9/_]{20,120}"),
  // Stripe, npm, Hugging Face, SendGrid, Groq, xAI, Tavily.
  word("[sr]k_(?:live|test)_|npm_|hf_|gsk_|xai-|tvly-", "[A-Za-z0-9_-]{16,255}"),
  word(String.raw`SG\.`, "[A-Za-z0-9_.-]{30,120}"),
  // JSON web tokens.
  word("eyJ", String.raw`[A-Za-z0-9_-]{8,3000}\.[A-Za-z0-9_-]{8,3000}(?:\.[A-Za-z0-9_-]{0,1500})?`),
  /(?<![A-Za-z])((?:bearer|basic)[ \t]{1,4})((?=[A-Za-z._~+/=-]{0,60}\d)[A-Za-z0-9._~+/=-]{12,3000})/gi,
  // scheme://name:password@host
  /(:\/\/[^\s:/@"'`]{0,100}:)([^\s/@"'`]{1,200})(?=@)/g,
];

const SHAPES: readonly RegExp[] = [
  ...KEY_SHAPES,
  // NAME=value, then "name": "value", then name: value with a digit in it.
  new RegExp(`(${SECRET_NAME}["']?=["']?)(${NO_REFERENCE}[^\\s"'\`]{4,512})`, "gi"),
  new RegExp(
    `(${SECRET_NAME}["'\`]?[ \\t]{0,4}(?:=>|:=|=|:)[ \\t]{0,4}(?:\\\\?["'\`]))(${NO_REFERENCE}[^\\s"'\`]{4,512})`,
    "gi",
  ),
  new RegExp(
    `(${SECRET_NAME}[ \\t]{0,4}(?::=|=|:)[ \\t]{1,4})(${NO_REFERENCE}(?=[^\\s\\d]{0,60}\\d)[^\\s"'\`]{8,512})`,
    "gi",
  ),
];

/** Whether a secret stands in it that is known by its look alone, without the name of what it is the value of. */
export function hasSecretShape(text: string): boolean {
  return KEY_SHAPES.some((shape) => text.search(shape) >= 0) || pemRanges(text, 0).ranges.length > 0;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Characters of a private key block that are still to come; 0 outside one. */
export interface SecretState {
  pemLeft: number;
}

/** `state` carries a private key block from one piece of a text to the next; pieces otherwise end where words do. */
export function maskSecrets(text: string, state: SecretState = { pemLeft: 0 }): string {
  const { ranges, pemLeft } = pemRanges(text, state.pemLeft);
  state.pemLeft = pemLeft;
  const all = [...ranges, ...wordRanges(text)];
  if (all.length === 0) return text;
  const chars = text.split("");
  for (const { from, to } of all) {
    for (let index = from; index < to; index += 1) if (isMaskable(text.charCodeAt(index))) chars[index] = MASK;
  }
  return chars.join("");
}

/** Blanks, line ends and frames around a wrapped secret stay. */
function isMaskable(code: number): boolean {
  return code > 0x20 && (code < 0x2500 || code > 0x257f);
}

function wordRanges(text: string): Range[] {
  const ranges: Range[] = [];
  for (const shape of SHAPES) {
    for (const match of text.matchAll(shape)) {
      const from = match.index + (match[1] ?? "").length;
      ranges.push({ from, to: from + (match[2] ?? "").length });
    }
  }
  return ranges;
}

function pemRanges(text: string, left: number): { readonly ranges: Range[]; readonly pemLeft: number } {
  const ranges: Range[] = [];
  let from = 0;
  let pemLeft = left;
  for (;;) {
    if (pemLeft === 0) {
      PEM_BEGIN.lastIndex = from;
      const begin = PEM_BEGIN.exec(text);
      if (begin === null) return { ranges, pemLeft: 0 };
      from = begin.index + begin[0].length;
      pemLeft = MAX_PEM_CHARS;
    }
    const end = text.indexOf(PEM_END, from);
    const to = Math.min(end < 0 ? text.length : end, from + pemLeft);
    if (to > from) ranges.push({ from, to });
    pemLeft = to === end || to - from >= pemLeft ? 0 : pemLeft - (to - from);
    from = to;
    if (from >= text.length) return { ranges, pemLeft };
  }
}

/** The longest match of the patterns above fits in this, so what is followed by as much is decided. */
const HOLD = 12 * 1024;
/** Work begins when this much waits: what is held is looked at again and again. */
const WORK_BYTES = 256 * 1024;
/** Where hardly anything can be read, as in a picture, the hold is counted in bytes. */
const HOLD_BYTES = 64 * 1024;
/** Before the first byte that is still open: for the beginning of words and names of assignments. */
const CONTEXT = 256;
/** Escape sequences, and the other controls, which are nothing to read. A move to another line breaks words. */
const CONTROLS =
  // oxlint-disable-next-line no-control-regex
  /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]?|[\]PX^_][^\x07\x1b]{0,65536}(?:\x07|\x1b\\)?|[ -/]{0,4}[0-~]?)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/**
 * The same over terminal bytes as they pass: any chunks, secrets across their borders and with colours in the middle. Gives
 * back as many bytes as it got, later.
 */
export class SecretMasker {
  readonly #state: SecretState = { pemLeft: 0 };
  #open: Uint8Array = new Uint8Array(0);
  /** Bytes at the beginning of `open` that were given back already. */
  #given = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  push(bytes: Uint8Array): Uint8Array {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    return this.#waitingBytes < WORK_BYTES ? new Uint8Array(0) : this.#work(HOLD);
  }

  /** For who reads live: all finished words. A secret may still lose its beginning to one that comes in two pieces with a blank between. */
  flush(): Uint8Array {
    return this.#work("words");
  }

  end(): Uint8Array {
    return this.#work(0);
  }

  #work(hold: Hold): Uint8Array {
    const raw = concat([this.#open, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    const text = oneByteEach.decode(raw);
    const plain = projected(text);
    const words = [...rawRanges(wordRanges(plain.text), plain), ...wordRanges(text)];
    const cut = Math.max(this.#given, cutAt({ raw: raw.length, plain, hold }, words));
    const masked = raw.slice(0, cut);
    for (const { from, to } of words) mask(masked, { from, to });
    this.#maskPem(masked, plain);
    const out = masked.subarray(this.#given);
    const keep = Math.max(0, cut - CONTEXT);
    this.#open = raw.slice(keep);
    this.#given = cut - keep;
    return out;
  }

  /** Blocks are followed through what is given back now, so that the state is the one at its end. */
  #maskPem(masked: Uint8Array, plain: Projection): void {
    const from = plain.indexOf(this.#given);
    const to = plain.indexOf(masked.length);
    // A line of dashes across the border: what was given back stays in view, as no block begins in it twice.
    const before = this.#state.pemLeft > 0 ? 0 : Math.min(from, 64);
    const text = plain.text.slice(from - before, to);
    const { ranges, pemLeft } = pemRanges(text, this.#state.pemLeft);
    this.#state.pemLeft = pemLeft;
    const shift = from - before;
    for (const range of rawRanges(
      ranges.map((one) => ({ from: one.from + shift, to: one.to + shift })),
      plain,
    ))
      mask(masked, range);
  }
}

/** What can be read, and which byte each of its characters is. */
interface Projection {
  readonly text: string;
  /** Undefined where every byte can be read. */
  readonly bytes: Uint32Array | undefined;
  /** The first readable character at or after a byte. */
  indexOf(byte: number): number;
}

function projected(text: string): Projection {
  if (!CONTROLS.test(text)) return { text, bytes: undefined, indexOf: (byte) => byte };
  CONTROLS.lastIndex = 0;
  const parts: string[] = [];
  const bytes = new Uint32Array(text.length);
  let length = 0;
  let at = 0;
  const keep = (to: number): void => {
    parts.push(text.slice(at, to));
    for (let byte = at; byte < to; byte += 1) bytes[length++] = byte;
  };
  for (const match of text.matchAll(CONTROLS)) {
    keep(match.index);
    at = match.index + match[0].length;
    if (!movesToLine(match[0])) continue;
    parts.push("\n");
    bytes[length++] = match.index;
  }
  keep(text.length);
  const used = bytes.subarray(0, length);
  return { text: parts.join(""), bytes: used, indexOf: (byte) => lowerBound(used, byte) };
}

/** CUU, CUD, CNL, CPL, CUP, VPA, HVP. */
function movesToLine(sequence: string): boolean {
  return sequence.length > 2 && sequence.charCodeAt(1) === 0x5b && "ABEFHfd".includes(sequence.at(-1) ?? " ");
}

function lowerBound(values: Uint32Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ranges of readable characters as ranges of bytes, broken where sequences stand between. */
function rawRanges(ranges: readonly Range[], { bytes }: Projection): Range[] {
  if (bytes === undefined) return [...ranges];
  const found: Range[] = [];
  for (const { from, to } of ranges) {
    let begin = from;
    for (let index = from + 1; index <= to; index += 1) {
      const previous = bytes[index - 1] ?? 0;
      if (index < to && bytes[index] === previous + 1) continue;
      found.push({ from: bytes[begin] ?? 0, to: previous + 1 });
      begin = index;
    }
  }
  return found;
}

/** How much stays open: characters, or the word that is not finished. */
type Hold = number | "words";

interface Cutting {
  readonly raw: number;
  readonly plain: Projection;
  readonly hold: Hold;
}

/** The end of what is decided: far enough before the end, and in the middle of no secret. */
function cutAt({ raw, plain, hold }: Cutting, words: readonly Range[]): number {
  if (hold === 0) return raw;
  if (hold === "words") return afterLastWord(plain, raw);
  const at = plain.text.length - hold;
  let cut = at <= 0 ? raw - HOLD_BYTES : Math.max(raw - WORK_BYTES, plain.bytes?.[at] ?? at);
  for (const { from, to } of words.toSorted((a, b) => a.from - b.from)) if (from < cut && to > cut) cut = to;
  return Math.max(0, cut);
}

function afterLastWord({ text, bytes }: Projection, raw: number): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) > 0x20) end -= 1;
  return Math.max(bytes === undefined ? end : (bytes[end] ?? raw), raw - WORK_BYTES);
}

/** Controls, blanks and what a screen frames a wrapped secret with stay. */
function mask(bytes: Uint8Array, { from, to }: Range): void {
  const end = Math.min(to, bytes.length);
  for (let index = from; index < end; index += 1) if ((bytes[index] ?? 0) > 0x20) bytes[index] = MASK_BYTE;
}

/** One character for each byte, whatever the encoding: this one knows all 256. */
const oneByteEach = new TextDecoder("windows-1252");

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

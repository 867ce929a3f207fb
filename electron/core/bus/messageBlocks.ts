/**
 * Many messages as one row. A block is a JSON head (subjects, times, lengths, headers) and the texts one after the other:
 * writing one costs a row instead of a thousand, and reading one decodes only what is asked for.
 */
import { toIsoTime, parseTime } from "#shared/lib/isoTime.ts";
import { MSG_ID_HEADER } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage } from "#shared/model/bus.ts";
import { NO_HEADERS } from "./headers.ts";

interface BlockHead {
  /** Distinct subjects, and for each message which one it has. */
  readonly s: readonly string[];
  readonly i: readonly number[];
  /** Wall-clock ms of the first message, and how much later each one is. */
  readonly t: number;
  readonly d: readonly number[];
  /** Lengths of the texts in bytes. */
  readonly l: readonly number[];
  /** Message ids, 0 where there is none; absent when none has one. */
  readonly m?: readonly (string | 0)[];
  /** Further headers, by position. */
  readonly h?: Readonly<Record<string, BusHeaders>>;
  /** All texts are ASCII, which is decoded faster. */
  readonly a?: 1;
}

const HEAD_LENGTH_BYTES = 4;
const MOST_BYTES_A_CHAR = 3;

/** A block while it is put together, and its texts before that: fresh memory for each costs more than all the rest. */
const desk = { texts: Buffer.allocUnsafe(512 * 1024), block: Buffer.allocUnsafe(512 * 1024) };

/** Valid until the next call. */
export function encodeBlock(messages: readonly BusMessage[]): Buffer {
  const texts = layOut(messages);
  const head = JSON.stringify(headOf(messages, texts));
  const headBytes = Buffer.byteLength(head);
  const size = HEAD_LENGTH_BYTES + headBytes + texts.bytes;
  if (size > desk.block.length) desk.block = Buffer.allocUnsafe(2 * size);
  const { block } = desk;
  block.writeUInt32LE(headBytes, 0);
  block.write(head, HEAD_LENGTH_BYTES, "utf8");
  desk.texts.copy(block, HEAD_LENGTH_BYTES + headBytes, 0, texts.bytes);
  return block.subarray(0, size);
}

interface Texts {
  readonly bytes: number;
  readonly lengths: readonly number[];
  readonly isAscii: boolean;
}

/** The texts one after the other on the desk. */
function layOut(messages: readonly BusMessage[]): Texts {
  const lengths: number[] = [];
  let bytes = 0;
  let isAscii = true;
  for (const { data } of messages) {
    const most = bytes + data.length * MOST_BYTES_A_CHAR;
    if (most > desk.texts.length) desk.texts = Buffer.concat([desk.texts.subarray(0, bytes)], 2 * most);
    const length = desk.texts.write(data, bytes, "utf8");
    lengths.push(length);
    isAscii &&= length === data.length;
    bytes += length;
  }
  return { bytes, lengths, isAscii };
}

function headOf(messages: readonly BusMessage[], { lengths, isAscii }: Texts): BlockHead {
  const subjects = new Map<string, number>();
  const firstMs = parseTime(messages[0]?.time ?? "");
  const head = { i: [] as number[], d: [] as number[], m: [] as (string | 0)[] };
  const further: Record<string, BusHeaders> = {};
  let hasIds = false;
  let time = "";
  let laterMs = 0;
  for (const message of messages) {
    let subject = subjects.get(message.subject);
    if (subject === undefined) subjects.set(message.subject, (subject = subjects.size));
    // Messages of one commit have one time, the same string.
    if (message.time !== time) laterMs = parseTime((time = message.time)) - firstMs;
    const index = head.i.push(subject) - 1;
    head.d.push(laterMs);
    const id = message.headers === NO_HEADERS ? 0 : splitHeaders(message.headers, (rest) => (further[index] = rest));
    hasIds ||= id !== 0;
    head.m.push(id);
  }
  const { i, d, m } = head;
  return {
    s: [...subjects.keys()],
    i,
    t: firstMs,
    d,
    l: lengths,
    ...(hasIds ? { m } : {}),
    ...(Object.keys(further).length > 0 ? { h: further } : {}),
    ...(isAscii ? { a: 1 } : {}),
  };
}

/** The message id by itself, everything else to `onRest`. */
function splitHeaders(headers: BusHeaders, onRest: (rest: BusHeaders) => void): string | 0 {
  const names = Object.keys(headers);
  if (names.length === 0) return 0;
  const ids = headers[MSG_ID_HEADER];
  const id = ids?.length === 1 ? ids[0] : undefined;
  if (id === undefined) onRest(headers);
  else if (names.length > 1) {
    const { [MSG_ID_HEADER]: _, ...rest } = headers;
    onRest(rest);
  }
  return id ?? 0;
}

/** A decoded head over bytes that are read when asked for. Throws when the bytes are no block. */
export class Block {
  readonly stream: string;
  readonly firstSeq: number;
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #head: BlockHead;
  /** Where each text begins, and where the last one ends. */
  readonly #offsets: Float64Array;
  #timeMs = -1;
  #time = "";

  constructor(stream: string, firstSeq: number, data: Uint8Array) {
    this.stream = stream;
    this.firstSeq = firstSeq;
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const headBytes = this.#bytes.readUInt32LE(0);
    const head: BlockHead = JSON.parse(this.#bytes.toString("utf8", HEAD_LENGTH_BYTES, HEAD_LENGTH_BYTES + headBytes));
    this.#head = head;
    this.count = head.l.length;
    this.#offsets = new Float64Array(this.count + 1);
    let offset = HEAD_LENGTH_BYTES + headBytes;
    for (let index = 0; index < this.count; index += 1) {
      this.#offsets[index] = offset;
      offset += head.l[index] ?? 0;
    }
    this.#offsets[this.count] = offset;
    if (offset !== this.#bytes.length || head.i.length !== this.count || head.d.length !== this.count)
      throw new RangeError("a block's head and its texts do not fit each other");
  }

  get lastSeq(): number {
    return this.firstSeq + this.count - 1;
  }

  /** Which positions match, asked once for each subject; undefined: all of them. */
  matching(matches: ((subject: string) => boolean) | undefined): ((index: number) => boolean) | undefined {
    if (matches === undefined) return undefined;
    const wanted = this.#head.s.map((subject) => matches(subject));
    if (!wanted.includes(false)) return undefined;
    return (index) => wanted[this.#head.i[index] ?? -1] === true;
  }

  subject(index: number): string {
    return this.#head.s[this.#head.i[index] ?? -1] ?? "";
  }

  timeMs(index: number): number {
    return this.#head.t + (this.#head.d[index] ?? 0);
  }

  msgId(index: number): string | undefined {
    const id = this.#head.m?.[index];
    return typeof id === "string" ? id : undefined;
  }

  message(index: number): BusMessage {
    const begin = this.#offsets[index] ?? 0;
    const end = this.#offsets[index + 1] ?? begin;
    return {
      stream: this.stream,
      seq: this.firstSeq + index,
      time: this.#timeOf(index),
      subject: this.subject(index),
      headers: this.#headers(index),
      data: this.#bytes.toString(this.#head.a === 1 ? "latin1" : "utf8", begin, end),
    };
  }

  #timeOf(index: number): string {
    const ms = this.timeMs(index);
    if (ms !== this.#timeMs) {
      this.#timeMs = ms;
      this.#time = toIsoTime(ms);
    }
    return this.#time;
  }

  #headers(index: number): BusHeaders {
    const id = this.msgId(index);
    const rest = this.#head.h?.[index];
    if (id === undefined) return rest ?? NO_HEADERS;
    return { [MSG_ID_HEADER]: [id], ...rest };
  }
}

/**
 * Splits a stream of server-sent events as it arrives, at any byte border: the data of each event is handed on in pieces,
 * so that an event of any size costs no memory. Comments and other fields are passed over.
 */
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const FIELD = Buffer.from("data:");
/** A byte order mark may stand before the first line. */
const MARK: readonly number[] = [0xef, 0xbb, 0xbf];
const LINE_END = Buffer.from("\n");

export interface SseSink {
  data(bytes: Uint8Array): void;
  /** An event with data is complete, or the stream ended in it. */
  end(): void;
}

export class SseData {
  readonly #sink: SseSink;
  #line: "field" | "space" | "data" | "other" = "field";
  #matched = 0;
  #isEmpty = true;
  #hasData = false;
  #afterCr = false;
  #isFirst = true;

  constructor(sink: SseSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === LF || byte === CR) {
        this.#lineEnd(byte, chunk.subarray(from, at));
        from = at + 1;
      } else if (this.#line === "field") this.#field(byte);
      else if (this.#line === "space") {
        this.#line = "data";
        from = byte === SPACE ? at + 1 : at;
      }
      this.#afterCr = byte === CR;
    }
    if (this.#line === "data" && from < chunk.length) this.#sink.data(chunk.subarray(from));
  }

  /** What was torn off may still be whole enough to be read. */
  finish(): void {
    if (this.#hasData || this.#line === "data") this.#sink.end();
    this.#hasData = false;
  }

  #field(byte: number): void {
    if (this.#isFirst && MARK.includes(byte)) return;
    this.#isFirst = false;
    this.#isEmpty = false;
    if (byte !== FIELD[this.#matched]) this.#line = "other";
    else if (++this.#matched === FIELD.length) {
      this.#line = "space";
      if (this.#hasData) this.#sink.data(LINE_END);
      this.#hasData = true;
    }
  }

  #lineEnd(byte: number, line: Uint8Array): void {
    if (byte === LF && this.#afterCr) return;
    if (this.#line === "data") this.#sink.data(line);
    if (this.#isEmpty && this.#hasData) {
      this.#sink.end();
      this.#hasData = false;
    }
    this.#line = "field";
    this.#matched = 0;
    this.#isEmpty = true;
  }
}

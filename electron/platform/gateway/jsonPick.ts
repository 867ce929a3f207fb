/**
 * Picks a few values out of a JSON document that arrives in pieces: memory is bounded whatever the document's size, and
 * the document may end anywhere. It picks, it does not validate: what is no JSON yields nothing.
 */

/** A usage object is some hundred bytes; a value larger than this is not one and is passed over. */
const MAX_VALUE = 64 * 1024;
const MAX_KEY = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OTHER, STRING, OPEN, CLOSE, BETWEEN] = [0, 1, 2, 3, 4];
const KIND = new Uint8Array(256);
KIND[QUOTE] = STRING;
for (const character of "{[") KIND[character.charCodeAt(0)] = OPEN;
for (const character of "}]") KIND[character.charCodeAt(0)] = CLOSE;
for (const character of " \t\r\n,:") KIND[character.charCodeAt(0)] = BETWEEN;

interface Wanted {
  readonly path: string;
  readonly below: Map<string, Wanted>;
}

/** A container on the way to a wanted value. */
interface Frame {
  readonly wanted: Wanted;
  readonly isArray: boolean;
  /** The key whose value comes next. */
  key: string | undefined;
}

export class JsonPick {
  readonly #root: Wanted = { path: "", below: new Map() };
  readonly #onValue: (path: string, value: unknown) => void;
  readonly #frames: Frame[] = [];
  #mode: "around" | "key" | "value" | "done" = "around";
  #kept: Uint8Array[] | undefined;
  #keptBytes = 0;
  /** The path of the value that is being read; undefined: it is passed over. */
  #path: string | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #isStopped = false;

  /** Paths are keys joined by dots; `*` is any element of an array. No path is the beginning of another. */
  constructor(paths: readonly string[], onValue: (path: string, value: unknown) => void) {
    this.#onValue = onValue;
    for (const path of paths) {
      let node = this.#root;
      for (const key of path.split(".")) {
        const next: Wanted = node.below.get(key) ?? { path, below: new Map() };
        node.below.set(key, next);
        node = next;
      }
    }
  }

  get isDone(): boolean {
    return this.#isStopped || this.#mode === "done";
  }

  /** All that was wanted has come: the rest of the document is not looked at. */
  stop(): void {
    this.#isStopped = true;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.isDone)
      at =
        this.#mode === "value"
          ? this.#value(chunk, at)
          : this.#mode === "key"
            ? this.#key(chunk, at)
            : this.#around(chunk, at);
  }

  /** Brackets, commas and colons of the containers on the way. */
  #around(chunk: Uint8Array, at: number): number {
    const kind = KIND[chunk[at] ?? 0];
    if (kind === BETWEEN) return at + 1;
    if (kind === CLOSE) {
      this.#frames.pop();
      this.#valueEnded();
      return at + 1;
    }
    const frame = this.#frames.at(-1);
    if (frame?.isArray === false && frame.key === undefined) {
      // Anything but a key here is no JSON; it is passed over byte by byte.
      if (kind === STRING) this.#beginKey();
      return at + 1;
    }
    return this.#enter(chunk[at] === 0x5b, kind === OPEN) ? at + 1 : at;
  }

  /** Steps into a container on the way to what is wanted; any other value is read, or passed over, whole. */
  #enter(isArray: boolean, isContainer: boolean): boolean {
    const wanted = this.#wantedHere(this.#frames.at(-1));
    const isOnTheWay = wanted !== undefined && wanted.below.size > 0;
    if (!isContainer || !isOnTheWay) {
      this.#beginValue(isOnTheWay ? undefined : wanted?.path);
      return false;
    }
    this.#frames.push({ wanted, isArray, key: undefined });
    return true;
  }

  #wantedHere(frame: Frame | undefined): Wanted | undefined {
    return frame === undefined ? this.#root : frame.wanted.below.get(frame.isArray ? "*" : (frame.key ?? ""));
  }

  #beginKey(): void {
    this.#mode = "key";
    this.#escaped = false;
    this.#keep(true);
  }

  #key(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#take(chunk.subarray(from, at), MAX_KEY);
        const frame = this.#frames.at(-1);
        if (frame !== undefined) frame.key = parse(`"${this.#text()}"`, "");
        this.#mode = "around";
        return at + 1;
      }
    }
    this.#take(chunk.subarray(from), MAX_KEY);
    return chunk.length;
  }

  #beginValue(path: string | undefined): void {
    this.#mode = "value";
    this.#path = path;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    this.#keep(path !== undefined);
  }

  #value(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      if (this.#inString) {
        if (this.#endsString(chunk[at]) && this.#depth === 0) return this.#endValue(chunk, from, at + 1);
        continue;
      }
      const end = this.#step(KIND[chunk[at] ?? 0] ?? OTHER, at);
      if (end !== undefined) return this.#endValue(chunk, from, end);
    }
    this.#take(chunk.subarray(from), MAX_VALUE);
    return chunk.length;
  }

  #endsString(byte: number | undefined): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    return !this.#inString;
  }

  /** Where the value ends, if it does at this byte. */
  #step(kind: number, at: number): number | undefined {
    switch (kind) {
      case STRING:
        this.#inString = true;
        return undefined;
      case OPEN:
        this.#depth += 1;
        return undefined;
      case CLOSE:
        // A number or a word is ended by its container's bracket, which is not part of it.
        if (this.#depth === 0) return at;
        this.#depth -= 1;
        return this.#depth === 0 ? at + 1 : undefined;
      case BETWEEN:
        return this.#depth === 0 ? at : undefined;
      default:
        return undefined;
    }
  }

  #endValue(chunk: Uint8Array, from: number, end: number): number {
    this.#take(chunk.subarray(from, end), MAX_VALUE);
    const path = this.#path;
    if (path !== undefined && this.#kept !== undefined) {
      const value = parse(this.#text(), undefined);
      if (value !== undefined) this.#onValue(path, value);
    }
    this.#mode = "around";
    this.#valueEnded();
    return end;
  }

  #valueEnded(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) this.#mode = "done";
    else frame.key = undefined;
  }

  #keep(isKept: boolean): void {
    this.#kept = isKept ? [] : undefined;
    this.#keptBytes = 0;
  }

  /** Too large to be what is looked for: forgotten, while the reading goes on. */
  #take(bytes: Uint8Array, max: number): void {
    if (this.#kept === undefined) return;
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > max) this.#kept = undefined;
    // The chunk belongs to a socket, and may be written over.
    else this.#kept.push(bytes.slice());
  }

  #text(): string {
    const text = Buffer.concat(this.#kept ?? []).toString("utf8");
    this.#kept = undefined;
    return text;
  }
}

function parse<T>(text: string, otherwise: T): T {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as T;
  } catch {
    return otherwise;
  }
}

/**
 * The keeper's frame format, both ends: u32 length of the rest, u32 length of the JSON header, header, raw bytes.
 * Invariant: bytes pass through unchanged, and no frame, sent or received, is larger than MAX_KEEPER_FRAME.
 */
import { decodeUtf8, encodeUtf8 } from "../lib/utf8.ts";
import { MAX_KEEPER_FRAME } from "./keeperProtocol.ts";

/** Payload per frame; leaves ample room for the header and keeps other sessions' frames from waiting long. */
export const MAX_KEEPER_PAYLOAD = 256 * 1024;
const PREFIX_BYTES = 8;
const NO_BYTES = new Uint8Array(0);

export interface KeeperFrame {
  /** Parsed JSON, to be checked against the protocol's schema. */
  readonly header: unknown;
  readonly bytes: Uint8Array;
}

/** Throws RangeError when the frame would be larger than MAX_KEEPER_FRAME. */
export function encodeKeeperFrame(header: object, bytes: Uint8Array = NO_BYTES): Uint8Array {
  return encode(header, bytes.byteLength, bytes);
}

/** The frame up to its bytes, for a sender that writes those itself right after it and so need not copy them. */
export function encodeKeeperFrameHead(header: object, byteLength: number): Uint8Array {
  return encode(header, byteLength, NO_BYTES);
}

function encode(header: object, byteLength: number, included: Uint8Array): Uint8Array {
  const head = encodeUtf8(JSON.stringify(header));
  const rest = 4 + head.byteLength + byteLength;
  if (rest > MAX_KEEPER_FRAME) throw new RangeError(`A frame of ${rest} bytes is larger than ${MAX_KEEPER_FRAME}.`);
  const frame = new Uint8Array(PREFIX_BYTES + head.byteLength + included.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, rest);
  view.setUint32(4, head.byteLength);
  frame.set(head, PREFIX_BYTES);
  frame.set(included, PREFIX_BYTES + head.byteLength);
  return frame;
}

/** Cuts a byte stream into frames. After an error it must be thrown away together with its connection. */
export class KeeperFrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** The frames completed by `chunk`. Throws Error with a sentence when the bytes are not frames. */
  push(chunk: Uint8Array): readonly KeeperFrame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.byteLength;
    const frames: KeeperFrame[] = [];
    for (let rest = this.#nextLength(); rest !== undefined; rest = this.#nextLength()) {
      if (this.#length < 4 + rest) break;
      frames.push(decodeFrame(this.#take(4 + rest)));
    }
    return frames;
  }

  #nextLength(): number | undefined {
    if (this.#length < PREFIX_BYTES) return undefined;
    let first = this.#chunks[0];
    if (first === undefined || first.byteLength < PREFIX_BYTES) first = this.#joined();
    const rest = new DataView(first.buffer, first.byteOffset, first.byteLength).getUint32(0);
    if (rest > MAX_KEEPER_FRAME) throw new Error(`A frame of ${rest} bytes is larger than ${MAX_KEEPER_FRAME}.`);
    if (rest < 4) throw new Error("A frame is shorter than its own header length.");
    return rest;
  }

  #take(length: number): Uint8Array {
    const all = this.#joined();
    const rest = all.subarray(length);
    this.#chunks = rest.byteLength === 0 ? [] : [rest];
    this.#length = rest.byteLength;
    return all.subarray(0, length);
  }

  #joined(): Uint8Array {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.byteLength;
    }
    this.#chunks = [all];
    return all;
  }
}

function decodeFrame(frame: Uint8Array): KeeperFrame {
  const headLength = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(4);
  const end = PREFIX_BYTES + headLength;
  if (end > frame.byteLength) throw new Error("A frame's header is longer than the frame.");
  const header: unknown = JSON.parse(decodeUtf8(frame.subarray(PREFIX_BYTES, end)));
  return { header, bytes: frame.subarray(end) };
}

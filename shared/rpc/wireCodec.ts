/**
 * Frames of the protocol over a socket: a text frame is JSON; a binary frame is u32 big-endian JSON length, JSON, bytes.
 * Decoding never throws: a frame that is none of these is undefined, and the connection that sent it ends.
 */
import { decodeUtf8, encodeUtf8 } from "../lib/utf8.ts";

const LENGTH_BYTES = 4;

export interface Frame {
  readonly message: unknown;
  readonly bytes: Uint8Array | undefined;
}

/** A text frame without bytes, a binary frame with them. */
export function encodeFrame(message: unknown, bytes?: Uint8Array): string | Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(message);
  if (bytes === undefined) return json;
  const header = encodeUtf8(json);
  const frame = new Uint8Array(LENGTH_BYTES + header.length + bytes.length);
  new DataView(frame.buffer).setUint32(0, header.length);
  frame.set(header, LENGTH_BYTES);
  frame.set(bytes, LENGTH_BYTES + header.length);
  return frame;
}

/** The bytes are a view of `data`, not a copy. */
export function decodeFrame(data: string | Uint8Array): Frame | undefined {
  if (typeof data === "string") return parse(data, undefined);
  if (data.length < LENGTH_BYTES) return undefined;
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0);
  if (length === 0 || length > data.length - LENGTH_BYTES) return undefined;
  const header = headerText(data.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  return header === undefined ? undefined : parse(header, data.subarray(LENGTH_BYTES + length));
}

function parse(json: string, bytes: Uint8Array | undefined): Frame | undefined {
  try {
    return { message: JSON.parse(json), bytes };
  } catch {
    return undefined;
  }
}

function headerText(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch {
    return undefined;
  }
}

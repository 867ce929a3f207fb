/** Headers of messages: what they weigh, and the one empty bag that most messages share. */
import { MSG_ID_HEADER } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage } from "#shared/model/bus.ts";

export const NO_HEADERS: BusHeaders = Object.freeze({});

/** `NATS/1.0\r\n` before the headers, `\r\n` after them; `: ` and `\r\n` in each. */
const FRAME_BYTES = 12;
const LINE_BYTES = 4;

/** As NATS writes them; nothing for none. */
export function headerBytes(headers: BusHeaders, msgId?: string): number {
  if (headers === NO_HEADERS) return msgId === undefined ? 0 : FRAME_BYTES + idBytes(msgId);
  let bytes = 0;
  for (const name in headers)
    for (const value of headers[name] ?? []) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + LINE_BYTES;
  if (msgId !== undefined) bytes += idBytes(msgId);
  return bytes === 0 ? 0 : bytes + FRAME_BYTES;
}

function idBytes(msgId: string): number {
  return MSG_ID_HEADER.length + Buffer.byteLength(msgId) + LINE_BYTES;
}

/** What a kept message counts against its stream's limit. */
export function messageBytes({ subject, headers, data }: BusMessage): number {
  return Buffer.byteLength(subject) + headerBytes(headers) + Buffer.byteLength(data);
}

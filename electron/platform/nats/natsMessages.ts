/** Messages between this product's shape and NATS's: headers as a multi-map, data as text, subjects without the machine. */
import { headers } from "@nats-io/transport-node";
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { MSG_ID_HEADER } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage } from "#shared/model/bus.ts";
import type { NatsNames } from "./natsNames.ts";

/** An id that only makes a repeated publish harmless; nobody asked for it, and nobody sees it. */
export const OWN_ID = "signalbox-once:";
const decoder = new TextDecoder();

export function toNatsHeaders(given: BusHeaders | undefined): MsgHdrs {
  const made = headers();
  for (const [name, values] of Object.entries(given ?? {})) for (const value of values) made.append(name, value);
  return made;
}

/** What the server says about an expectation or an id is not part of the message. */
const SERVERS_OWN = /^Nats-(Expected-.*|Stream|Sequence|Subject|Time-Stamp|Last-Sequence)$/;

export function fromNatsHeaders(given: MsgHdrs | undefined): BusHeaders {
  const found: Record<string, readonly string[]> = {};
  for (const [name, values] of given ?? []) {
    if (SERVERS_OWN.test(name)) continue;
    if (name === MSG_ID_HEADER && values[0]?.startsWith(OWN_ID)) continue;
    found[name] = values;
  }
  return found;
}

/** Of a stream: delivered, read or listened to. */
export interface KeptMessage {
  readonly seq: number;
  readonly subject: string;
  readonly headers?: MsgHdrs | undefined;
  readonly header?: MsgHdrs | undefined;
  readonly data: Uint8Array;
  readonly timestamp: string;
}

export function keptMessage(names: NatsNames, stream: string, message: KeptMessage): BusMessage {
  return {
    stream,
    seq: message.seq,
    // The server counts nanoseconds; this product's times have milliseconds.
    time: new Date(message.timestamp).toISOString(),
    subject: names.plain(message.subject),
    headers: fromNatsHeaders(message.headers ?? message.header),
    data: decoder.decode(message.data),
  };
}

/** A request or its answer: of no stream. */
export function passingMessage(names: NatsNames, message: Pick<Msg, "headers" | "data">, subject: string): BusMessage {
  return {
    stream: "",
    seq: 0,
    time: new Date().toISOString(),
    subject: names.plain(subject),
    headers: fromNatsHeaders(message.headers),
    data: decoder.decode(message.data),
  };
}

/**
 * The wire protocol, the same over MessagePort, WebSocket and a pair in memory.
 * Over a socket a message with bytes is one binary frame: u32 big-endian JSON length, JSON, bytes; without bytes a text frame.
 */
import { z } from "zod";
import type { Rejection } from "../model/result.ts";

export const RPC_PROTOCOL = 1;
/** Unacknowledged bytes a byte stream may have under way (performance.md, advice 2). */
export const BYTE_WINDOW = 64 * 1024;
/** Unacknowledged items of any other stream. */
export const ITEM_WINDOW = 256;

export const clientMessageSchema = z.discriminatedUnion("t", [
  z.object({ t: z.literal("hello"), protocol: z.number().int(), client: z.enum(["window", "browser", "cli"]) }),
  z.object({ t: z.literal("query"), id: z.number().int(), name: z.string(), input: z.unknown() }),
  z.object({
    t: z.literal("command"),
    id: z.number().int(),
    name: z.string(),
    input: z.unknown(),
    commandId: z.string().min(1).max(100),
  }),
  z.object({ t: z.literal("open"), id: z.number().int(), name: z.string(), input: z.unknown() }),
  z.object({ t: z.literal("close"), id: z.number().int() }),
  /** Frees the window: bytes for byte streams, items for the others. */
  z.object({ t: z.literal("ack"), id: z.number().int(), amount: z.number().int().min(0) }),
  z.object({ t: z.literal("tune"), id: z.number().int(), value: z.unknown() }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

const rejectionSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export const serverMessageSchema = z.discriminatedUnion("t", [
  /** `generation` changes with every start of the core: state of another generation is void. */
  z.object({ t: z.literal("hello"), protocol: z.number().int(), version: z.string(), generation: z.string() }),
  z.object({ t: z.literal("ok"), id: z.number().int(), value: z.unknown() }),
  z.object({ t: z.literal("error"), id: z.number().int(), error: rejectionSchema }),
  z.object({ t: z.literal("item"), id: z.number().int(), seq: z.number().int(), value: z.unknown() }),
  z.object({ t: z.literal("end"), id: z.number().int(), error: rejectionSchema.optional() }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** One end of a connection. `send` never throws; a closed wire drops. */
export interface Wire<Out, In> {
  send(message: Out, bytes?: Uint8Array): void;
  onMessage(listener: (message: In, bytes: Uint8Array | undefined) => void): void;
  onClose(listener: () => void): void;
  close(): void;
  /** Bytes buffered below us; transports without a buffer answer 0. */
  readonly buffered: number;
}
/** Messages arrive unparsed; the protocol's ends parse them with the schemas above. */
export type ServerWire = Wire<ServerMessage, unknown>;
export type ClientWire = Wire<ClientMessage, unknown>;

/** Where a stream handler puts its items. */
export interface StreamSink<Item> {
  send(item: Item, bytes?: Uint8Array): void;
  end(error?: Rejection): void;
  /** Room left in the client's window: bytes for byte streams, items for the others; may go negative. */
  readonly room: number;
  /** Called whenever room grows. */
  onRoom(listener: () => void): void;
}
export interface StreamHandle {
  close(): void;
  tune?(value: unknown): void;
}

/** Who calls: shown in events as the actor. */
export interface CallContext {
  readonly actor: "person" | "cli";
  readonly commandId: string;
}

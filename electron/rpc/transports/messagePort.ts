/** The server's end of a MessagePort, Electron's or Node's, as a wire. Values travel structured, without an encoding. */
import type { ServerMessage, ServerWire } from "#shared/rpc/protocol.ts";
import { portWire } from "#shared/rpc/wires.ts";

/** What Electron's MessagePortMain and the MessagePort of worker threads have in common. */
export interface ServerPort {
  postMessage(value: unknown): void;
  on(event: "message", listener: (value: unknown) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** Starts the port. Electron's ports cannot transfer buffers from the main process, so bytes are copied. */
export function messagePortWire(port: ServerPort): ServerWire {
  const end = portWire<ServerMessage>({ post: (value) => port.postMessage(value), close: () => port.close() });
  port.on("message", (value) => end.deliver(unwrap(value)));
  port.on("close", () => end.closed());
  port.start();
  return end.wire;
}

/** Electron hands over an event with `data`, worker threads the value itself. */
function unwrap(value: unknown): unknown {
  const isEvent = typeof value === "object" && value !== null && "data" in value && !("message" in value);
  return isEvent ? value.data : value;
}

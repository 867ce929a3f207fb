/** The MessagePort that preload hands over, as a wire. */
import type { ClientMessage, ClientWire } from "#shared/rpc/protocol.ts";
import { portWire } from "#shared/rpc/wires.ts";

/** Starts the port. */
export function messagePortWire(port: MessagePort): ClientWire {
  const end = portWire<ClientMessage>({ post: (value) => port.postMessage(value), close: () => port.close() });
  port.addEventListener("message", ({ data }: MessageEvent<unknown>) => end.deliver(data));
  // Chromium tells when the other side is gone; the lib does not know the event yet everywhere.
  port.addEventListener("close", () => end.closed());
  port.start();
  return end.wire;
}

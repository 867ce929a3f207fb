/** The server's end of a WebSocket, over TCP or a local socket, as a wire. Text and binary frames; half-open peers are found. */
import type { RawData, WebSocket } from "ws";
import { WebSocketServer } from "ws";
import type { ServerMessage, ServerWire } from "#shared/rpc/protocol.ts";
import { frameWire } from "#shared/rpc/wires.ts";

/** The largest legal message is a paste of 2 million characters; as JSON it stays below this. */
export const MAX_CLIENT_MESSAGE = 16 * 1024 * 1024;
/** A peer that answers no ping between two of these is gone (a laptop that slept, a browser that froze). */
const PING_MS = 30_000;

/** No compression: bytes of terminals on loopback gain nothing, and it costs memory per connection. */
export function newWebSocketServer(maxPayload = MAX_CLIENT_MESSAGE): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (offered) => (offered.has("signalbox.v1") ? "signalbox.v1" : false),
  });
}

export function webSocketWire(socket: WebSocket): ServerWire {
  const end = frameWire<ServerMessage>({
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
    bufferedAmount: () => socket.bufferedAmount,
  });
  socket.on("message", (data, isBinary) => end.deliver(isBinary ? toBytes(data) : toBytes(data).toString("utf8")));
  socket.on("close", () => end.closed());
  // Oversize and malformed frames: ws closes the socket by itself with the right code.
  socket.on("error", () => end.closed());
  pingUntilClosed(socket);
  return end.wire;
}

function pingUntilClosed(socket: WebSocket): void {
  let isAlive = true;
  socket.on("pong", () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  socket.on("close", () => clearInterval(timer));
}

function toBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

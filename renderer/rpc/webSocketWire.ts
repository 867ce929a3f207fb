/** The browser's WebSocket as a wire. The token travels in the subprotocol list, never in the URL. */
import type { ClientMessage, ClientWire } from "#shared/rpc/protocol.ts";
import { frameWire } from "#shared/rpc/wires.ts";

export interface WebSocketWireOptions {
  /** `ws://host:port/rpc`. */
  readonly url: string;
  readonly token: string;
}

/** Resolves when the socket is open; rejects when the server refuses (the browser does not say why). */
export function connectWebSocket(options: WebSocketWireOptions): Promise<ClientWire> {
  const socket = new WebSocket(options.url, ["signalbox.v1", `token.${options.token}`]);
  socket.binaryType = "arraybuffer";
  const end = frameWire<ClientMessage>({
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code === 1000 ? code : 3000 + (code % 1000), reason),
    bufferedAmount: () => socket.bufferedAmount,
  });
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") end.deliver(data);
    else if (data instanceof ArrayBuffer) end.deliver(new Uint8Array(data));
  });
  socket.addEventListener("close", () => end.closed());
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(end.wire));
    socket.addEventListener("close", () =>
      reject(new Error("Signalbox does not answer, or no longer knows this browser.")),
    );
  });
}

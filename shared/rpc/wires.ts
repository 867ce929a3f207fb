/**
 * The two ways a wire is made from what a platform gives: a socket that carries frames, a port that carries structured
 * values. Each platform adds only its event plumbing: it calls `deliver` and `closed` on what it gets back.
 */
import type { Wire } from "./protocol.ts";
import { decodeFrame, encodeFrame } from "./wireCodec.ts";

/** What a WebSocket of any make can do. */
export interface FrameSocket {
  send(frame: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
  bufferedAmount(): number;
}
/** What a MessagePort of any make can do. */
export interface StructuredPort {
  post(value: unknown): void;
  close(): void;
}
export interface WireEnd<Out, Data> {
  readonly wire: Wire<Out, unknown>;
  /** Hands over what arrived. */
  deliver(data: Data): void;
  /** The other end is gone; idempotent. */
  closed(): void;
}

const CLOSE_NORMAL = 1000;
const CLOSE_PROTOCOL_ERROR = 1002;

export function frameWire<Out>(socket: FrameSocket): WireEnd<Out, string | Uint8Array> {
  const core = new WireCore();
  const wire: Wire<Out, unknown> = {
    send: (message, bytes) => core.guard(() => socket.send(encodeFrame(message, bytes))),
    onMessage: (listener) => core.onMessage(listener),
    onClose: (listener) => core.onClose(listener),
    close: () => core.end(() => socket.close(CLOSE_NORMAL, "closed")),
    get buffered() {
      return core.isClosed ? 0 : socket.bufferedAmount();
    },
  };
  return {
    wire,
    deliver: (data) => {
      const frame = decodeFrame(data);
      if (frame === undefined) core.end(() => socket.close(CLOSE_PROTOCOL_ERROR, "not a frame of this protocol"));
      else core.deliver(frame.message, frame.bytes);
    },
    closed: () => core.end(() => {}),
  };
}

/** Values are `{message, bytes}`; `{bye: true}` says that the sender closed, for ports that do not tell. */
export function portWire<Out>(port: StructuredPort): WireEnd<Out, unknown> {
  const core = new WireCore();
  const hangUp = () => {
    port.post({ bye: true });
    port.close();
  };
  const wire: Wire<Out, unknown> = {
    send: (message, bytes) =>
      core.guard(() => port.post(bytes === undefined ? { message } : { message, bytes: whole(bytes) })),
    onMessage: (listener) => core.onMessage(listener),
    onClose: (listener) => core.onClose(listener),
    close: () => core.end(hangUp),
    buffered: 0,
  };
  return {
    wire,
    deliver: (data) => {
      if (typeof data !== "object" || data === null) return core.end(hangUp);
      if ("bye" in data) return core.end(() => port.close());
      const bytes = "bytes" in data ? data.bytes : undefined;
      if (!("message" in data) || (bytes !== undefined && !(bytes instanceof Uint8Array))) return core.end(hangUp);
      core.deliver(data.message, bytes);
    },
    closed: () => core.end(() => {}),
  };
}

/** A structured clone copies the whole buffer behind a view, so a view of a larger one is cut out first. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

type MessageListener = (message: unknown, bytes: Uint8Array | undefined) => void;

/** Listeners and the closed state; what arrives before anybody listens is kept for the first listener. */
class WireCore {
  #messageListeners: MessageListener[] = [];
  #closeListeners: (() => void)[] = [];
  #early: { message: unknown; bytes: Uint8Array | undefined }[] = [];
  isClosed = false;

  onMessage(listener: MessageListener): void {
    this.#messageListeners.push(listener);
    for (const { message, bytes } of this.#early.splice(0)) listener(message, bytes);
  }

  onClose(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  deliver(message: unknown, bytes: Uint8Array | undefined): void {
    if (this.isClosed) return;
    if (this.#messageListeners.length === 0) this.#early.push({ message, bytes });
    for (const listener of this.#messageListeners) listener(message, bytes);
  }

  /** Sends unless closed; a transport that throws is a closed one. */
  guard(send: () => void): void {
    if (this.isClosed) return;
    try {
      send();
    } catch {
      this.end(() => {});
    }
  }

  end(hangUp: () => void): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      hangUp();
    } catch {
      // Closing what is already closed is no news.
    }
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}

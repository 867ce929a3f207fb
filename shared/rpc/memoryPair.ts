/**
 * A client's and a server's end joined in memory, for tests and for a core in the same process.
 * Messages pass through the codec of the sockets, so what cannot travel over those does not travel here either.
 */
import type { ClientMessage, ClientWire, ServerMessage, ServerWire } from "./protocol.ts";
import { frameWire } from "./wires.ts";
import type { FrameSocket, WireEnd } from "./wires.ts";

export interface MemoryPair {
  readonly client: ClientWire;
  readonly server: ServerWire;
  /** Puts raw frames on the way to the server, for tests of what a hostile client may send. */
  readonly injectToServer: (frame: string | Uint8Array) => void;
}

export function createMemoryPair(): MemoryPair {
  const ends: {
    client?: WireEnd<ClientMessage, string | Uint8Array>;
    server?: WireEnd<ServerMessage, string | Uint8Array>;
  } = {};
  const client = frameWire<ClientMessage>(socketTo(() => ends.server));
  const server = frameWire<ServerMessage>(socketTo(() => ends.client));
  ends.client = client;
  ends.server = server;
  return { client: client.wire, server: server.wire, injectToServer: (frame) => server.deliver(frame) };
}

/** Delivers in a later microtask, in order: as on a socket, nobody is called back from inside `send`. */
function socketTo(other: () => { deliver(frame: string | Uint8Array): void; closed(): void } | undefined): FrameSocket {
  let queue = Promise.resolve();
  let waiting = 0;
  return {
    send: (frame) => {
      waiting += frame.length;
      queue = queue.then(() => {
        waiting -= frame.length;
        other()?.deliver(frame);
      });
    },
    close: () => {
      queue = queue.then(() => other()?.closed());
    },
    bufferedAmount: () => waiting,
  };
}

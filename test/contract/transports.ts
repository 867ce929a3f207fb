/** One way per transport to get a client and a served connection joined; the suite runs the same promises over each. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { WebSocket } from "ws";
import { createHttpServer } from "#rpc/transports/http.ts";
import { memoryTokenStore } from "#rpc/transports/fileTokenStore.ts";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import { messagePortWire } from "#rpc/transports/messagePort.ts";
import { createMemoryPair } from "#shared/rpc/memoryPair.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import type { ClientMessage, ClientWire } from "#shared/rpc/protocol.ts";
import { serveConnection } from "#shared/rpc/server.ts";
import type { RpcLogger } from "#shared/rpc/server.ts";
import { frameWire, portWire } from "#shared/rpc/wires.ts";

export const SERVE = { version: "1.2.3", generation: "g1", checkOutputs: true } as const;

export interface Joined {
  readonly wire: ClientWire;
  /** Puts something on the way that no client of ours would send. */
  injectGarbage(garbage: string | Uint8Array): void;
  /** Cuts the connection without a word. */
  cut(): void;
}
export interface Host {
  join(): Promise<Joined>;
  close(): Promise<void>;
}
export interface Transport {
  readonly name: string;
  readonly isSocket: boolean;
  host(handlers: Handlers, logger: RpcLogger): Promise<Host>;
}

const memory: Transport = {
  name: "memory",
  isSocket: false,
  host: (handlers, logger) =>
    Promise.resolve({
      join: () => {
        const pair = createMemoryPair();
        serveConnection(pair.server, handlers, { ...SERVE, actor: "person", logger });
        return Promise.resolve({
          wire: pair.client,
          injectGarbage: pair.injectToServer,
          cut: () => pair.client.close(),
        });
      },
      close: () => Promise.resolve(),
    }),
};

const messagePort: Transport = {
  name: "MessagePort",
  isSocket: false,
  host: (handlers, logger) =>
    Promise.resolve({
      join: () => {
        const { port1, port2 } = new MessageChannel();
        serveConnection(messagePortWire(port1), handlers, { ...SERVE, actor: "person", logger });
        const end = portWire<ClientMessage>({ post: (value) => port2.postMessage(value), close: () => port2.close() });
        port2.on("message", (value: unknown) => end.deliver(value));
        port2.on("close", () => end.closed());
        return Promise.resolve({
          wire: end.wire,
          injectGarbage: (garbage) => port2.postMessage(garbage),
          cut: () => port2.close(),
        });
      },
      close: () => Promise.resolve(),
    }),
};

const webSocket: Transport = {
  name: "WebSocket over TCP",
  isSocket: true,
  host: async (handlers, logger) => {
    const server = await createHttpServer({
      port: 0,
      rendererDir: tmpdir(),
      handlers,
      serve: SERVE,
      tokens: memoryTokenStore(),
      logger,
    });
    if (!server.ok) throw new Error(server.error.message);
    const { url, port, mintCode, close } = server.value;
    const code = new URL(mintCode().url).hash.slice("#code=".length);
    const answer = await fetch(`${url}/auth/exchange`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const { token } = (await answer.json()) as { token: string };
    return {
      join: () =>
        joinSocket(
          new WebSocket(`ws://127.0.0.1:${port}/rpc`, ["signalbox.v1", `token.${token}`], { perMessageDeflate: false }),
        ),
      close,
    };
  },
};

const unixSocket: Transport = {
  name: "WebSocket over a local socket",
  isSocket: true,
  host: async (handlers, logger) => {
    const dataDir = mkdtempSync(join(tmpdir(), "signalbox-contract-"));
    const server = await createLocalSocket({ dataDir, handlers, serve: SERVE, logger });
    if (!server.ok) throw new Error(server.error.message);
    const { path, close } = server.value;
    return {
      join: () =>
        joinSocket(
          new WebSocket("ws://localhost/rpc", ["signalbox.v1"], {
            createConnection: () => connect(path),
            perMessageDeflate: false,
          }),
        ),
      close: async () => {
        await close();
        rmSync(dataDir, { recursive: true });
        rmSync(dirname(path), { recursive: true });
      },
    };
  },
};

function joinSocket(socket: WebSocket): Promise<Joined> {
  const end = frameWire<ClientMessage>({
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
    bufferedAmount: () => socket.bufferedAmount,
  });
  socket.on("message", (data: Buffer, isBinary) => end.deliver(isBinary ? data : data.toString("utf8")));
  socket.on("close", () => end.closed());
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () =>
      resolve({ wire: end.wire, injectGarbage: (garbage) => socket.send(garbage), cut: () => socket.terminate() }),
    );
  });
}

export const transports: readonly Transport[] = [memory, messagePort, webSocket, unixSocket];

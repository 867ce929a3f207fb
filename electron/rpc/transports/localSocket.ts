/**
 * The protocol for clients of this machine: the same WebSocket over a unix socket (0600 in a 0700 folder) or a named pipe.
 * No token: whoever can open the file is the user. Anything but an upgrade to the protocol is refused.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { socketPath } from "#shared/lib/runtimePaths.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { serveConnection } from "#shared/rpc/server.ts";
import type { RpcLogger, ServeOptions } from "#shared/rpc/server.ts";
import { boundIdleConnections } from "./idleConnections.ts";
import { refuseRequest, refuseUpgrade, subprotocols } from "./httpAnswers.ts";
import type { Refusal } from "./requestGuard.ts";
import { prepareRuntimeDir, runtimeFacts } from "./runtimeDir.ts";
import { newWebSocketServer, webSocketWire } from "./webSocket.ts";

export interface LocalSocketOptions {
  /** Exists, and its lock is ours: a socket file left behind in its runtime folder is dead. */
  readonly dataDir: string;
  readonly handlers: Handlers;
  readonly serve: Omit<ServeOptions, "actor" | "logger">;
  readonly logger: RpcLogger;
}
export interface LocalSocket {
  readonly path: string;
  readonly close: () => Promise<void>;
}

const MAX_CONNECTIONS = 128;
const ONLY_PROTOCOL: Refusal = {
  status: 400,
  code: "bad_request",
  message: "This socket speaks the signalbox.v1 WebSocket protocol at /rpc.",
};
const TOO_MANY: Refusal = {
  status: 429,
  code: "throttled",
  message: "Too many connections are open; end some clients first.",
};

/** `forbidden` when no private folder can be made, `locked` when another app answers there. */
export async function createLocalSocket(options: LocalSocketOptions): Promise<Result<LocalSocket>> {
  const facts = runtimeFacts(options.dataDir);
  const dir = prepareRuntimeDir(facts);
  if (!dir.ok) return dir;
  const path = socketPath(facts, "app", dir.value);
  if (await answers(path)) return fail("locked", `Another Signalbox serves ${options.dataDir} already.`);
  if (dir.value !== undefined) rmSync(path, { force: true });
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 });
  const webSockets = newWebSocketServer();
  boundIdleConnections(server);
  server.on("request", (_request, response) => refuseRequest(response, ONLY_PROTOCOL));
  server.on("connect", (_request, socket) => refuseUpgrade(socket, ONLY_PROTOCOL));
  server.on("clientError", (_error, socket) => refuseUpgrade(socket, ONLY_PROTOCOL));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (!isOurs(request)) return refuseUpgrade(socket, ONLY_PROTOCOL);
    if (webSockets.clients.size >= MAX_CONNECTIONS) return refuseUpgrade(socket, TOO_MANY);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      serveConnection(webSocketWire(webSocket), options.handlers, {
        ...options.serve,
        actor: "cli",
        logger: options.logger,
      });
    });
  });
  const listening = await listen(server, path);
  if (!listening.ok) return listening;
  return ok({
    path,
    close: async () => {
      for (const client of webSockets.clients) client.terminate();
      await closed(server);
    },
  });
}

/** A browser cannot come this far, yet nothing with an Origin has business here. */
function isOurs(request: IncomingMessage): boolean {
  const isPlain = request.url === "/rpc" && request.headers.origin === undefined;
  return isPlain && subprotocols(request).includes("signalbox.v1");
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe: Duplex = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<Result<undefined>> {
  return new Promise((resolve) => {
    server.once("error", (error) =>
      resolve(fail("forbidden", `The socket ${path} cannot be opened: ${error.message}.`)),
    );
    server.listen(path, () => {
      if (process.platform !== "win32") chmodSync(path, 0o600);
      resolve(ok(undefined));
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

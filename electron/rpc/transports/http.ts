/**
 * The headless server: the page, the one-time exchange, and the protocol over WebSocket, on loopback only.
 * Closed by default: each request and upgrade passes the guard, then needs a token unless it is the page or the exchange.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { snapshotIdOf } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { serveConnection } from "#shared/rpc/server.ts";
import type { RpcLogger, ServeOptions } from "#shared/rpc/server.ts";
import { CODE_LIFETIME_S, createAccessTokens } from "./accessTokens.ts";
import type { AccessTokens, TokenStore } from "./accessTokens.ts";
import { readBody, refuseRequest, refuseUpgrade, subprotocols, toRefusal } from "./httpAnswers.ts";
import { boundIdleConnections } from "./idleConnections.ts";
import { allowedHosts, judgeRequest, SNAPSHOT_PATH } from "./requestGuard.ts";
import type { Admitted, Refusal } from "./requestGuard.ts";
import { findPageFile, securityHeaders, sendPageFile } from "./staticPage.ts";
import { newWebSocketServer, webSocketWire } from "./webSocket.ts";

export interface HttpServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default 127.0.0.1; anything that is not loopback is refused. */
  readonly host?: string;
  /** The built page. */
  readonly rendererDir: string;
  readonly handlers: Handlers;
  readonly serve: Omit<ServeOptions, "actor" | "logger">;
  readonly tokens: TokenStore;
  readonly logger: RpcLogger;
  /** Milliseconds; for tests of expiry and throttling. */
  readonly now?: () => number;
}
export interface HttpServer {
  /** `http://127.0.0.1:PORT`, without a code. */
  readonly url: string;
  readonly port: number;
  /** A URL with a new one-time code in its fragment. */
  readonly mintCode: () => { url: string; expiresInS: number };
  readonly close: () => Promise<void>;
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
const MAX_EXCHANGE_BODY = 4096;
const MAX_WEB_SOCKETS = 64;
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
};

/** https://prometheus.io/docs/instrumenting/exposition_formats */
const PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

const exchangeSchema = z.strictObject({ code: z.string().min(1).max(200) });

/** `forbidden` for an address that is not loopback, `conflict` when the port is taken. */
export async function createHttpServer(options: HttpServerOptions): Promise<Result<HttpServer>> {
  const host = options.host ?? "127.0.0.1";
  if (!LOOPBACK.has(host)) return fail("forbidden", `Signalbox listens on this machine only; "${host}" is refused.`);
  const server = createServer(LIMITS);
  boundIdleConnections(server);
  const listening = await listen(server, options.port, host);
  if (!listening.ok) return listening;
  const port = listening.value;
  const tokens = createAccessTokens(options.tokens, options.now ?? Date.now);
  const site = new Site(options, tokens, port);
  site.attach(server);
  const url = `http://${host === "::1" ? "[::1]" : host}:${port}`;
  return ok({
    url,
    port,
    mintCode: () => ({ url: `${url}/#code=${tokens.mintCode()}`, expiresInS: CODE_LIFETIME_S }),
    close: () => site.close(server),
  });
}

class Site {
  readonly #options: HttpServerOptions;
  readonly #tokens: AccessTokens;
  readonly #port: number;
  readonly #webSockets = newWebSocketServer();

  constructor(options: HttpServerOptions, tokens: AccessTokens, port: number) {
    this.#options = options;
    this.#tokens = tokens;
    this.#port = port;
  }

  attach(server: Server): void {
    server.on("request", (request, response) => {
      this.#request(request, response).catch((error: unknown) => this.#broke(response, error));
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("connect", (_request, socket) =>
      refuseUpgrade(socket, {
        status: 405,
        code: "bad_request",
        message: "This is no proxy.",
        headers: { allow: "GET, HEAD, POST" },
      }),
    );
    server.on("clientError", (error, socket) => refuseUpgrade(socket, malformed(error)));
    server.on("error", (error) => this.#options.logger.error("The HTTP server failed.", { error: error.message }));
  }

  async close(server: Server): Promise<void> {
    for (const socket of this.#webSockets.clients) socket.close(1001, "Signalbox ends");
    this.#webSockets.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      for (const socket of this.#webSockets.clients) socket.terminate();
    });
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders(this.#shownHost(request))))
      response.setHeader(name, value);
    const verdict = judgeRequest(request, this.#port);
    if ("refusal" in verdict) return refuseRequest(response, verdict.refusal);
    const { admitted } = verdict;
    switch (admitted.route) {
      case "exchange":
        return this.#exchange(request, response);
      case "page":
        return this.#page(admitted, request, response);
      default:
        return this.#withToken(admitted, request, response);
    }
  }

  /** Everything but the page and the exchange of a code for a token needs one. */
  async #withToken(admitted: Admitted, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#tokenRefusal(request);
    if (refusal !== undefined) return refuseRequest(response, refusal);
    switch (admitted.route) {
      case "health":
        return sendJson(response, { ok: true, version: this.#options.serve.version });
      case "metrics":
        return this.#metrics(response);
      case "snapshot":
        return this.#snapshot(admitted, response);
      default:
        return refuseRequest(response, UPGRADE_NEEDED);
    }
  }

  /** The same sums as the query's, for who scrapes them. */
  async #metrics(response: ServerResponse): Promise<void> {
    const counters = await this.#options.handlers.queries["usage.counters"]({});
    if (!counters.ok)
      return refuseRequest(response, { status: 503, code: "unsupported", message: counters.error.message });
    const body = Buffer.from(counters.value.text);
    response.writeHead(200, {
      "content-type": PROMETHEUS_TEXT,
      "content-length": body.length,
      "cache-control": "no-store",
    });
    response.end(body);
  }

  /** The same answer as the query's: checked against its hash. It never changes, but it may be removed. */
  async #snapshot({ path }: Admitted, response: ServerResponse): Promise<void> {
    const id = snapshotIdOf(path.slice(SNAPSHOT_PATH.length));
    const found = id === undefined ? undefined : await this.#options.handlers.queries["snapshot.get"]({ id });
    if (found?.ok === true) return sendJson(response, found.value.data);
    const isDamaged = found !== undefined && found.error.code !== "not_found";
    const message = found?.error.message ?? "A snapshot's address ends with the 64 hexadecimal digits of its hash.";
    refuseRequest(
      response,
      isDamaged ? { status: 503, code: "unsupported", message } : { status: 404, code: "not_found", message },
    );
  }

  /** What is not a file of the page is not even said to be missing without a token. */
  async #page(admitted: Admitted, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await findPageFile(this.#options.rendererDir, admitted.path);
    if (page !== undefined) return sendPageFile(response, page, request.method === "GET");
    refuseRequest(
      response,
      this.#tokenRefusal(request) ?? { status: 404, code: "not_found", message: "There is nothing here." },
    );
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json") {
      return refuseRequest(response, {
        status: 415,
        code: "bad_request",
        message: "The body must be application/json.",
      });
    }
    const body = await readBody(request, MAX_EXCHANGE_BODY);
    if (!body.ok) return refuseRequest(response, toRefusal(body.error));
    const parsed = exchangeSchema.safeParse(parseJson(body.value));
    if (!parsed.success)
      return refuseRequest(response, { status: 400, code: "bad_request", message: 'The body must be {"code":"…"}.' });
    const token = this.#tokens.exchange(parsed.data.code);
    if (token.ok) return sendJson(response, { token: token.value });
    this.#options.logger.warn("A one-time code was refused.", { code: token.error.code });
    refuseRequest(response, toRefusal(token.error));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node stops listening for errors on a socket it hands over; a reset must not become an uncaught one.
    socket.on("error", () => socket.destroy());
    const refusal = this.#upgradeRefusal(request);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      serveConnection(webSocketWire(webSocket), this.#options.handlers, {
        ...this.#options.serve,
        actor: "person",
        logger: this.#options.logger,
      });
    });
  }

  #upgradeRefusal(request: IncomingMessage): Refusal | undefined {
    const verdict = judgeRequest(request, this.#port);
    if ("refusal" in verdict) return verdict.refusal;
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    if (verdict.admitted.route !== "rpc" || !isWebSocket) return this.#tokenRefusal(request) ?? WRONG_UPGRADE;
    const protocols = subprotocols(request);
    const offered = protocols.filter((part) => part.startsWith("token."));
    const checked = this.#tokens.check(offered.length === 1 ? offered[0]?.slice("token.".length) : undefined);
    if (!checked.ok) return this.#logged(toRefusal(checked.error));
    if (!protocols.includes("signalbox.v1")) return WRONG_PROTOCOL;
    return this.#webSockets.clients.size < MAX_WEB_SOCKETS ? undefined : TOO_MANY_SOCKETS;
  }

  #tokenRefusal(request: IncomingMessage): Refusal | undefined {
    const [scheme, token] = request.headers.authorization?.split(" ") ?? [];
    const checked = this.#tokens.check(scheme?.toLowerCase() === "bearer" ? token : undefined);
    return checked.ok ? undefined : this.#logged(toRefusal(checked.error));
  }

  #logged(refusal: Refusal): Refusal {
    this.#options.logger.warn("A caller without a valid token was refused.", { status: refusal.status });
    return refusal;
  }

  /** For the policy header: never a host the caller made up. */
  #shownHost(request: IncomingMessage): string {
    const host = request.headers.host?.toLowerCase();
    return host !== undefined && allowedHosts(this.#port).has(host) ? host : `127.0.0.1:${this.#port}`;
  }

  #broke(response: ServerResponse, error: unknown): void {
    this.#options.logger.error("A request failed.", { error: String(error) });
    if (response.headersSent) response.destroy();
    else
      refuseRequest(response, {
        status: 500,
        code: "bad_request",
        message: "Signalbox failed; its log has the details.",
      });
  }
}

const WRONG_UPGRADE: Refusal = {
  status: 400,
  code: "bad_request",
  message: "Only /rpc upgrades, and only to WebSocket.",
};
const WRONG_PROTOCOL: Refusal = {
  status: 400,
  code: "bad_request",
  message: "The subprotocol signalbox.v1 is needed.",
};
const TOO_MANY_SOCKETS: Refusal = {
  status: 429,
  code: "throttled",
  message: "Too many connections are open; close some windows first.",
};
const UPGRADE_NEEDED: Refusal = {
  status: 426,
  code: "bad_request",
  message: "This address speaks WebSocket.",
  headers: { upgrade: "websocket", connection: "Upgrade" },
};

function malformed(error: NodeJS.ErrnoException): Refusal {
  if (error.code === "HPE_HEADER_OVERFLOW")
    return { status: 431, code: "too_large", message: "The headers are too large." };
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { status: 408, code: "bad_request", message: "The request took too long." };
  return { status: 400, code: "bad_request", message: "This is not HTTP." };
}

function listen(server: Server, port: number, host: string): Promise<Result<number>> {
  return new Promise((resolve) => {
    const refused = (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      const why = taken ? "is in use by another program" : `cannot be opened (${error.code ?? error.message})`;
      resolve(
        fail(
          taken ? "conflict" : "forbidden",
          `Port ${port} ${why}. Choose another with --port, or --port 0 for a free one.`,
        ),
      );
    };
    server.once("error", refused);
    server.listen(port, host, () => {
      server.off("error", refused);
      const address = server.address();
      resolve(ok(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

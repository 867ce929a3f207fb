/**
 * The metering gateway: `/gateway/<session id>/<route>/…` with the session's token in a header of its own. What is allowed
 * goes to the provider that was fixed at the agent's launch; wrong hosts, any Origin and wrong tokens are refused.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { Gateway, GatewayOptions, GatewaySession } from "#core/ports/gateway.ts";
import { GATEWAY_TOKEN_HEADER } from "#core/ports/gateway.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { FailureThrottle, listenOnLoopback, SessionTokens, TOO_MANY_FAILURES } from "../loopbackListener.ts";
import { Exchange, MAX_REQUEST, reply, TOO_LARGE, type House as Passing } from "./exchange.ts";
import { gatewayRefusal, type OwnAnswer } from "./refusals.ts";
import { parseRequestPath, type RequestPath } from "./requestPath.ts";
import { createUpstreamAgents } from "./upstreamAgents.ts";

const MAX_HEADERS = 64 * 1024;
const MAX_CONNECTIONS = 1024;
/** Longer than the CLIs keep an idle connection, so that none is closed under a request that is on its way. */
const KEEP_ALIVE_MS = 75_000;
/** After a restart agents of the last run are adopted one by one; until then theirs are not wrong tokens. */
const COMING_UP_MS = 15_000;

interface House extends Passing {
  readonly sessions: SessionTokens<GatewaySession>;
  readonly failures: FailureThrottle;
  readonly comingUpUntil: number;
  readonly onRefused: GatewayOptions["onRefused"];
  port: number;
}

/** Listens on 127.0.0.1; the remembered port when it is free, else any. */
export async function openGateway(options: GatewayOptions): Promise<Result<Gateway>> {
  const sessions = new SessionTokens<GatewaySession>();
  const agents = createUpstreamAgents();
  const isReturning = options.preferredPort !== undefined;
  const house: House = {
    desk: options.desk,
    sessions,
    agents,
    failures: new FailureThrottle(),
    onRefused: options.onRefused,
    comingUpUntil: isReturning ? performance.now() + COMING_UP_MS : 0,
    port: 0,
  };
  const server = createServer({ maxHeaderSize: MAX_HEADERS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    take(house, request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.headersTimeout = 10_000;
  server.maxConnections = MAX_CONNECTIONS;
  server.on("upgrade", refuseUpgrade);
  server.on("connect", (_request: IncomingMessage, socket: Duplex) => socket.destroy());
  const port = await listenOnLoopback(server, options.preferredPort);
  if (port === undefined) return fail("internal", "No loopback port could be opened for the metering gateway.");
  house.port = port;
  return ok({
    url: `http://127.0.0.1:${port}/gateway`,
    port,
    register: (session) => sessions.register({ id: session.sessionId, token: session.token }, session),
    async close() {
      sessions.clear();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      agents.close();
    },
  });
}

/** WebSockets cannot be metered; clients that try one take HTTP when it is refused. */
function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on("error", () => {});
  socket.end("HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

async function take(house: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const admitted = admit(house, request);
  if ("status" in admitted) return reply(request, response, admitted);
  const { path, session } = admitted;
  const route = session.routes[path.route];
  if (route === undefined)
    return reply(
      request,
      response,
      gatewayRefusal(404, `The metering gateway has no route ${path.route} for this agent.`),
    );
  if (Number(request.headers["content-length"] ?? 0) > MAX_REQUEST) return reply(request, response, TOO_LARGE);
  const isOpen = (): boolean => house.sessions.has(session.sessionId);
  await new Exchange(house, { request, response }, { path, session, route, isOpen }).run();
}

function admit(
  house: House,
  request: IncomingMessage,
): { readonly path: RequestPath; readonly session: GatewaySession } | OwnAnswer {
  const host = request.headers.host ?? "";
  if (!["127.0.0.1", "localhost", "[::1]"].some((name) => host === `${name}:${house.port}`))
    return gatewayRefusal(403, "Host is not this machine.");
  if (request.headers.origin !== undefined) return gatewayRefusal(403, "Browsers have no business here.");
  const path = parseRequestPath(request.method ?? "", request.url ?? "");
  const session = house.sessions.find(path?.sessionId ?? "", (known) => {
    const given = request.headers[known?.tokenHeader ?? GATEWAY_TOKEN_HEADER];
    return typeof given === "string" ? given : "";
  });
  if (session === undefined) return refuseToken(house, request, path?.sessionId ?? "");
  if (path === undefined) return gatewayRefusal(400, "The path is not one of the metering gateway.");
  return { path, session };
}

function refuseToken(house: House, request: IncomingMessage, sessionId: string): OwnAnswer {
  if (performance.now() < house.comingUpUntil)
    return gatewayRefusal(
      503,
      "Signalbox has just started and does not know this agent yet; it tries again by itself.",
    );
  tellRefused(house, request, sessionId);
  const status = house.failures.refuse();
  return gatewayRefusal(status, status === 429 ? TOO_MANY_FAILURES : "Wrong or missing token of the metering gateway.");
}

/** Who names no session and shows no token only knocked, as whoever looks which ports are open does. */
function tellRefused({ sessions, onRefused }: House, { headers }: IncomingMessage, sessionId: string): void {
  const names = new Set([GATEWAY_TOKEN_HEADER, ...sessions.values().map((one) => one.tokenHeader ?? "")]);
  const shown = [...names].map((name) => headers[name]).filter((given) => typeof given === "string");
  if (sessionId === "" && shown.length === 0) return;
  const tokenOf = shown.map((token) => sessions.ownerOf(token)).find((owner) => owner !== undefined);
  onRefused?.({
    door: "gateway",
    why: "wrong_token",
    sessionId,
    isOpen: sessions.has(sessionId),
    ...(tokenOf === undefined ? {} : { tokenOf }),
  });
}

/**
 * The metering gateway: `/gateway/<session id>/<route>/…` with the session's token in a header of its own. What is allowed
 * goes to the provider that was fixed at the agent's launch; wrong hosts, any Origin and wrong tokens are refused.
 */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type {
  Gateway,
  GatewayCall,
  GatewayDesk,
  GatewayOptions,
  GatewayOutcome,
  GatewayRoute,
  GatewaySession,
} from "#core/ports/gateway.ts";
import { GATEWAY_TOKEN_HEADER } from "#core/ports/gateway.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { passThrough, type Answer, type PassageEnd } from "./passThrough.ts";
import { budgetRefusal, gatewayRefusal, upstreamFailure, type OwnAnswer } from "./refusals.ts";
import { readHead, type RequestHead } from "./requestHead.ts";
import { parseRequestPath, type RequestPath } from "./requestPath.ts";
import { createUpstreamAgents, type UpstreamAgents } from "./upstreamAgents.ts";
import { guessedTokens, usageReport } from "./usageReport.ts";
import { usageTap, type UsageTap } from "./usageTap.ts";

/** Long conversations with images reach tens of megabytes (Anthropic takes 32 MB, Google 20); files go beyond. */
const MAX_REQUEST = 256 * 1024 * 1024;
const MAX_HEADERS = 64 * 1024;
const MAX_CONNECTIONS = 1024;
/** Longer than the CLIs keep an idle connection, so that none is closed under a request that is on its way. */
const KEEP_ALIVE_MS = 75_000;
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 10_000;
/** After a restart agents of the last run are adopted one by one; until then theirs are not wrong tokens. */
const COMING_UP_MS = 15_000;
interface Registration {
  readonly session: GatewaySession;
  readonly tokenDigest: Buffer;
}

interface House {
  readonly desk: GatewayDesk;
  readonly registrations: ReadonlyMap<string, Registration>;
  readonly agents: UpstreamAgents;
  readonly failures: number[];
  readonly comingUpUntil: number;
  port: number;
}

/** Listens on 127.0.0.1; the remembered port when it is free, else any. */
export async function openGateway(options: GatewayOptions): Promise<Result<Gateway>> {
  const registrations = new Map<string, Registration>();
  const agents = createUpstreamAgents();
  const isReturning = options.preferredPort !== undefined;
  const house: House = {
    desk: options.desk,
    registrations,
    agents,
    failures: [],
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
  const port = (await listen(server, options.preferredPort ?? 0)) ?? (await listen(server, 0));
  if (port === undefined) return fail("internal", "No loopback port could be opened for the metering gateway.");
  house.port = port;
  return ok({
    url: `http://127.0.0.1:${port}/gateway`,
    port,
    register(session) {
      const registration = { session, tokenDigest: digest(session.token) };
      registrations.set(session.sessionId, registration);
      return () => {
        if (registrations.get(session.sessionId) === registration) registrations.delete(session.sessionId);
      };
    },
    async close() {
      registrations.clear();
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
  if (Number(request.headers["content-length"] ?? 0) > MAX_REQUEST)
    return reply(request, response, gatewayRefusal(413, "The request is larger than 256 MB."));
  await new Exchange(house, { request, response }, { path, session, route }).run();
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
  const registration = registrationFor(house, path?.sessionId ?? "", request);
  if (registration === undefined) return refuseToken(house);
  if (path === undefined) return gatewayRefusal(400, "The path is not one of the metering gateway.");
  return { path, session: registration.session };
}

/** An unknown session and a wrong token look and cost the same, so that session ids cannot be probed. */
function registrationFor(house: House, sessionId: string, request: IncomingMessage): Registration | undefined {
  const registration = house.registrations.get(sessionId);
  const token = request.headers[registration?.session.tokenHeader ?? GATEWAY_TOKEN_HEADER];
  const given = typeof token === "string" ? token : "";
  const isRight = timingSafeEqual(digest(given), registration?.tokenDigest ?? digest(`unknown ${sessionId}`));
  return isRight ? registration : undefined;
}

function refuseToken(house: House): OwnAnswer {
  const now = performance.now();
  if (now < house.comingUpUntil)
    return gatewayRefusal(
      503,
      "Signalbox has just started and does not know this agent yet; it tries again by itself.",
    );
  while (house.failures[0] !== undefined && house.failures[0] < now - FAILURE_WINDOW_MS) house.failures.shift();
  if (house.failures.length >= MAX_FAILURES) return gatewayRefusal(429, "Too many wrong tokens; wait ten seconds.");
  house.failures.push(now);
  return gatewayRefusal(401, "Wrong or missing token of the metering gateway.");
}

interface Ends {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Admitted {
  readonly path: RequestPath;
  readonly session: GatewaySession;
  readonly route: GatewayRoute;
}

/** One admitted request from its head to its settlement. */
class Exchange {
  readonly #house: House;
  readonly #ends: Ends;
  readonly #admitted: Admitted;
  readonly #beganAt = performance.now();
  #answer: Answer | undefined;
  #tap: UsageTap | undefined;

  constructor(house: House, ends: Ends, admitted: Admitted) {
    this.#house = house;
    this.#ends = ends;
    this.#admitted = admitted;
  }

  async run(): Promise<void> {
    const { path } = this.#admitted;
    if (path.isFree) return this.#unmetered();
    const { request, response } = this.#ends;
    const needsBody = path.model === undefined && path.api !== "other";
    const head = needsBody ? await readHead(request) : { chunks: [] };
    const call = this.#call(head);
    const verdict = await this.#authorize(call);
    if (!verdict.allow) return reply(request, response, budgetRefusal(path.api, verdict.sentence));
    const reserved = verdict.reservationId === undefined ? {} : { reservationId: verdict.reservationId };
    const end = await this.#pass(head).catch((error: unknown): PassageEnd => ({
      how: "unreachable",
      why: String(error),
    }));
    await this.#settle(call, reserved, end);
  }

  async #unmetered(): Promise<void> {
    const end = await this.#pass({ chunks: [] });
    this.#fail(end);
  }

  #call(head: RequestHead): GatewayCall {
    const { path, session, route } = this.#admitted;
    const model = path.model ?? head.model;
    const bytes = Number(this.#ends.request.headers["content-length"]);
    return {
      sessionId: session.sessionId,
      agent: session.agent,
      provider: route.provider,
      api: path.api,
      ...(model === undefined ? {} : { model }),
      ...(Number.isSafeInteger(bytes) ? { estimate: { inputTokens: Math.ceil(bytes / 4) } } : {}),
    };
  }

  /** A budget that cannot be asked is a closed one: a bug must not be a way to spend. */
  async #authorize(call: GatewayCall): ReturnType<GatewayDesk["authorize"]> {
    try {
      return await this.#house.desk.authorize(call);
    } catch {
      const sentence = "Signalbox could not check the token budget, so nothing was sent. Its log says why; try again.";
      return { allow: false, level: "hard", sentence };
    }
  }

  #pass(head: RequestHead): Promise<PassageEnd> {
    const { path, session, route } = this.#admitted;
    const upstream = upstreamOf(route, this.#ends.request);
    return passThrough({
      ...this.#ends,
      head: head.chunks,
      target: { upstream, rest: path.rest, agent: this.#house.agents.for(upstream, session.env) },
      ownHeaders: new Set([GATEWAY_TOKEN_HEADER, session.tokenHeader ?? GATEWAY_TOKEN_HEADER]),
      maxBytes: MAX_REQUEST,
      onAnswer: (answer) => this.#onAnswer(answer),
    });
  }

  #onAnswer(answer: Answer): ((chunk: Uint8Array) => void) | undefined {
    this.#answer = answer;
    const { api, isFree } = this.#admitted.path;
    if (api === "other" || isFree || answer.status >= 300) return undefined;
    const { "content-type": contentType = "", "content-encoding": contentEncoding = "" } = answer.headers;
    const tap = usageTap({ api, contentType, contentEncoding });
    this.#tap = tap;
    return (chunk) => tap.push(chunk);
  }

  async #settle(call: GatewayCall, reserved: { reservationId?: string }, end: PassageEnd): Promise<void> {
    const outcome = call.api === "other" ? undefined : await this.#outcome(call, end);
    this.#house.desk.settle({ call, ...reserved, ...outcome });
    this.#fail(end);
  }

  /** Nothing where the provider took nothing: it was not reached, or sent the client elsewhere. */
  async #outcome(call: GatewayCall, end: PassageEnd): Promise<Pick<GatewayOutcome, "report" | "guess"> | undefined> {
    const answer = this.#answer ?? (end.how === "hung_up" ? { status: 0, headers: {} } : undefined);
    if (answer === undefined || (answer.status >= 300 && answer.status < 400)) return undefined;
    const ended = {
      call,
      status: answer.status,
      requestHeaders: this.#ends.request.headers,
      answerHeaders: answer.headers,
      seen: await this.#tap?.finish(),
      how: end.how,
      at: new Date().toISOString(),
      durationMs: Math.round(performance.now() - this.#beganAt),
      sourceKey: `${call.sessionId}:${randomUUID()}`,
    };
    const report = usageReport(ended);
    const guess = report.tokens === undefined ? guessedTokens(ended) : undefined;
    return { report, ...(guess === undefined ? {} : { guess }) };
  }

  /** Where no answer came from the provider the gateway says so in its stead. */
  #fail(end: PassageEnd): void {
    const { request, response } = this.#ends;
    if (response.headersSent || response.destroyed) return;
    const { path, route } = this.#admitted;
    const host = upstreamOf(route, request).host;
    if (end.how === "too_large") reply(request, response, gatewayRefusal(413, "The request is larger than 256 MB."));
    if (end.how === "unreachable")
      reply(
        request,
        response,
        upstreamFailure(
          path.api,
          `${host} could not be reached through Signalbox's metering gateway: ${end.why}. Check the connection.`,
        ),
      );
  }
}

/** One of two that were both fixed at the launch. */
function upstreamOf(route: GatewayRoute, request: IncomingMessage): URL {
  const { alternative } = route;
  const isOther = alternative !== undefined && request.headers[alternative.header] !== undefined;
  return new URL(isOther ? alternative.upstream : route.upstream);
}

function reply(request: IncomingMessage, response: ServerResponse, answer: OwnAnswer): void {
  if (response.headersSent || response.destroyed) return;
  // What is left of the body is read and forgotten, so that the client gets to reading the answer.
  request.resume();
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "content-length": length, connection: "close" });
  response.end(answer.body);
}

function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(undefined);
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : undefined);
    });
  });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

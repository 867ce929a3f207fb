/**
 * Loopback listener for what agents say: POST /hook/<sessionId> (JSON in, JSON out), for OpenTelemetry's exporters
 * POST /otlp/<sessionId>/v1/{logs,metrics,traces}, and for MCP POST /mcp/<sessionId>; all with `Authorization: Bearer <token>`.
 * Wrong host, any Origin, a wrong token, a large or malformed body are 4xx; failures are throttled together.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { McpHttpHandler } from "@modelcontextprotocol/server";
import { z } from "zod";

import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { Ingest, IngestHandlers, IngestOptions } from "#core/ports/ingest.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { agentMcpHandler, answerMcp } from "./agentMcp.ts";
import { CallRate, FailureThrottle, listenOnLoopback, SessionTokens, TOO_MANY_FAILURES } from "./loopbackListener.ts";
import { answerOtlp, type TelemetrySignal } from "./otlp/otlpRequest.ts";

const MAX_HOOK_BODY = 1024 * 1024;
/** An exporter's batch: 512 records with texts of some KB each. */
const MAX_TELEMETRY_BODY = 4 * 1024 * 1024;
/** A permission may wait for a person overnight; longer is a leak. */
const MAX_HOLD_MS = 12 * 60 * 60 * 1000;

const payloadSchema = z.record(z.string(), z.unknown());

interface Registration {
  readonly handlers: IngestHandlers;
  readonly held: Set<AbortController>;
  /** Absent: this session has no tools. */
  readonly mcp?: McpHttpHandler;
  readonly calls: CallRate;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Listens on 127.0.0.1; the remembered port when it is free, else any. */
export async function openIngest(options: IngestOptions = {}): Promise<Result<Ingest>> {
  const registrations = new SessionTokens<Registration>();
  const failures = new FailureThrottle();
  const server = createServer((request, response) => {
    answer(request, response, { registrations, failures }).catch(() => response.destroy());
  });
  // A held permission request has no data on it for hours; the hold bound is ours.
  server.requestTimeout = 0;
  server.headersTimeout = 10_000;
  const port = await listenOnLoopback(server, options.preferredPort);
  if (port === undefined) return fail("internal", "No loopback port could be opened for agents' hooks and telemetry.");
  return ok({
    url: `http://127.0.0.1:${port}/hook`,
    telemetryUrl: `http://127.0.0.1:${port}/otlp`,
    toolsUrl: `http://127.0.0.1:${port}/mcp`,
    port,
    register(sessionId, token, handlers) {
      const { desk } = handlers;
      const mcp = desk === undefined ? {} : { mcp: agentMcpHandler(desk) };
      const registration: Registration = { handlers, held: new Set(), calls: new CallRate(), ...mcp };
      const end = registrations.register({ id: sessionId, token }, registration);
      return () => {
        end();
        for (const held of registration.held) held.abort();
        void registration.mcp?.close();
      };
    },
    async close() {
      for (const registration of registrations.values()) for (const held of registration.held) held.abort();
      registrations.clear();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // Held calls were just answered; whoever still reads after this gets cut.
        setTimeout(() => server.closeAllConnections(), 250).unref();
      });
    },
  });
}

interface Desk {
  readonly registrations: SessionTokens<Registration>;
  readonly failures: FailureThrottle;
}

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  try {
    const { registration, signal, isMcp } = admit(request, desk);
    if (isMcp) await speakMcp(registration, { request, response });
    else if (signal === undefined) {
      const payload = parseBody((await readBody(request, MAX_HOOK_BODY)).toString("utf8"));
      replyJson(response, 200, await hold(registration, { payload, response }));
    } else await takeTelemetry(request, response, { registration, signal });
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    const message =
      error instanceof Refusal ? error.message : "The call could not be handled; the app's log has the details.";
    if (status !== 413) request.resume();
    replyJson(response, status, { error: message });
    if (status === 413) request.destroy();
  }
}

async function speakMcp(
  { mcp, calls }: Registration,
  exchange: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  if (mcp === undefined) throw new Refusal(403, "This session has no tools. Its fleet file gives them with `can:`.");
  if (!calls.admit()) throw new Refusal(429, "Too many calls; wait a second.");
  await answerMcp(exchange, mcp, await readBody(exchange.request, MAX_HOOK_BODY));
}

async function takeTelemetry(
  request: IncomingMessage,
  response: ServerResponse,
  route: { registration: Registration; signal: TelemetrySignal },
): Promise<void> {
  const { "content-type": contentType = "", "content-encoding": contentEncoding = "" } = request.headers;
  const body = await readBody(request, MAX_TELEMETRY_BODY);
  const said = await answerOtlp(
    { signal: route.signal, contentType, contentEncoding, body },
    route.registration.handlers,
  );
  reply(response, said);
}

interface Route {
  readonly registration: Registration;
  /** Undefined for a hook. */
  readonly signal: TelemetrySignal | undefined;
  readonly isMcp: boolean;
}

function admit(request: IncomingMessage, desk: Desk): Route {
  const host = request.headers.host ?? "";
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) throw new Refusal(403, "Host is not this machine.");
  if (request.headers.origin !== undefined) throw new Refusal(403, "Browsers have no business here.");
  if (request.method !== "POST") throw new Refusal(405, "POST only.");
  const place = placeOf(request.url ?? "");
  const registration = desk.registrations.find(place.sessionId, () => bearerOf(request));
  if (registration === undefined) throw refuseToken(desk.failures);
  const contentType = request.headers["content-type"] ?? "";
  if (place.signal === undefined && !contentType.startsWith("application/json"))
    throw new Refusal(415, "application/json only.");
  return { registration, signal: place.signal, isMcp: place.isMcp };
}

function placeOf(url: string): Omit<Route, "registration"> & { readonly sessionId: string } {
  const [, sessionId, signal] = /^\/otlp\/([0-9a-zA-Z-]{1,64})\/v1\/(logs|metrics|traces)$/.exec(url) ?? [];
  if (sessionId !== undefined && (signal === "logs" || signal === "metrics" || signal === "traces"))
    return { sessionId, signal, isMcp: false };
  const [, door, named = ""] = /^\/(hook|mcp)\/([0-9a-zA-Z-]{1,64})$/.exec(url) ?? [];
  return { sessionId: named, signal: undefined, isMcp: door === "mcp" };
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function refuseToken(failures: FailureThrottle): Refusal {
  const status = failures.refuse();
  return new Refusal(status, status === 429 ? TOO_MANY_FAILURES : "Wrong or missing token.");
}

/** Lets the handler take its time; the agent hanging up, the bound or our closing ends the wait. */
async function hold(
  registration: Registration,
  call: { payload: HookPayload; response: ServerResponse },
): Promise<HookPayload> {
  const controller = new AbortController();
  registration.held.add(controller);
  const timer = setTimeout(() => controller.abort(), MAX_HOLD_MS);
  const hungUp = (): void => controller.abort();
  call.response.on("close", hungUp);
  const ended = new Promise<HookPayload>((resolve) =>
    controller.signal.addEventListener("abort", () => resolve({}), { once: true }),
  );
  try {
    return await Promise.race([registration.handlers.hook(call.payload, controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    call.response.off("close", hungUp);
    registration.held.delete(controller);
  }
}

function parseBody(text: string): HookPayload {
  try {
    return payloadSchema.parse(JSON.parse(text));
  } catch {
    throw new Refusal(400, "The body is not a JSON object.");
  }
}

function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        reject(new Refusal(413, `The body is larger than ${limit / 1024 / 1024} MB.`));
        return;
      }
      chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => reject(new Refusal(400, "The body broke off.")));
  });
}

function replyJson(response: ServerResponse, status: number, body: HookPayload): void {
  reply(response, { status, contentType: "application/json", body: Buffer.from(JSON.stringify(body)) });
}

function reply(response: ServerResponse, said: { status: number; contentType: string; body: Buffer }): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(said.status, { "content-type": said.contentType, "cache-control": "no-store" });
  response.end(said.body);
}

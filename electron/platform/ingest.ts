/**
 * Loopback listener for what agents say: POST /hook/<sessionId> (JSON in, JSON out) for hooks and for what any program
 * tells of its usage, for OpenTelemetry's exporters POST /otlp/<sessionId>/v1/{logs,metrics,traces}, and for MCP
 * POST /mcp/<sessionId>; all with `Authorization: Bearer <token>`.
 * Wrong host, any Origin, a wrong token, a large or malformed body are 4xx; failures are throttled together.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { z } from "zod";

import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { Ingest, IngestHandlers, IngestOptions } from "#core/ports/ingest.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import { USAGE_HOOK } from "#shared/model/catalogue/hook.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import type { AgentMcp } from "./agentMcp.ts";
import { CallRate, FailureThrottle, listenOnLoopback, SessionTokens, TOO_MANY_FAILURES } from "./loopbackListener.ts";
import { answerOtlp, type TelemetrySignal } from "./otlp/otlpRequest.ts";

const MAX_HOOK_BODY = 1024 * 1024;
/** An exporter's batch: 512 records with texts of some KB each. */
const MAX_TELEMETRY_BODY = 4 * 1024 * 1024;
/** A permission may wait for a person overnight; longer is a leak. */
const MAX_HOLD_MS = 12 * 60 * 60 * 1000;
/** After a restart agents of the last run are adopted one by one; until then what they tell is for later, not refused. */
const COMING_UP_MS = 15_000;
/** What a session may tell of its usage: more than its requests can be, some 20 ms of the core's work in each second. */
const USAGE_RATE = { burst: 500, refillMs: 10 };
const USAGE_FLOOD = "Usage was told more than 100 times a second; what was not sent again is not counted.";

const payloadSchema = z.record(z.string(), z.unknown());

interface Registration {
  readonly handlers: IngestHandlers;
  readonly held: Set<AbortController>;
  /** Undefined: nobody has asked for tools yet. */
  mcp?: Promise<AgentMcp>;
  readonly calls: CallRate;
  readonly usage: CallRate;
  hasFlooded: boolean;
}

class Refusal extends Error {
  readonly status: number;
  /** Clients that try again by themselves wait this long. */
  readonly retryAfterS: number | undefined;
  constructor(status: number, message: string, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** Listens on 127.0.0.1; the remembered port when it is free, else any. */
export async function openIngest(options: IngestOptions = {}): Promise<Result<Ingest>> {
  const registrations = new SessionTokens<Registration>();
  const failures = new FailureThrottle();
  const { onRefused, preferredPort } = options;
  const comingUpUntil = preferredPort === undefined ? 0 : performance.now() + COMING_UP_MS;
  const server = createServer((request, response) => {
    answer(request, response, { registrations, failures, onRefused, comingUpUntil }).catch(() => response.destroy());
  });
  // A held permission request has no data on it for hours; the hold bound is ours.
  server.requestTimeout = 0;
  server.headersTimeout = 10_000;
  const port = await listenOnLoopback(server, preferredPort);
  if (port === undefined) return fail("internal", "No loopback port could be opened for agents' hooks and telemetry.");
  return ok({
    url: `http://127.0.0.1:${port}/hook`,
    telemetryUrl: `http://127.0.0.1:${port}/otlp`,
    toolsUrl: `http://127.0.0.1:${port}/mcp`,
    port,
    register(sessionId, token, handlers) {
      const rates = { calls: new CallRate(), usage: new CallRate(USAGE_RATE) };
      const registration: Registration = { handlers, held: new Set(), ...rates, hasFlooded: false };
      const end = registrations.register({ id: sessionId, token }, registration);
      return () => {
        end();
        for (const held of registration.held) held.abort();
        void registration.mcp?.then((mcp) => mcp.close());
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
  readonly onRefused: IngestOptions["onRefused"];
  readonly comingUpUntil: number;
}

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  try {
    const { registration, signal, sessionId, isMcp } = admit(request, desk);
    const refuseMany = (door: RefusedCall["door"]): Refusal => refuse(desk, { door, why: "too_many_calls", sessionId });
    if (isMcp) {
      if (!registration.calls.admit()) throw refuseMany("tools");
      await speakMcp(registration, { request, response });
    } else if (signal === undefined) await takeHook(registration, { request, response }, () => refuseMany("hook"));
    else await takeTelemetry(request, response, { registration, signal });
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, "The call could not be handled; the app's log has the details.");
    const { status, message, retryAfterS } = refusal;
    if (status !== 413) request.resume();
    if (retryAfterS !== undefined) response.setHeader("retry-after", retryAfterS);
    replyJson(response, status, { error: message });
    if (status === 413) request.destroy();
  }
}

interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function takeHook(
  registration: Registration,
  { request, response }: HttpExchange,
  tooMany: () => Refusal,
): Promise<void> {
  const payload = parseBody((await readBody(request, MAX_HOOK_BODY)).toString("utf8"));
  const isUsage = payload["hook_event_name"] === USAGE_HOOK && registration.handlers.usage !== undefined;
  if (isUsage) takeUsage(registration, payload, tooMany);
  replyJson(response, 200, isUsage ? {} : await hold(registration, { payload, response }));
}

/** `{}` is the whole answer, and a refusal says what to write otherwise. */
function takeUsage(registration: Registration, payload: HookPayload, tooMany: () => Refusal): void {
  if (!registration.usage.admit()) {
    if (!registration.hasFlooded) registration.handlers.usageFlood?.(USAGE_FLOOD);
    registration.hasFlooded = true;
    throw tooMany();
  }
  const taken = registration.handlers.usage?.(payload);
  if (taken?.ok === false) throw new Refusal(400, taken.error.message);
}

async function speakMcp(registration: Registration, exchange: HttpExchange): Promise<void> {
  const { desk } = registration.handlers;
  if (desk === undefined) throw new Refusal(403, "This session has no tools. Its fleet file gives them with `can:`.");
  const body = await readBody(exchange.request, MAX_HOOK_BODY);
  // The SDK is a large part of the program; an app whose agents have no tools never loads it.
  registration.mcp ??= import("./agentMcp.ts").then(({ openAgentMcp }) => openAgentMcp(desk));
  await (await registration.mcp).answer(exchange, body);
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

interface Place {
  readonly sessionId: string;
  /** Undefined for a hook. */
  readonly signal: TelemetrySignal | undefined;
  readonly isMcp: boolean;
}

interface Route extends Place {
  readonly registration: Registration;
}

function admit(request: IncomingMessage, desk: Desk): Route {
  const host = request.headers.host ?? "";
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) throw new Refusal(403, "Host is not this machine.");
  if (request.headers.origin !== undefined) throw new Refusal(403, "Browsers have no business here.");
  if (request.method !== "POST") throw new Refusal(405, "POST only.");
  const place = placeOf(request.url ?? "");
  const registration = desk.registrations.find(place.sessionId, () => bearerOf(request));
  if (registration === undefined) throw refuseToken(desk, place, bearerOf(request));
  const contentType = request.headers["content-type"] ?? "";
  if (place.signal === undefined && !contentType.startsWith("application/json"))
    throw new Refusal(415, "application/json only.");
  return { registration, ...place };
}

function placeOf(url: string): Place {
  const [, sessionId, signal] = /^\/otlp\/([0-9a-zA-Z-]{1,64})\/v1\/(logs|metrics|traces)$/.exec(url) ?? [];
  if (sessionId !== undefined && (signal === "logs" || signal === "metrics" || signal === "traces"))
    return { sessionId, signal, isMcp: false };
  const [, door, named = ""] = /^\/(hook|mcp)\/([0-9a-zA-Z-]{1,64})$/.exec(url) ?? [];
  return { sessionId: named, signal: undefined, isMcp: door === "mcp" };
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function refuseToken(desk: Desk, { sessionId, signal, isMcp }: Place, token: string): Refusal {
  const tokenOf = desk.registrations.ownerOf(token);
  const door = isMcp ? "tools" : signal === undefined ? "hook" : "telemetry";
  const isEarly = performance.now() < desk.comingUpUntil && !desk.registrations.has(sessionId);
  if (door === "hook" && isEarly && tokenOf === undefined) return new Refusal(503, COMING_UP, 1);
  const wrong = refuse(desk, {
    door,
    why: "wrong_token",
    sessionId,
    ...(tokenOf === undefined ? {} : { tokenOf }),
  });
  return desk.failures.refuse() === 429 ? new Refusal(429, TOO_MANY_FAILURES) : wrong;
}

const COMING_UP = "Signalbox has just started and does not know this agent yet; say it again in a second.";
const REFUSALS: Readonly<Record<RefusedCall["why"], readonly [number, string, number?]>> = {
  wrong_token: [401, "Wrong or missing token."],
  too_many_calls: [429, "Too many calls; wait a second.", 1],
};

function refuse({ registrations, onRefused }: Desk, refusal: Omit<RefusedCall, "isOpen">): Refusal {
  onRefused?.({ ...refusal, isOpen: registrations.has(refusal.sessionId) });
  return new Refusal(...REFUSALS[refusal.why]);
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

/**
 * Loopback listener for agents' hooks: POST /hook/<sessionId> with `Authorization: Bearer <token>`, JSON in, JSON out.
 * Wrong host, any Origin, a wrong token, a large or malformed body are 4xx; failures are throttled together.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { z } from "zod";

import type { HookHandler, HookIngest, HookIngestOptions, HookPayload } from "#core/ports/hookIngest.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";

const MAX_BODY = 1024 * 1024;
/** A permission may wait for a person overnight; longer is a leak. */
const MAX_HOLD_MS = 12 * 60 * 60 * 1000;
/** Refusals allowed per window before every caller without a right token gets 429. */
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 10_000;

const payloadSchema = z.record(z.string(), z.unknown());

interface Registration {
  readonly tokenDigest: Buffer;
  readonly handler: HookHandler;
  readonly held: Set<AbortController>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Listens on 127.0.0.1; the remembered port when it is free, else any. */
export async function openHookIngest(options: HookIngestOptions = {}): Promise<Result<HookIngest>> {
  const registrations = new Map<string, Registration>();
  const failures: number[] = [];
  const server = createServer((request, response) => {
    answer(request, response, { registrations, failures }).catch(() => response.destroy());
  });
  // A held permission request has no data on it for hours; the hold bound is ours.
  server.requestTimeout = 0;
  server.headersTimeout = 10_000;
  const port = (await listen(server, options.preferredPort ?? 0)) ?? (await listen(server, 0));
  if (port === undefined) return fail("internal", "No loopback port could be opened for agents' hooks.");
  return ok({
    url: `http://127.0.0.1:${port}/hook`,
    port,
    register(sessionId, token, handler) {
      const registration: Registration = { tokenDigest: digest(token), handler, held: new Set() };
      registrations.set(sessionId, registration);
      return () => {
        if (registrations.get(sessionId) === registration) registrations.delete(sessionId);
        for (const held of registration.held) held.abort();
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
  readonly registrations: ReadonlyMap<string, Registration>;
  readonly failures: number[];
}

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  try {
    const registration = admit(request, desk);
    const payload = parseBody(await readBody(request));
    reply(response, { status: 200, body: await hold(registration, { payload, response }) });
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    const message =
      error instanceof Refusal ? error.message : "The hook could not be handled; the app's log has the details.";
    if (status !== 413) request.resume();
    reply(response, { status, body: { error: message } });
    if (status === 413) request.destroy();
  }
}

function admit(request: IncomingMessage, desk: Desk): Registration {
  const host = request.headers.host ?? "";
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) throw new Refusal(403, "Host is not this machine.");
  if (request.headers.origin !== undefined) throw new Refusal(403, "Browsers have no business here.");
  if (request.method !== "POST") throw new Refusal(405, "POST only.");
  const registration = registrationFor(request, desk.registrations);
  if (registration === undefined) throw refuseToken(desk.failures);
  const contentType = request.headers["content-type"] ?? "";
  if (!contentType.startsWith("application/json")) throw new Refusal(415, "application/json only.");
  return registration;
}

/** An unknown session and a wrong token look and cost the same, so that session ids cannot be probed. */
function registrationFor(request: IncomingMessage, registrations: Desk["registrations"]): Registration | undefined {
  const sessionId = /^\/hook\/([0-9a-zA-Z-]{1,64})$/.exec(request.url ?? "")?.[1] ?? "";
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const registration = registrations.get(sessionId);
  const isRight = timingSafeEqual(digest(token), registration?.tokenDigest ?? digest(`unknown ${sessionId}`));
  return isRight ? registration : undefined;
}

function refuseToken(failures: number[]): Refusal {
  const now = performance.now();
  while (failures[0] !== undefined && failures[0] < now - FAILURE_WINDOW_MS) failures.shift();
  if (failures.length >= MAX_FAILURES) return new Refusal(429, "Too many wrong tokens; wait ten seconds.");
  failures.push(now);
  return new Refusal(401, "Wrong or missing token.");
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
    return await Promise.race([registration.handler(call.payload, controller.signal), ended]);
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

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) {
        request.pause();
        reject(new Refusal(413, "The body is larger than 1 MB."));
        return;
      }
      chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", () => reject(new Refusal(400, "The body broke off.")));
  });
}

function reply(response: ServerResponse, outcome: { status: number; body: HookPayload }): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(outcome.status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(outcome.body));
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

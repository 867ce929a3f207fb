import { request } from "node:http";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { Ingest } from "#core/ports/ingest.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import { openIngest } from "./ingest.ts";

let ingest: Ingest;
let refusals: RefusedCall[];
beforeEach(async () => {
  refusals = [];
  const opened = await openIngest({ onRefused: (refusal) => refusals.push(refusal) });
  if (!opened.ok) throw new Error(opened.error.message);
  ingest = opened.value;
});
afterEach(() => ingest.close());

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function call(wanted: Call = {}): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: "Bearer right", "content-type": "application/json", ...wanted.headers };
    const sent = request(
      {
        host: "127.0.0.1",
        port: ingest.port,
        path: wanted.path ?? "/hook/s1",
        method: wanted.method ?? "POST",
        headers,
      },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    sent.on("error", reject);
    sent.end(wanted.body ?? "{}");
  });
}

describe("ingest", () => {
  it("hands the payload to its session and the answer back", async () => {
    const seen: HookPayload[] = [];
    ingest.register("s1", "right", {
      hook: (payload) => {
        seen.push(payload);
        return Promise.resolve({ decision: "go" });
      },
    });
    expect(await call({ body: '{"hook_event_name":"Stop"}' })).toEqual({ status: 200, body: { decision: "go" } });
    expect(seen).toEqual([{ hook_event_name: "Stop" }]);
  });

  it.each([
    ["a wrong token", { headers: { authorization: "Bearer wrong" } }, 401],
    ["no token", { headers: { authorization: "" } }, 401],
    ["another session", { path: "/hook/s2" }, 401],
    ["a foreign host", { headers: { host: "evil.example" } }, 403],
    ["any origin", { headers: { origin: "null" } }, 403],
    ["GET", { method: "GET" }, 405],
    ["a form", { headers: { "content-type": "text/plain" } }, 415],
    ["no JSON", { body: "{" }, 400],
    ["no object", { body: "[1]" }, 400],
    ["a large body", { body: `{"a":"${"x".repeat(1024 * 1024)}"}` }, 413],
  ] as const)("refuses %s", async (_what, wanted, status) => {
    ingest.register("s1", "right", { hook: () => Promise.resolve({}) });
    expect(await call(wanted)).toMatchObject({ status });
  });

  it("slows down who guesses, and still serves who knows", async () => {
    ingest.register("s1", "right", { hook: () => Promise.resolve({}) });
    const guesses = await Promise.all(
      Array.from({ length: 21 }, () => call({ headers: { authorization: "Bearer guess" } })),
    );
    expect(guesses.map((guess) => guess.status).filter((status) => status === 429)).toHaveLength(1);
    expect(await call()).toMatchObject({ status: 200 });
  });

  it("tells who used another session's name, whose token it was, and who called where nobody reports any more", async () => {
    ingest.register("s1", "right", { hook: () => Promise.resolve({}) });
    const ended = ingest.register("s2", "other", { hook: () => Promise.resolve({}) });
    expect(await call({ path: "/mcp/s2" })).toMatchObject({ status: 401 });
    expect(await call({ path: "/hook/s1", headers: { authorization: "Bearer made-up" } })).toMatchObject({
      status: 401,
    });
    ended();
    expect(await call({ path: "/mcp/s2", headers: { authorization: "Bearer other" } })).toMatchObject({ status: 401 });
    expect(refusals).toEqual([
      { door: "tools", why: "wrong_token", sessionId: "s2", isOpen: true, tokenOf: "s1" },
      { door: "hook", why: "wrong_token", sessionId: "s1", isOpen: true },
      { door: "tools", why: "wrong_token", sessionId: "s2", isOpen: false },
    ]);
  });

  it("refuses a session that calls without end, and serves the others meanwhile", async () => {
    for (const id of ["s1", "s2"]) ingest.register(id, "right", { hook: () => Promise.resolve({}) });
    const answers = await Promise.all(Array.from({ length: 200 }, () => call({ path: "/mcp/s1" })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(50);
    expect(refused[0]).toMatchObject({ body: { error: "Too many calls; wait a second." } });
    expect(await call({ path: "/mcp/s2" })).toMatchObject({ status: 403 });
    expect(refusals).toHaveLength(refused.length);
    expect(refusals[0]).toEqual({ door: "tools", why: "too_many_calls", sessionId: "s1", isOpen: true });
  });

  it("holds a call until its handler answers, and lets go when the session ends", async () => {
    let isHeld: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (isHeld = resolve));
    const unregister = ingest.register("s1", "right", {
      hook: () => {
        isHeld();
        return new Promise(() => undefined);
      },
    });
    const answer = call();
    await held;
    unregister();
    expect(await answer).toEqual({ status: 200, body: {} });
    expect(await call()).toMatchObject({ status: 401 });
  });

  it("takes the remembered port, or another when it is busy", async () => {
    const second = await openIngest({ preferredPort: ingest.port });
    if (!second.ok) throw new Error(second.error.message);
    expect(second.value.port).not.toBe(ingest.port);
    const { port } = second.value;
    await second.value.close();
    const third = await openIngest({ preferredPort: port });
    expect(third.ok && third.value.port).toBe(port);
    if (third.ok) await third.value.close();
  });

  it("takes telemetry of a session under its own token, and of no other", async () => {
    const names: string[] = [];
    ingest.register("s1", "right", {
      hook: () => Promise.resolve({}),
      telemetry: ({ logs }) => void names.push(...logs.map((log) => log.name)),
    });
    ingest.register("s2", "other", { hook: () => Promise.resolve({}) });
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: "api_request" }] }] }] });
    expect(await call({ path: "/otlp/s1/v1/logs", body })).toEqual({ status: 200, body: {} });
    expect(await call({ path: "/otlp/s2/v1/logs", body })).toMatchObject({ status: 401 });
    expect(await call({ path: "/otlp/s1/v1/nothing", body })).toMatchObject({ status: 401 });
    expect(await call({ path: "/otlp/s1/v1/logs", body: "{" })).toMatchObject({ status: 400 });
    expect(names).toEqual(["api_request"]);
  });

  it("refuses an export of more than 4 MB", async () => {
    ingest.register("s1", "right", { hook: () => Promise.resolve({}) });
    const body = " ".repeat(4 * 1024 * 1024 + 1);
    expect(await call({ path: "/otlp/s1/v1/logs", body })).toMatchObject({ status: 413 });
  });
});

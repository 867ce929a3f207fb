import { request } from "node:http";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { Ingest } from "#core/ports/ingest.ts";
import type { RefusedCall } from "#core/ports/refusedCall.ts";
import { fail, ok } from "#shared/model/result.ts";
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

interface Said {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
}

function call(wanted: Call = {}): Promise<Said> {
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
        const retryAfter = response.headers["retry-after"];
        const said = () => ({ status: response.statusCode ?? 0, body: JSON.parse(text), retryAfter });
        response.on("end", () => resolve(said()));
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
    expect(await call({ body: '{"hook_event_name":"Stop"}' })).toMatchObject({ status: 200, body: { decision: "go" } });
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
    expect(await answer).toMatchObject({ status: 200, body: {} });
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
    expect(await call({ path: "/otlp/s1/v1/logs", body })).toMatchObject({ status: 200, body: {} });
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

describe("what a program tells of its usage", () => {
  const told = (id: string): string => JSON.stringify({ hook_event_name: "Usage", id });
  const atHook = (payload: HookPayload): Promise<HookPayload> => Promise.resolve({ heard: payload });

  it("goes to the session whose token it carries, is answered by {}, and a refusal says why", async () => {
    const seen: HookPayload[] = [];
    ingest.register("s1", "right", {
      hook: atHook,
      usage: (payload) => {
        seen.push(payload);
        return payload["id"] === "bad"
          ? fail("bad_request", "Usage was not counted: output is missing.")
          : ok(undefined);
      },
    });
    expect(await call({ body: told("one") })).toMatchObject({ status: 200, body: {} });
    expect(await call({ body: told("bad") })).toMatchObject({
      status: 400,
      body: { error: "Usage was not counted: output is missing." },
    });
    expect(await call({ body: told("other"), headers: { authorization: "Bearer wrong" } })).toMatchObject({
      status: 401,
    });
    expect(seen.map(({ id }) => id)).toEqual(["one", "bad"]);
    expect(refusals).toEqual([{ door: "hook", why: "wrong_token", sessionId: "s1", isOpen: true }]);
  });

  it("leaves every other hook, and all of a session that has no meter, to the observer as it came", async () => {
    const usage = () => fail("internal", "never asked");
    ingest.register("s1", "right", { hook: atHook, usage });
    ingest.register("s2", "right", { hook: atHook });
    const stop = { hook_event_name: "Stop", usage: { input: -1 } };
    expect((await call({ body: JSON.stringify(stop) })).body).toEqual({ heard: stop });
    expect((await call({ path: "/hook/s2", body: told("one") })).body).toEqual({ heard: JSON.parse(told("one")) });
  });

  it("is refused in a flood, to be said again in a second; that is noted once, and other hooks still pass", async () => {
    let counted = 0;
    const floods: string[] = [];
    ingest.register("s1", "right", {
      hook: atHook,
      usage: () => {
        counted += 1;
        return ok(undefined);
      },
      usageFlood: (why) => void floods.push(why),
    });
    const answers: Said[] = [];
    while (answers.length < 900)
      answers.push(...(await Promise.all(Array.from({ length: 300 }, (_, n) => call({ body: told(`${n}`) })))));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toEqual({ status: 429, body: { error: "Too many calls; wait a second." }, retryAfter: "1" });
    expect(counted).toBe(answers.length - refused.length);
    expect(counted).toBeGreaterThanOrEqual(500);
    expect(floods).toEqual(["Usage was told more than 100 times a second; what was not sent again is not counted."]);
    expect(refusals).toHaveLength(refused.length);
    expect(refusals[0]).toEqual({ door: "hook", why: "too_many_calls", sessionId: "s1", isOpen: true });
    expect(await call({ body: '{"hook_event_name":"Stop"}' })).toMatchObject({ status: 200 });
  });

  it("is for later while a core that has just come back takes its agents up one by one; wrong tokens stay wrong", async () => {
    await ingest.close();
    const opened = await openIngest({ preferredPort: ingest.port, onRefused: (refusal) => refusals.push(refusal) });
    if (!opened.ok) throw new Error(opened.error.message);
    ingest = opened.value;
    expect(await call({ body: told("one") })).toEqual({
      status: 503,
      body: { error: "Signalbox has just started and does not know this agent yet; say it again in a second." },
      retryAfter: "1",
    });
    expect(refusals).toEqual([]);
    ingest.register("s1", "right", { hook: atHook, usage: () => ok(undefined) });
    expect(await call({ body: told("one") })).toMatchObject({ status: 200 });
    expect(await call({ headers: { authorization: "Bearer wrong" } })).toMatchObject({ status: 401 });
    expect(await call({ path: "/hook/s2" })).toMatchObject({ status: 401 });
    expect(refusals.map(({ tokenOf }) => tokenOf)).toEqual([undefined, "s1"]);
  });
});

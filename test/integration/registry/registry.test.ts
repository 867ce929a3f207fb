import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, openRegistry, ROGUE, stdioSpec } from "#test/support/registryRig.ts";
import type { RegistryRig } from "#test/support/registryRig.ts";
import { serveHttp } from "./httpServer.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { hearAs } from "#shared/model/catalogue/message.ts";
import type { ToolCaller } from "#shared/model/toolServer.ts";

const PATIENCE = 60_000;
const person: ToolCaller = { kind: "person" };

describe("the registry with a server that means well", { timeout: PATIENCE }, () => {
  let rig: RegistryRig;
  beforeAll(async () => {
    rig = await openRegistry();
    rig.registry.servers.add(stdioSpec("rogue", [ROGUE, "chatty"]), "person");
    const verified = await rig.registry.servers.verify("rogue", "person");
    expect(verified).toMatchObject({ ok: true });
  }, PATIENCE);
  afterAll(() => rig.close());

  const call = (tool: string, args: Record<string, unknown> = {}, by: ToolCaller = person) =>
    rig.registry.invoke({ server: "rogue", tool, args, by, contextId: "ctx-1", correlationId: "cor-1" });

  it("knows its tools, what it speaks, and that it prints what is no message", () => {
    const [server] = rig.registry.servers.views();
    expect(server).toMatchObject({ key: "rogue", state: "active", protocol: "2025-11-25", software: "rogue 1" });
    expect(server?.tools.map(({ name }) => name)).toContain("add");
    expect(server?.lastError?.message).toContain("no message of the protocol");
  });

  it("gives a call's answer to the caller, the log and the bus, with its context", async () => {
    const answered = await call("add", { a: 40, b: 2 });
    expect(answered).toMatchObject({ ok: true, value: { text: "42", structured: { sum: 42 }, attempts: 1 } });
    if (!answered.ok) return;
    const logged = rig.registry.calls.one(answered.value.callId);
    expect(logged).toMatchObject({
      ok: true,
      value: { tool: "add", outcome: "completed", by: person, contextId: "ctx-1", args: '{"a":40,"b":2}' },
    });
    expect(rig.registry.servers.views()[0]?.state).toBe("active");
    const told = await eventually("the event of the call", async () => {
      const read = await rig.bus.read({ stream: "TOOLS", filter: "tool.add.completed", limit: 10 });
      return read.ok && read.value[0];
    });
    expect(hearAs("tool.completed", told.data)).toMatchObject({
      ok: true,
      value: { envelope: { contextid: "ctx-1", correlationid: "cor-1" }, data: { tool: "add", server: "rogue" } },
    });
    const watched = await rig.bus.read({ stream: "TOOLS", filter: "mcp.events.rogue", limit: 50 });
    const events = watched.ok ? watched.value.map(({ data }) => hearAs("mcp.event", data)) : [];
    expect(events.every((event) => event.ok)).toBe(true);
    expect(events.at(-1)).toMatchObject({ value: { data: { event: "tool.add.completed", context_id: "ctx-1" } } });
  });

  it("refuses arguments that do not fit, tools that are not there and servers nobody knows, and records each", async () => {
    expect(await call("add", { a: 1 })).toMatchObject({ ok: false, error: { code: "bad_request" } });
    expect(await call("ad")).toMatchObject({
      ok: false,
      error: { code: "not_found", message: expect.stringMatching(/Did you mean add/) },
    });
    const stranger = await rig.registry.invoke({ server: "a b>*", tool: "x", by: person });
    expect(stranger).toMatchObject({ ok: false, error: { code: "not_found" } });
    const refused = rig.registry.calls.list({ outcome: "refused", limit: 10 });
    expect(refused.map(({ tool, code }) => `${tool} ${code ?? ""}`)).toEqual([
      "x not_found",
      "ad not_found",
      "add bad_request",
    ]);
  });

  it("denies an agent what nobody granted, and records it", async () => {
    const denied = await call("add", { a: 1, b: 2 }, { kind: "agent", id: "shop/worker" });
    expect(denied).toMatchObject({ ok: false, error: { code: "forbidden" } });
    expect(rig.registry.calls.list({ by: "shop/worker", limit: 5 })).toMatchObject([
      { outcome: "denied", attempts: 0 },
    ]);
  });

  it("refuses an answer that breaks the tool's own schema, and keeps the lie on the record", async () => {
    const lied = await call("liar");
    expect(lied).toMatchObject({ ok: false, error: { code: "bad_answer" } });
    const [logged] = rig.registry.calls.list({ tool: "liar", limit: 1 });
    const detail = rig.registry.calls.one(logged?.id ?? "");
    expect(detail.ok && detail.value.result).toContain("forty-two");
    expect(rig.registry.servers.views()[0]).toMatchObject({ state: "degraded", detail: expect.stringMatching(/liar/) });
  });

  it("tells a tool's own failure from a failure to reach it", async () => {
    expect(await call("fails")).toMatchObject({
      ok: false,
      error: { code: "tool_failed", message: expect.stringMatching(/disk of the tool/) },
    });
  });

  it("bounds an answer without a word for everybody else", async () => {
    const huge = call("huge", { bytes: 5_000_000 });
    const beside = call("add", { a: 1, b: 1 });
    expect(await huge).toMatchObject({ ok: false, error: { code: "too_large" } });
    expect(await beside).toMatchObject({ ok: true });
    expect(rig.registry.servers.views()[0]?.restarts).toBe(0);
  });

  it("marks a tool whose schema is none in every list, and refuses its call before the server hears of it", async () => {
    const listed = () => rig.registry.servers.views()[0]?.tools.filter(({ problem }) => problem !== undefined);
    await eventually("the mark", () => listed()?.length === 1);
    expect(listed()).toMatchObject([
      { name: "broken", problem: expect.stringMatching(/^The schema cannot be used: /) },
    ]);
    expect(await call("broken", { a: 1 })).toMatchObject({
      ok: false,
      error: { code: "bad_answer", message: expect.stringMatching(/^broken cannot be called: The schema/) },
    });
    expect(rig.registry.find({ text: "broken", limit: 5 })).toMatchObject({
      value: [{ kind: "tool", description: expect.stringMatching(/^Cannot be called: /) }],
    });
  });

  it("is not held up by a schema whose pattern takes years", async () => {
    const startedAt = performance.now();
    const trapped = await call("trap", { text: `${"a".repeat(40)}!` });
    expect(trapped).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringMatching(/longer than/) },
    });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it("ends a wait that was long enough; a server that answers others goes on", async () => {
    const silent = await rig.registry.invoke({ server: "rogue", tool: "slow", by: person, timeoutMs: 300 });
    expect(silent).toMatchObject({ ok: false, error: { code: "timeout" } });
    expect(await call("add", { a: 2, b: 2 })).toMatchObject({ ok: true });
    expect(rig.registry.servers.views()[0]).toMatchObject({ state: "active", restarts: 0 });
  });

  it("masks secrets in the log, not in the answer", async () => {
    const token = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789";
    const answered = await call("env", { name: "PATH", note: token });
    expect(answered).toMatchObject({ ok: true });
    const detail = rig.registry.calls.one(answered.ok ? answered.value.callId : "");
    expect(detail.ok && detail.value.args).not.toContain(token);
  });

  it("starts again after kill -9 in the middle of a call: the call fails once, the next one works", async () => {
    const died = await call("die");
    expect(died).toMatchObject({
      ok: false,
      error: { code: "disconnected", message: expect.stringMatching(/in the middle of die/) },
    });
    const next = await within("the call after it", call("add", { a: 1, b: 2 }), PATIENCE);
    expect(next).toMatchObject({ ok: true, value: { text: "3" } });
    expect(rig.registry.servers.views()[0]).toMatchObject({ restarts: 1 });
    const [logged] = rig.registry.calls.list({ tool: "die", limit: 1 });
    expect(logged).toMatchObject({ outcome: "failed", code: "disconnected", attempts: 1 });
  });
});

describe("a server that does not mean well", { timeout: PATIENCE }, () => {
  let rig: RegistryRig;
  beforeAll(async () => {
    rig = await openRegistry();
  });
  afterAll(() => rig.close());

  const verify = async (id: string, mode: string) => {
    rig.registry.servers.add(stdioSpec(id, [ROGUE, mode], { restart: "temporary" }), "person");
    return rig.registry.servers.verify(id, "person");
  };

  it.each([
    ["garbage", /no messages of the protocol/],
    ["flood", /nobody had asked for/],
    ["exits", /exit code 3.*no API key/s],
  ])("%s: it is ended or named, and nobody else notices", async (mode, words) => {
    expect(await verify(mode, mode)).toMatchObject({
      ok: false,
      error: { code: "spawn_failed", message: expect.stringMatching(words) },
    });
    expect(rig.registry.servers.views([mode])[0]).toMatchObject({
      state: "offline",
      lastError: { message: expect.stringMatching(words) },
    });
  });

  it("a program that is not there waits for a person", async () => {
    const transport = { type: "stdio" as const, command: "no-such-program", args: [], env: {} };
    rig.registry.servers.add(stdioSpec("missing", [], { transport }), "person");
    const asked = await rig.registry.servers.verify("missing", "person");
    expect(asked).toMatchObject({ ok: false, error: { message: expect.stringMatching(/not found on the PATH/) } });
    expect(rig.registry.servers.views(["missing"])[0]).toMatchObject({ state: "offline", restarts: 0 });
  });

  it("one that dies of a newer client's question is greeted in the older way", async () => {
    expect(await verify("older", "dies-of-questions")).toMatchObject({ ok: true, value: { protocol: "2025-11-25" } });
  });

  it("one that answers nothing any more is ended, and its supervisor starts another life", async () => {
    rig.registry.servers.add(stdioSpec("deaf", [ROGUE, "good"]), "person");
    const call = (tool: string, args = {}) =>
      rig.registry.invoke({ server: "deaf", tool, args, by: person, timeoutMs: 15_000 });
    expect(await call("add", { a: 1, b: 1 })).toMatchObject({ ok: true });
    const unheard = await rig.registry.invoke({ server: "deaf", tool: "deaf", by: person, timeoutMs: 200 });
    expect(unheard).toMatchObject({ ok: false, error: { code: "timeout" } });
    await eventually("another life", () => rig.registry.servers.views(["deaf"])[0]?.restarts === 1, 30_000);
    expect(await call("add", { a: 1, b: 1 })).toMatchObject({ ok: true });
  });

  it("an agent's call does not start it", async () => {
    const allow = [{ agents: ["*"], roles: [], tools: ["*"] }];
    rig.registry.servers.add(stdioSpec("resting", [ROGUE, "good"], { allow }), "person");
    const by: ToolCaller = { kind: "agent", id: "shop/worker" };
    const asked = await rig.registry.invoke({ server: "resting", tool: "add", args: { a: 1, b: 1 }, by });
    expect(asked).toMatchObject({ ok: false, error: { code: "not_running" } });
    expect(rig.registry.servers.views(["resting"])[0]?.state).toBe("registered");
  });

  it("a disabled one runs for nobody until it is enabled", async () => {
    await rig.registry.servers.disable("deaf", "person");
    expect(rig.registry.servers.views(["deaf"])[0]?.state).toBe("disabled");
    const asked = await rig.registry.invoke({ server: "deaf", tool: "add", args: { a: 1, b: 1 }, by: person });
    expect(asked).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(rig.registry.servers.enable("deaf", "person")).toMatchObject({ ok: true, value: { state: "registered" } });
  });
});

describe("servers at an address", { timeout: PATIENCE }, () => {
  it("of the newest era are asked by server/discover, called with their header, and come back by themselves", async () => {
    const rig = await openRegistry();
    const http = await serveHttp(0);
    const transport = { type: "http" as const, url: http.url, headers: { "x-key": "${RIG_SECRET}" } };
    rig.registry.servers.add(stdioSpec("web", [], { transport, timeoutMs: 5_000 }), "person");
    const verified = await rig.registry.servers.verify("web", "person");
    expect(verified).toMatchObject({ ok: true, value: { protocol: "2026-07-28", variables: ["x-key"] } });
    const call = () => rig.registry.invoke({ server: "web", tool: "greet", args: { name: "Ada" }, by: person });
    expect(await call()).toMatchObject({ ok: true, value: { text: "Hello Ada" } });
    expect(http.keys).toContain("from-home");
    await http.close();
    expect(await call()).toMatchObject({ ok: false, error: { code: "disconnected" } });
    const again = await serveHttp(http.port);
    expect(await rig.registry.servers.verify("web", "person")).toMatchObject({ ok: true });
    expect(await call()).toMatchObject({ ok: true });
    await again.close();
    await rig.close();
  });
});

describe("the reference server", { timeout: PATIENCE }, () => {
  it("of the protocol's own project is verified, searched and called", async () => {
    const rig = await openRegistry();
    rig.registry.servers.add(stdioSpec("everything", [EVERYTHING], { tags: ["demo"] }), "person");
    expect(await rig.registry.servers.verify("everything", "person")).toMatchObject({
      ok: true,
      value: { state: "active" },
    });
    const found = rig.registry.find({ text: "sum", tags: ["demo"], limit: 5 });
    expect(found.ok && found.value[0]).toMatchObject({ kind: "tool", id: "everything get-sum" });
    const sum = await rig.registry.invoke({ server: "everything", tool: "get-sum", args: { a: 2, b: 3 }, by: person });
    expect(sum).toMatchObject({ ok: true, value: { text: expect.stringMatching(/5/) } });
    await rig.close();
  });
});

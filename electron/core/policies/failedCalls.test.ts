import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alternateLetter, discardLetter, editLetter, retryLetter } from "#core/deadLetters/index.ts";
import type { Post } from "#core/mailboxes/index.ts";
import { Registry } from "#core/registry/index.ts";
import { createJournal, createRecorder } from "#core/store/index.ts";
import type { Recorder } from "#core/store/index.ts";
import { fail } from "#shared/model/result.ts";
import type { ToolCaller } from "#shared/model/toolServer.ts";
import { openDeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterRig } from "#test/support/deadLetterRig.ts";
import { failedAnswer, said, scriptedMcp } from "#test/support/scriptedMcp.ts";
import type { ScriptedMcp } from "#test/support/scriptedMcp.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { FailedCalls } from "./failedCalls.ts";
import { otherTools } from "./otherTools.ts";

const ANY = { type: "object" };
const READS = { inputSchema: ANY, annotations: { readOnlyHint: true } };
const AGENT: ToolCaller = { kind: "agent", id: "desk/researcher" };
const PERSON: ToolCaller = { kind: "person" };

let rig: DeadLetterRig;
let mcp: ScriptedMcp;
let recorder: Recorder;
let registry: Registry;
let failed: FailedCalls;
let mails: Post[];

beforeEach(async () => {
  rig = await openDeadLetterRig();
  mails = [];
  mcp = scriptedMcp();
  mcp.tools = {
    market: [
      { name: "quotes", ...READS },
      { name: "order", inputSchema: ANY },
    ],
  };
  const { clock, store } = rig;
  recorder = createRecorder({
    journal: createJournal({ store, clock, logger: silentLogger }),
    clock,
    logger: silentLogger,
  });
  open();
  await add("market");
});
afterEach(async () => {
  failed.close();
  await registry.close();
  recorder.flush();
  await rig.close();
});

/** As a core does at its start, over what the last one left. */
function open(): void {
  const { clock, store, bus, desk } = rig;
  const newId = () => crypto.randomUUID();
  const shared = { store, recorder, clock, logger: silentLogger, host: mcp, bus, newId, random: () => 0 };
  registry = new Registry({ ...shared, others: () => [], agentIds: [] });
  desk.joinTools(otherTools(registry));
  const post = async (mail: Post) => {
    mails.push(mail);
    return fail("not_running", "Nobody is there.");
  };
  failed = new FailedCalls({ desk, registry, bus, mailboxes: () => ({ post }), clock, logger: silentLogger });
  failed.open();
}

async function add(id: string, allow = [{ agents: ["desk/*"], roles: [], tools: ["*"] }]): Promise<void> {
  const transport = { type: "http" as const, url: `http://127.0.0.1/${id}`, headers: {} };
  registry.servers.add(
    { id, transport, tags: [], enabled: true, restart: "permanent", timeoutMs: 5000, allow },
    "person",
  );
  const verified = registry.servers.verify(id, "person");
  await rig.pass(200);
  expect(await verified).toMatchObject({ ok: true });
}

async function call(
  tool: string,
  { by = AGENT, args = {}, server = "market" }: Partial<Parameters<Registry["invoke"]>[0]> = {},
) {
  const answer = registry.invoke({ server, tool, args, by, contextId: "ctx-1", correlationId: "run-7" });
  await rig.pass(200);
  return answer;
}

const letters = () => rig.desk.letters.list({}, { limit: 10 });
const deeds = (id: number) => rig.desk.letters.history(id).map(({ what, detail }) => [what, detail]);

describe("a call whose answer is kept", () => {
  it("is tried again at its server, and an answer from the cache settles nothing", async () => {
    const cache = { tools: ["quotes"], forMs: 60_000 };
    registry.servers.setFleetServers("desk", [
      {
        id: "rates",
        transport: { type: "http", url: "http://127.0.0.1/rates", headers: {} },
        tags: [],
        enabled: true,
        restart: "permanent",
        timeoutMs: 5000,
        cache,
      },
    ]);
    mcp.tools = { "desk/rates": [{ name: "quotes", ...READS }] };
    registry.servers.fleetUp("desk");
    await rig.pass(200);
    const server = "desk/rates";
    mcp.answer = () => failedAnswer("disconnected");
    await call("quotes", { server });
    mcp.answer = () => said("4.20");
    await call("quotes", { server, by: PERSON });
    const again = await call("quotes", { server });
    expect(again).toMatchObject({ ok: true, value: { cachedFrom: expect.any(String) as string } });
    await rig.pass(1);
    const [letter] = letters();
    expect(letter?.state).not.toBe("replayed");
    const before = mcp.calls.length;
    retryLetter(rig.desk, letter?.id ?? 0, "person");
    await rig.pass(1000);
    expect(mcp.calls).toHaveLength(before + 1);
    expect(letters()).toMatchObject([{ state: "replayed" }]);
  });
});

describe("a call that is lost on its way", () => {
  it("is one dead letter when its caller makes it twice at the same moment; another caller's is another one", async () => {
    mcp.answer = () => failedAnswer("disconnected");
    const same = { args: { amount: 3 } };
    await Promise.all([call("order", same), call("order", same), call("order", { ...same, by: PERSON })]);
    expect(letters().map(({ agent }) => agent)).toEqual(expect.arrayContaining(["desk/researcher", undefined]));
    expect(letters()).toHaveLength(2);
  });

  it("is a dead letter with its caller, its context and its cause, and is announced", async () => {
    mcp.answer = () => failedAnswer("disconnected");
    expect(await call("order", { args: { amount: 3 } })).toMatchObject({ ok: false });
    expect(letters()).toMatchObject([
      {
        stream: "TOOLS",
        consumer: "tool-calls",
        type: "registry.invoke",
        server: "market",
        tool: "order",
        agent: "desk/researcher",
        contextId: "ctx-1",
        correlationId: "run-7",
        error: { class: "network" },
        attempts: 1,
      },
    ]);
    const content = rig.desk.letters.content(1);
    expect(JSON.parse(content?.original ?? "")).toMatchObject({
      data: { server: "market", tool: "order", args: { amount: 3 } },
    });
    await rig.pass(200);
    expect(await rig.heard("mcp.events.dlq")).toMatchObject([
      { server: "market", tool: "order", error_class: "network" },
    ]);
  });

  it("is never made again by itself, unless the tool says that it changes nothing", async () => {
    mcp.answer = () => failedAnswer("timeout");
    await call("order");
    await rig.pass(60_000);
    expect(mcp.calls).toHaveLength(1);
    expect(letters()).toMatchObject([{ state: "needs_human", retries: 0 }]);
    expect(deeds(1).at(-1)?.[1]).toContain("does not say of itself that it changes nothing");
    expect(await rig.heard("tool.healer.recover")).toMatchObject([{ letter: 1, strategy: "no_strategy" }]);
  });

  it("is made again with more time where it only reads, in the healer's name, and its agent is told what came of it", async () => {
    mcp.answer = () => failedAnswer("timeout");
    await call("quotes", { args: { of: "ACME" } });
    mcp.answer = () => said("12.40");
    await rig.pass(6000);
    expect(letters()).toMatchObject([{ state: "replayed", retries: 1 }]);
    expect(mcp.calls.at(-1)).toMatchObject({ args: { of: "ACME" }, timeoutMs: 60_000 });
    expect(registry.calls.list({ limit: 1 })).toMatchObject([
      {
        by: { kind: "healer", id: "desk/researcher" },
        outcome: "completed",
        contextId: "ctx-1",
        correlationId: "run-7",
      },
    ]);
    expect(mails).toMatchObject([{ to: "desk/researcher", hold: false, contextId: "ctx-1" }]);
    expect(mails[0]?.text).toContain("12.40");
  });

  it("goes to another server that has the tool, if its caller may use that one", async () => {
    mcp.tools = { ...mcp.tools, closed: [{ name: "news", ...READS }], archive: [{ name: "news", ...READS }] };
    await add("closed", []);
    await add("archive");
    await call("news");
    await rig.pass(6000);
    expect(mcp.calls).toMatchObject([{ server: "archive", tool: "news" }]);
    expect(letters()).toMatchObject([{ state: "replayed" }]);
    expect(await rig.heard("tool.healer.alternative_tool")).toMatchObject([
      { instead: { server: "archive", tool: "news" } },
    ]);
  });

  it("is settled when its caller makes it again and it works", async () => {
    mcp.answer = () => failedAnswer("disconnected");
    await call("order", { args: { amount: 3 } });
    await call("order", { args: { amount: 4 } });
    mcp.answer = () => said("bought");
    await call("order", { args: { amount: 3 } });
    expect(letters().map(({ id, state }) => [id, state])).toEqual([
      [2, "needs_human"],
      [1, "replayed"],
    ]);
    expect(mcp.calls).toHaveLength(3);
  });

  it("is one letter, however often the same call of the same caller fails", async () => {
    mcp.answer = () => failedAnswer("disconnected");
    await call("order");
    await call("order");
    await call("order", { by: PERSON });
    expect(letters()).toHaveLength(2);
  });

  it("is found after a kill in the middle of it, once", async () => {
    mcp.answer = () => new Promise(() => undefined);
    void registry.invoke({ server: "market", tool: "order", by: AGENT });
    await rig.pass(200);
    failed.close();
    open();
    await rig.pass(200);
    expect(letters()).toMatchObject([{ state: "needs_human", error: { class: "network" } }]);
    discardLetter(rig.desk, 1, { actor: "person" });
    failed.close();
    open();
    await rig.pass(200);
    expect(letters()).toMatchObject([{ state: "discarded" }]);
  });
});

describe("an answer that is one", () => {
  it("makes no dead letter: the tool's own word, a slip of the caller, a refusal, a call given up", async () => {
    mcp.answer = () => ({ ok: true, value: { content: [{ type: "text", text: "no such share" }], isError: true } });
    await call("quotes");
    await call("qoutes");
    await call("qoutes", { server: "markt" });
    await call("quotes", { by: { kind: "agent", id: "other/agent" } });
    mcp.answer = ({ signal }) =>
      new Promise((resolve) => signal?.addEventListener("abort", () => resolve(failedAnswer("disconnected"))));
    const gaveUp = new AbortController();
    const given = registry.invoke({ server: "market", tool: "quotes", by: AGENT, signal: gaveUp.signal });
    await rig.pass(100);
    gaveUp.abort();
    await given;
    await rig.pass(100);
    expect(registry.calls.list({ limit: 10 })).toHaveLength(5);
    expect(letters()).toEqual([]);
  });

  it("makes one where a tool passes on that its own source is busy", async () => {
    mcp.answer = () => ({
      ok: true,
      value: { content: [{ type: "text", text: "429 too many requests" }], isError: true },
    });
    await call("quotes");
    expect(letters()).toMatchObject([
      { state: "retrying", plan: { strategy: "wait" }, error: { class: "rate_limit" } },
    ]);
  });
});

describe("a person", () => {
  beforeEach(async () => {
    mcp.answer = () => failedAnswer("disconnected");
    await call("order", { args: { password: "hunter2-hunter2", amount: 3 } });
    mcp.answer = () => said("bought");
  });
  const state = () => rig.desk.letters.get(1)?.state;
  const edited = (args: object) => ({
    payload: JSON.stringify({
      ...JSON.parse(rig.desk.letters.content(1)?.original ?? ""),
      data: { server: "market", tool: "order", args },
    }),
    retry: true,
    actor: "person",
  });

  it("sends it again only once the secret that is not kept is written anew", async () => {
    retryLetter(rig.desk, 1, "person");
    await rig.pass(200);
    expect([state(), mcp.calls.length]).toEqual(["needs_human", 1]);
    expect(editLetter(rig.desk, 1, edited({ password: "****", amount: 3 }))).toMatchObject({ ok: false });
    expect(editLetter(rig.desk, 1, edited({ password: "hunter2-hunter2", amount: 2 }))).toMatchObject({ ok: true });
    await rig.pass(200);
    expect([state(), mcp.calls.at(-1)?.args]).toEqual(["replayed", { password: "hunter2-hunter2", amount: 2 }]);
  });

  it("is told of an edit that is no order, and where", () => {
    const payload = JSON.stringify({ ...JSON.parse(edited({}).payload), data: { server: "market" } });
    expect(editLetter(rig.desk, 1, { payload, retry: true, actor: "person" })).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringContaining("tool") },
    });
  });

  it("lets another tool do it; what fails again is the same letter", async () => {
    mcp.tools = { ...mcp.tools, broker: [{ name: "buy", inputSchema: ANY }] };
    await add("broker");
    editLetter(rig.desk, 1, { ...edited({ amount: 3 }), retry: false });
    mcp.answer = () => failedAnswer("disconnected");
    alternateLetter(rig.desk, 1, { to: { server: "broker", tool: "buy" }, actor: "person" });
    await rig.pass(200);
    expect(mcp.calls.at(-1)).toMatchObject({ server: "broker", tool: "buy" });
    expect([letters().length, state()]).toEqual([1, "needs_human"]);
  });
});

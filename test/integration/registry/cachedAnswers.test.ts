/** Answers from the cache as callers, the log and the bus see them, and how often the server really heard. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLocalBus, createMemoryStorage } from "#core/bus/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { workflowHands } from "#core/policies/workflowHands.ts";
import type { HandParts } from "#core/policies/workflowHands.ts";
import { Registry } from "#core/registry/index.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { migrate } from "#core/store/migrate.ts";
import { MIGRATIONS } from "#core/store/migrations/all.ts";
import type { ToolWork } from "#core/workflows/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { hearAs } from "#shared/model/catalogue/message.ts";
import type { ToolCaller, ToolOutcome, ToolServerSpec } from "#shared/model/toolServer.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { failedAnswer, said, scriptedMcp } from "#test/support/scriptedMcp.ts";
import type { ScriptedMcp } from "#test/support/scriptedMcp.ts";
import { silentLogger } from "#test/support/silentLogger.ts";

const AGENT: ToolCaller = { kind: "agent", id: "shop/reader" };
const PERSON: ToolCaller = { kind: "person" };
const SEARCH = { name: "search", inputSchema: { type: "object" } };
const BOOK = { name: "book", inputSchema: { type: "object" } };
const SPEC: ToolServerSpec = {
  id: "web",
  transport: { type: "http", url: "http://127.0.0.1/web", headers: {} },
  tags: [],
  enabled: true,
  restart: "permanent",
  timeoutMs: 5000,
  cache: { tools: ["search", "serch"], forMs: 60_000 },
};
const MOVED: ToolServerSpec = { ...SPEC, transport: { type: "http", url: "http://127.0.0.1/other", headers: {} } };

let clock: ManualClock;
let mcp: ScriptedMcp;
let bus: MessageBus;
let store: Store;
let recorder: Recorder;
let registry: Registry;

beforeEach(async () => {
  clock = new ManualClock();
  mcp = scriptedMcp();
  mcp.tools = { "shop/web": [SEARCH, BOOK] };
  mcp.answer = ({ tool }) => said(`${tool} ${mcp.calls.length}`);
  const database = connectSqlite(":memory:");
  const older = MIGRATIONS.filter(({ version }) => version < 14);
  await migrate(database, older, silentLogger);
  database.exec(`INSERT INTO tool_calls (id, server, tool, by_kind, by_json, args, outcome, started_ms, took_ms, attempts)
    VALUES ('call-old', 'shop/web', 'search', 'person', '{"kind":"person"}', '{}', 'completed', 1000, 5, 1)`);
  const opened = await openStore({ database, clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
  const journal = createJournal({ store, clock, logger: silentLogger });
  recorder = createRecorder({ journal, clock, logger: silentLogger });
  let ids = 0;
  const newId = (): string => `call-${(ids += 1)}`;
  bus = createLocalBus({ storage: createMemoryStorage(), clock, logger: silentLogger, newId });
  await bus.ensureStream({ name: "TOOLS", subjects: ["mcp.>", "tool.>"] });
  const shared = { store, recorder, clock, logger: silentLogger, host: mcp, bus, newId, random: () => 0 };
  registry = new Registry({ ...shared, others: () => [], agentIds: [] });
  registry.servers.setFleetServers("shop", [SPEC]);
  registry.servers.fleetUp("shop");
  await clock.advance(200);
});
afterEach(async () => {
  await registry.close();
  await bus.close();
  recorder.flush();
  store.close();
});

async function call(tool: string, more: Partial<Parameters<Registry["invoke"]>[0]> = {}): Promise<ToolOutcome> {
  const answer = registry.invoke({ server: "shop/web", tool, args: { q: "chair" }, by: AGENT, ...more });
  await clock.advance(200);
  const called = await answer;
  if (!called.ok) throw new Error(called.error.message);
  return called.value;
}

const heard = () => mcp.calls.length;
const newest = () => registry.calls.list({ limit: 1 })[0];

it("answers whoever asks the same within the time, without the server hearing of it, and says from which call", async () => {
  const first = await call("search");
  expect(first).not.toHaveProperty("cachedFrom");
  const again = await call("search", { by: PERSON });
  expect(again).toMatchObject({
    text: "search 1",
    attempts: 0,
    cachedFrom: first.callId,
    cachedAt: expect.any(String) as string,
  });
  expect(heard()).toBe(1);
  const logged = registry.calls.one(again.callId);
  expect(logged).toMatchObject({
    value: {
      outcome: "completed",
      by: PERSON,
      attempts: 0,
      cachedFrom: first.callId,
      result: '{"content":[{"type":"text","text":"search 1"}],"isError":false}',
    },
  });
  const told = await bus.read({ stream: "TOOLS", filter: "tool.search.completed", limit: 10 });
  const events = told.ok ? told.value.map(({ data }) => hearAs("tool.completed", data)) : [];
  expect(events.map((event) => event.ok && event.value.data.cachedFrom)).toEqual([undefined, first.callId]);
  recorder.flush();
  expect(
    store.events.read({ subject: "ws.shop.tool_server.web.tool_completed", limit: 10 }).at(-1)?.data,
  ).toMatchObject({ cachedFrom: first.callId, attempts: 0 });
  await clock.advance(60_000);
  expect((await call("search")).text).toBe("search 2");
});

it("asks the server each time for a tool that its entry does not name, and for other arguments", async () => {
  for (const args of [{ q: "chair" }, { q: "chair" }]) await call("book", { args });
  for (const args of [{ q: "chair" }, { q: "table" }]) await call("search", { args });
  expect(heard()).toBe(4);
});

it("asks anew when that is wanted, and that answer takes the place of the one before", async () => {
  await call("search");
  expect(await call("search", { fresh: true })).toMatchObject({ text: "search 2", attempts: 1 });
  expect((await call("search")).text).toBe("search 2");
  mcp.answer = () => failedAnswer("refused");
  await expect(call("search", { fresh: true })).rejects.toThrow("search");
  await expect(call("search")).rejects.toThrow("search");
  expect(heard()).toBe(4);
});

it("asks anew for a step of a workflow that is done again or undone", async () => {
  const hands = workflowHands({ registry } as HandParts);
  const call_ = { kind: "tool", server: "shop/web", tool: "search", with: {} } as const;
  const work = { run: "r", fleet: "shop", contextId: "c", timeoutMs: 1000, call: call_, args: { q: "chair" } };
  const askFor = async (key: string, fresh: boolean) => {
    const asked = hands.callTool({ ...work, key, fresh, isUndo: fresh } as unknown as ToolWork);
    await clock.advance(200);
    return asked;
  };
  const first = { ok: true, value: { text: "search 1" } };
  expect([await askFor("r:a:a1", false), await askFor("r:b:a1", false)]).toEqual([first, first]);
  expect(await askFor("r:b:undo2", true)).toEqual({ ok: true, value: { text: "search 2" } });
});

it("gives no failure again, and nothing to whom the tool is not granted", async () => {
  mcp.answer = () => ({ ok: true, value: { content: [{ type: "text", text: "No." }], isError: true } });
  await expect(call("search")).rejects.toThrow("No.");
  mcp.answer = () => said("Yes.");
  expect((await call("search")).text).toBe("Yes.");
  await expect(call("search", { by: { kind: "agent", id: "other/reader" } })).rejects.toThrow("may not call");
  expect(heard()).toBe(2);
});

const changes: readonly (readonly [string, () => unknown])[] = [
  ["its entry is another one", () => registry.servers.setFleetServers("shop", [{ ...SPEC, timeoutMs: 6000 }])],
  ["it is restarted with another definition", () => registry.servers.setFleetServers("shop", [MOVED])],
  [
    "it is disabled",
    async () => {
      await registry.servers.disable("shop/web", "person");
      registry.servers.enable("shop/web", "person");
    },
  ],
  [
    "its entry is taken out and put in again",
    () => {
      registry.servers.setFleetServers("shop", []);
      registry.servers.setFleetServers("shop", [SPEC]);
    },
  ],
  [
    "the schema of its tool is another one",
    () => {
      mcp.tools = { "shop/web": [{ ...SEARCH, inputSchema: { type: "object", required: ["q"] } }, BOOK] };
      return registry.servers.verify("shop/web", "person");
    },
  ],
  ["a person says so", () => registry.servers.dropAnswers("shop/web", "person")],
];
it.each(changes)("drops what it kept of a server when %s", async (_when, change) => {
  await call("search");
  await change();
  await clock.advance(500);
  expect(await call("search")).toMatchObject({ text: "search 2", attempts: 1 });
});

it.each([
  ["changed", () => registry.servers.setFleetServers("shop", [MOVED])],
  ["disabled", () => void registry.servers.disable("shop/web", "person")],
])("does not keep what the life of a %s server still answers", async (_how, end) => {
  end();
  expect((await call("search")).text).toBe("search 1");
  registry.servers.enable("shop/web", "person");
  await clock.advance(500);
  expect((await call("search")).text).toBe("search 2");
});

it("keeps it over a file that says the same, a look at the same tools, and a restart of the same server", async () => {
  await call("search");
  registry.servers.setFleetServers("shop", [structuredClone(SPEC)]);
  await registry.servers.verify("shop/web", "person");
  registry.servers.fleetDown("shop");
  await clock.advance(200);
  const refused = await registry.invoke({ server: "shop/web", tool: "search", args: { q: "chair" }, by: AGENT });
  expect(refused).toMatchObject({ ok: false, error: { code: "not_running" } });
  registry.servers.fleetUp("shop");
  await clock.advance(200);
  expect((await call("search")).text).toBe("search 1");
});

it("holds nothing of a server that is gone", async () => {
  await call("search");
  registry.servers.setFleetServers("shop", []);
  await clock.advance(200);
  expect(registry.servers.answers.count("shop/web")).toBe(0);
});

it("says of its server what is kept and which name is no tool of it", async () => {
  await call("search");
  expect(registry.servers.views()[0]?.cache).toEqual({
    tools: ["search", "serch"],
    forMs: 60_000,
    answers: 1,
    doubts: ["The cache names serch, which is no tool of this server. Did you mean search?"],
  });
  expect(registry.servers.dropAnswers("web", "person")).toEqual({ ok: true, value: { key: "shop/web", dropped: 1 } });
  expect(registry.servers.views()[0]?.cache?.answers).toBe(0);
});

it("reads calls that an older schema logged", async () => {
  expect(newest()).toMatchObject({ id: "call-old", outcome: "completed", attempts: 1 });
  expect(newest()).not.toHaveProperty("cachedFrom");
});

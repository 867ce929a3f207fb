/** The real Claude Code in a fleet, through the whole app: states, an answer from the inbox, resume, a core killed while it asks. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { NodeState } from "#shared/model/states.ts";
import { installCli } from "#test/support/agentClis.ts";
import { eventually } from "#test/support/deadline.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import type { FakeModelServer } from "#test/support/fakeModelServer.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";
const PATIENCE_MS = 60_000;

/** A home and a model of their own, seen by every app this test starts. */
async function prepare(): Promise<{ model: FakeModelServer; cwd: string; config: string }> {
  const model = await startFakeModelServer();
  const cwd = join(live.dir, "work");
  const config = join(live.dir, "claude");
  await mkdir(cwd);
  await mkdir(config);
  const seed = {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [cwd]: { hasTrustDialogAccepted: true } },
  };
  await writeFile(join(config, ".claude.json"), JSON.stringify(seed));
  const env = {
    PATH: [cli?.binDir ?? "", process.env["PATH"] ?? ""].join(delimiter),
    HOME: live.dir,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CONFIG_DIR: config,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  const before = { ...process.env };
  Object.assign(process.env, env);
  live.defer(async () => {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
    await model.close();
  });
  return { model, cwd, config };
}

async function upClaude(app: LiveApp, prompt: string): Promise<void> {
  const child = `{ id: coder, agent: claude, cwd: ./work, prompt: ${JSON.stringify(prompt)}, restart: permanent, shutdown: 2s, backoff: { initial: 10ms } }`;
  await live.up(app, { name: "code", children: [child] });
}

/** Every state the agent shows from now on, each once in a row. */
async function statesOf(app: LiveApp): Promise<readonly NodeState[]> {
  const client = await live.client(app);
  const states: NodeState[] = [];
  client.open(
    "tree",
    {},
    {
      onItem: (item) => {
        const nodes = item.type === "nodes" ? item.nodes : item.type === "fleet" ? item.fleet.root.children : [];
        for (const node of nodes) if (node.id === "coder" && states.at(-1) !== node.state) states.push(node.state);
      },
      onEnd: () => {},
    },
  );
  return states;
}

/** The inbox as a window sees it: the newest word on every item. */
async function inboxOf(app: LiveApp): Promise<ReadonlyMap<string, InboxItem>> {
  const client = await live.client(app);
  const items = new Map<string, InboxItem>();
  client.open(
    "inbox",
    {},
    {
      onItem: (item) => {
        for (const one of item.type === "snapshot" ? item.items : [item.item]) items.set(one.id, one);
      },
      onEnd: () => {},
    },
  );
  return items;
}

function openItem(items: ReadonlyMap<string, InboxItem>): Promise<InboxItem> {
  return eventually("an open item", () => [...items.values()].find((item) => item.status === "open"), PATIENCE_MS);
}

async function until(app: LiveApp, state: NodeState): Promise<void> {
  await eventually(`coder is ${state}`, async () => (await app.node("coder")).state === state, PATIENCE_MS);
}

async function transcripts(config: string): Promise<readonly string[]> {
  const all = await readdir(join(config, "projects"), { recursive: true }).catch(() => []);
  return all.filter((file) => file.endsWith(".jsonl")).map((file) => join(config, "projects", file));
}

const touch = (file: string): string =>
  `[[tool Bash ${JSON.stringify({ command: `touch ${file}`, description: "make a file" })}]] [[text all-done]]`;

describe.skipIf(cli === undefined)("Claude Code in a fleet", () => {
  it("shows what it does, asks in the inbox, and goes on as answered", async () => {
    const { cwd } = await prepare();
    const app = await live.serve();
    const states = await statesOf(app);
    const items = await inboxOf(app);
    await upClaude(app, touch("made-here"));
    const item = await openItem(items);
    expect(item).toMatchObject({ kind: "permission", path: "code/coder", body: "touch made-here" });
    await until(app, "waiting_permission");
    const client = await live.client(app);
    expect(await client.command("inbox.answer", { id: item.id, option: "allow" })).toMatchObject({ ok: true });
    await until(app, "idle");
    expect(existsSync(join(cwd, "made-here"))).toBe(true);
    await eventually("both streams tell it", () => states.at(-1) === "idle" && items.get(item.id)?.status !== "open");
    expect(states.filter((state, index) => states.indexOf(state) === index)).toEqual([
      "starting",
      "busy",
      "waiting_permission",
      "idle",
    ]);
    expect(items.get(item.id)).toMatchObject({ status: "answered" });
    expect(await client.command("inbox.answer", { id: item.id, option: "allow" })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
  });

  it("killed with -9 it resumes its conversation; restart --fresh begins another", async () => {
    const { model, config } = await prepare();
    const app = await live.serve();
    await upClaude(app, "remember the word heliotrope [[text noted]]");
    await until(app, "idle");
    const first = await app.node("coder");
    expect(first).toMatchObject({ mode: "fresh", cliSessionId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    // Claude Code writes its transcript behind its words, and one without an answer cannot be resumed.
    await eventually("the transcript", async () => {
      const [path] = await transcripts(config);
      return path !== undefined && (await readFile(path, "utf8")).includes('"type":"assistant"');
    });
    killHard(await pidOf(app, "coder"));
    await app.waitFor("coder", (node) => node.generation === 2 && node.pid !== undefined);
    await until(app, "idle");
    expect(await app.node("coder")).toMatchObject({ mode: "resumed", cliSessionId: first.cliSessionId, restarts: 1 });
    expect(await app.cli("send", "coder", "go on [[text going-on]]")).toMatchObject({ code: 0 });
    await eventually(
      "the model hears",
      () =>
        model.requests.at(-1)?.conversation.includes("heliotrope") === true &&
        model.requests.at(-1)?.prompt.includes("going-on") === true,
      PATIENCE_MS,
    );
    await until(app, "idle");
    expect(await app.cli("restart", "coder", "--fresh")).toMatchObject({ code: 0 });
    await until(app, "idle");
    const third = await app.node("coder");
    expect(third).toMatchObject({ mode: "fresh", generation: 3, restarts: 1 });
    expect(third.cliSessionId).not.toBe(first.cliSessionId);
  });

  it("that is not signed in says so and what to do, in the tree and in doctor", async () => {
    await prepare();
    Reflect.deleteProperty(process.env, "ANTHROPIC_API_KEY");
    const app = await live.serve();
    await upClaude(app, "hello [[text hi]]");
    await until(app, "needs_login");
    expect((await app.node("coder")).detail).toContain("/login");
    expect((await app.cli("doctor")).stdout).toMatch(/Claude Code: .*not signed in.*\/login/);
    expect((await app.node("code")).restartsInWindow).toBe(0);
  });

  it("whose session is gone starts fresh with the briefing, and the tree says so", async () => {
    const { model, config } = await prepare();
    const app = await live.serve();
    await upClaude(app, "the briefing [[text briefed]]");
    await until(app, "idle");
    const first = await app.node("coder");
    await eventually("the transcript", async () => (await transcripts(config)).length === 1);
    for (const file of await transcripts(config)) await rm(file);
    const told = model.requests.length;
    killHard(await pidOf(app, "coder"));
    await eventually("a third life", async () => (await app.node("coder")).generation === 3, PATIENCE_MS);
    await until(app, "idle");
    const now = await app.node("coder");
    expect(now).toMatchObject({ mode: "fresh" });
    expect(now.cliSessionId).not.toBe(first.cliSessionId);
    expect(now.exitDetail).toMatch(/gone/);
    expect(model.requests.slice(told).some((request) => request.prompt.includes("the briefing"))).toBe(true);
  });

  it("is adopted by the next core while it asks, still waits, and is answered there", async () => {
    const { cwd } = await prepare();
    const app = await live.serve();
    const before = await inboxOf(app);
    await upClaude(app, touch("after-the-crash"));
    const asked = await openItem(before);
    const client = await live.client(app);
    const { sessionId = "" } = await app.node("coder");
    let printed = "";
    client.open(
      "recording",
      { sessionId, follow: true },
      { onItem: (_item, bytes) => (printed += Buffer.from(bytes ?? []).toString("latin1")), onEnd: () => {} },
    );
    await eventually("its dialog", () => printed.includes("proceed?"), PATIENCE_MS);
    expect((await app.cli("logs", "coder")).stdout).toContain("Do you want to proceed?");
    const pid = await pidOf(app, "coder");
    await app.kill("SIGKILL");
    const next = await live.serve();
    expect(await next.node("coder")).toMatchObject({ pid, generation: 1, restarts: 0 });
    await until(next, "waiting_permission");
    const items = await inboxOf(next);
    const item = await openItem(items);
    expect(item).toMatchObject({ kind: "permission", path: "code/coder" });
    const nextClient = await live.client(next);
    expect(await nextClient.command("inbox.answer", { id: item.id, option: "allow" })).toMatchObject({ ok: true });
    await eventually("the file", () => existsSync(join(cwd, "after-the-crash")), PATIENCE_MS);
    await until(next, "idle");
    await eventually("nothing is left open", () => [...items.values()].every(({ status }) => status !== "open"));
    expect(items.get(asked.id)?.status ?? "withdrawn").not.toBe("open");
  });
});

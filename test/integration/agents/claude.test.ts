/** The real Claude Code CLI against the fake model server: states, permissions, questions, resume, print mode. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createAdapters } from "#core/agents/index.ts";
import type { AgentAdapter, AgentFact, LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { HookIngest } from "#core/ports/hookIngest.ts";
import { openHookIngest } from "#platform/hookIngest.ts";
import { createMachine } from "#platform/machine.ts";
import { createAgentHome, startAgent, type AgentHome, type AgentRun } from "#test/support/agentTerminal.ts";
import { installCli } from "#test/support/agentClis.ts";
import { startFakeModelServer, type FakeModelServer } from "#test/support/fakeModelServer.ts";

const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";

const activities = (facts: readonly AgentFact[]): string[] =>
  facts.flatMap((fact) => (fact.type === "activity" ? [fact.activity] : []));
const bash = (command: string): string =>
  `[[tool Bash ${JSON.stringify({ command, description: "touch a file" })}]] [[text all-done]]`;

describe.skipIf(cli === undefined)("Claude Code", () => {
  let model: FakeModelServer;
  let ingest: HookIngest;
  let home: AgentHome;
  let adapter: AgentAdapter;
  const runs: AgentRun[] = [];

  beforeAll(async () => {
    model = await startFakeModelServer();
    home = await createAgentHome();
    const opened = await openHookIngest();
    if (!opened.ok) throw new Error(opened.error.message);
    ingest = opened.value;
    const config = join(home.home, "claude");
    await mkdir(config, { recursive: true });
    await writeFile(
      join(config, ".claude.json"),
      JSON.stringify({
        hasCompletedOnboarding: true,
        customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
        projects: { [home.cwd]: { hasTrustDialogAccepted: true } },
      }),
    );
    const env = {
      PATH: [cli?.binDir ?? "", process.env["PATH"] ?? ""].join(delimiter),
      HOME: home.home,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: KEY,
      CLAUDE_CONFIG_DIR: config,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "1",
      DISABLE_AUTOUPDATER: "1",
    };
    const machine = createMachine({ environment: () => Promise.resolve(env), homeDir: home.home });
    const found = createAdapters({ machine }).find((candidate) => candidate.id === "claude");
    if (found === undefined) throw new Error("no claude adapter");
    adapter = found;
  });

  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.dispose();
      await run.exited;
    }
  });

  afterAll(async () => {
    await ingest.close();
    await model.close();
    await home.remove();
  });

  async function start(request: Partial<LaunchRequest>): Promise<AgentRun> {
    const run = await startAgent({
      adapter,
      ingest,
      request: { cwd: home.cwd, args: [], env: {}, mode: { type: "fresh" }, filesDir: home.filesDir, ...request },
    });
    runs.push(run);
    return run;
  }

  it("is found with its version and its sign-in state", async () => {
    expect(await adapter.detect()).toEqual({
      id: "claude",
      name: "Claude Code",
      installed: true,
      version: "2.1.329",
      path: join(cli?.binDir ?? "", "claude"),
      signIn: "signed_in",
    });
  });

  it("goes from starting over busy to idle, and tells its session id", async () => {
    const run = await start({ prompt: "--hello [[text first-answer]]" });
    await run.untilActivity("idle");
    expect(activities(run.facts)).toEqual(["busy", "idle"]);
    expect(model.requests.some((request) => request.prompt.includes("--hello"))).toBe(true);
    await run.send("and again [[text second-answer]]");
    await run.until("the second answer", () => run.screen().includes("second-answer"));
    await run.untilActivity("idle", 2);
    expect(activities(run.facts)).toEqual(["busy", "idle", "busy", "idle"]);
    expect(run.plan.cliSessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("runs a tool after a person allowed it in the inbox", async () => {
    const run = await start({ prompt: bash("touch allowed-here") });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({
      kind: "permission",
      title: "Run a command",
      body: "touch allowed-here",
      reason: "touch a file",
      irreversible: false,
      via: "hook",
    });
    await run.until("Claude's own dialog", () => run.screen().includes("Do you want to proceed?"));
    expect(activities(run.facts).at(-1)).toBe("waiting_permission");
    expect(await run.observer.answer(ask.id, { option: "allow" })).toEqual({ ok: true, value: undefined });
    await run.untilActivity("idle");
    expect(existsSync(join(home.cwd, "allowed-here"))).toBe(true);
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "answered", answer: "Allow once" });
    expect(await run.observer.answer(ask.id, { option: "allow" })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
  });

  it("does not ask again for what was allowed for the session", async () => {
    const twice = `[[tool Bash {"command":"touch twice-a"}]] [[tool Bash {"command":"touch twice-a"}]] [[text all-done]]`;
    const run = await start({ prompt: twice });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "allow_session" });
    await run.untilActivity("idle");
    expect(run.facts.filter((fact) => fact.type === "asked")).toHaveLength(1);
  });

  it("does not run a tool that was denied, and hears why", async () => {
    const run = await start({ prompt: bash("touch never-here") });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "deny_say", text: "use the other folder" });
    await run.untilActivity("idle");
    expect(existsSync(join(home.cwd, "never-here"))).toBe(false);
    expect(run.screen()).toContain("use the other folder");
  });

  it("withdraws the item when it was answered in the terminal", async () => {
    const run = await start({ prompt: bash("touch typed-here") });
    const ask = await run.untilAsked();
    await run.until("Claude's own dialog", () => run.screen().includes("Do you want to proceed?"));
    run.type("1");
    await run.until("the withdrawal", () => run.facts.some((fact) => fact.type === "ask_ended"));
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "withdrawn" });
    await run.until("the file", () => existsSync(join(home.cwd, "typed-here")));
  });

  it("has its questions answered from the inbox, one after the other", async () => {
    const question = (text: string, labels: string[]): object => ({
      question: text,
      header: "Choice",
      multiSelect: false,
      options: labels.map((label) => ({ label, description: `${label} it is` })),
    });
    const input = {
      questions: [question("Which colour?", ["Red", "Blue"]), question("Which size?", ["Small", "Large"])],
    };
    const run = await start({ prompt: `[[tool AskUserQuestion ${JSON.stringify(input)}]] [[text all-done]]` });
    const first = await run.untilAsked();
    expect(first).toMatchObject({
      kind: "question",
      body: "Which colour?",
      options: [{ id: "1", label: "Red" }, { id: "2", label: "Blue" }, { id: "text" }],
    });
    const between = run.facts.length;
    await run.observer.answer(first.id, { option: "2" });
    const second = await run.untilAsked(between);
    await run.observer.answer(second.id, { option: "text", text: "Medium" });
    await run.untilActivity("idle", between);
    expect(run.screen()).toContain("Which colour? → Blue");
    expect(run.screen()).toContain("Which size? → Medium");
    expect(activities(run.facts)).toContain("waiting_answer");
  });

  it("keeps its conversation over kill -9 and --resume", async () => {
    const before = await start({ prompt: "remember the word heliotrope [[text noted]]" });
    await before.untilActivity("idle");
    const cliSessionId = before.plan.cliSessionId ?? "";
    // Claude writes its transcript about 100 ms after the turn; killed before that there is nothing to resume.
    await expect.poll(() => adapter.pastSessions(20)).toContainEqual(expect.objectContaining({ cliSessionId }));
    before.kill("SIGKILL");
    const evidence = await before.exited;
    expect(adapter.classifyExit(evidence)).toEqual({
      cause: "crashed",
      detail: "Killed by SIGKILL",
      resumeRefused: false,
    });
    const after = await start({ mode: { type: "resume", cliSessionId }, prompt: "go on [[text resumed]]" });
    await after.until("the answer", () => after.screen().includes("resumed"));
    await after.untilActivity("idle");
    expect(model.requests.at(-1)?.conversation).toContain("heliotrope");
    const past = await adapter.pastSessions(20);
    expect(past).toContainEqual(
      expect.objectContaining({
        agent: "claude",
        cliSessionId,
        cwd: home.cwd,
        title: expect.stringContaining("heliotrope"),
      }),
    );
  });

  it("dies of a stale session id with evidence for a fresh start", async () => {
    const run = await start({ mode: { type: "resume", cliSessionId: "00000000-0000-4000-8000-000000000000" } });
    const evidence = await run.exited;
    expect(adapter.classifyExit(evidence)).toEqual({
      cause: "crashed",
      detail: "Exit 1: the session to resume is gone",
      resumeRefused: true,
    });
  });

  it("shows a limit and a missing sign-in as what they are", async () => {
    const limited = await start({ prompt: "x [[error 429]]" });
    await limited.untilActivity("rate_limited");
    expect(limited.facts.find((fact) => fact.type === "rate_limited")).toMatchObject({
      detail: expect.stringContaining("429"),
    });
    const refused = await start({ prompt: "x [[error 401]]" });
    await refused.untilActivity("needs_login");
    expect(refused.facts.find((fact) => fact.type === "needs_login")).toMatchObject({
      detail: expect.stringContaining("/login"),
    });
  });

  it("asks in the inbox whether a new folder is trusted", async () => {
    const cwd = join(home.home, "untrusted");
    await mkdir(cwd, { recursive: true });
    const run = await start({ cwd, prompt: "hello [[text trusted-now]]" });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ kind: "permission", title: "Trust this folder", body: cwd, via: "keys" });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.until("the answer", () => run.screen().includes("trusted-now"));
  });

  it("works in print mode, where a permission waits for the inbox as well", async () => {
    const run = await start({ args: ["-p"], prompt: bash("touch printed-here") });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "allow" });
    const evidence = await run.exited;
    expect(adapter.classifyExit(evidence)).toMatchObject({ cause: "done", detail: "Exit 0" });
    expect(evidence.screenText).toContain("all-done");
    expect(existsSync(join(home.cwd, "printed-here"))).toBe(true);
  });

  it("survives being frozen and goes on", async () => {
    const run = await start({ prompt: "slow [[delay 40]] [[text one two three four five six seven eight nine ten]]" });
    await run.untilActivity("busy");
    run.kill("SIGSTOP");
    run.kill("SIGCONT");
    await run.untilActivity("idle");
    expect(run.screen()).toContain("nine ten");
  });
});

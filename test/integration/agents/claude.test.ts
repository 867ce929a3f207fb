/** The real Claude Code CLI against the fake model server: states, permissions, questions, resume, print mode. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli, PINNED_CLIS } from "#test/support/agentClis.ts";
import { activities, agentSuite } from "#test/support/agentSuite.ts";

const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";

const bash = (command: string): string =>
  `[[tool Bash ${JSON.stringify({ command, description: "touch a file" })}]] [[text all-done]]`;

describe.skipIf(cli === undefined)("Claude Code", () => {
  const suite = agentSuite({
    agent: "claude",
    binDir: cli?.binDir ?? "",
    async prepare({ home, modelUrl }) {
      const config = join(home.home, "claude");
      await mkdir(config, { recursive: true });
      // Without these the first start checks the vendor's servers and asks before it uses a key or a folder.
      const state = {
        hasCompletedOnboarding: true,
        customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
        projects: { [home.cwd]: { hasTrustDialogAccepted: true } },
      };
      await writeFile(join(config, ".claude.json"), JSON.stringify(state));
      return {
        ANTHROPIC_BASE_URL: modelUrl,
        ANTHROPIC_API_KEY: KEY,
        CLAUDE_CONFIG_DIR: config,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        CLAUDE_CODE_MAX_RETRIES: "1",
        DISABLE_AUTOUPDATER: "1",
      };
    },
  });

  it("is found with its version and its sign-in state", async () => {
    expect(await suite.adapter.detect()).toEqual({
      id: "claude",
      name: "Claude Code",
      installed: true,
      version: PINNED_CLIS.claude.version,
      path: join(cli?.binDir ?? "", "claude"),
      signIn: "signed_in",
    });
  });

  it("goes from starting over busy to idle, and tells its session id", async () => {
    const run = await suite.start({ prompt: "--hello [[text first-answer]]" });
    await run.untilActivity("idle");
    expect(activities(run.facts)).toEqual(["busy", "idle"]);
    expect(suite.model.requests.some((request) => request.prompt.includes("--hello"))).toBe(true);
    await run.send("and again [[text second-answer]]");
    await run.until("the second answer", () => run.screen().includes("second-answer"));
    await run.untilActivity("idle", 2);
    expect(activities(run.facts)).toEqual(["busy", "idle", "busy", "idle"]);
    expect(run.plan.cliSessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("runs a tool after a person allowed it in the inbox", async () => {
    const run = await suite.start({ prompt: bash("touch allowed-here") });
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
    expect(existsSync(join(suite.home.cwd, "allowed-here"))).toBe(true);
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "answered", answer: "Allow once" });
    expect(await run.observer.answer(ask.id, { option: "allow" })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
  });

  it("does not ask again for what was allowed for the session", async () => {
    const twice = `[[tool Bash {"command":"touch twice-a"}]] [[tool Bash {"command":"touch twice-a"}]] [[text all-done]]`;
    const run = await suite.start({ prompt: twice });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "allow_session" });
    await run.untilActivity("idle");
    expect(run.facts.filter((fact) => fact.type === "asked")).toHaveLength(1);
  });

  it("does not run a tool that was denied, and hears why", async () => {
    const run = await suite.start({ prompt: bash("touch never-here") });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "deny_say", text: "use the other folder" });
    await run.untilActivity("idle");
    expect(existsSync(join(suite.home.cwd, "never-here"))).toBe(false);
    expect(run.screen()).toContain("use the other folder");
  });

  it("withdraws the item when it was answered in the terminal", async () => {
    const run = await suite.start({ prompt: bash("touch typed-here") });
    const ask = await run.untilAsked();
    await run.until("Claude's own dialog", () => run.screen().includes("Do you want to proceed?"));
    run.type("1");
    await run.until("the withdrawal", () => run.facts.some((fact) => fact.type === "ask_ended"));
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "withdrawn" });
    await run.until("the file", () => existsSync(join(suite.home.cwd, "typed-here")));
  });

  it("answers by keys after the app came back while the dialog was open", async () => {
    const run = await suite.start({ prompt: bash("touch adopted-here") });
    await run.untilAsked();
    const before = run.facts.length;
    run.adopt();
    const ask = await run.untilAsked(before);
    expect(ask).toMatchObject({ kind: "permission", via: "keys" });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.until("the file", () => existsSync(join(suite.home.cwd, "adopted-here")));
    await run.untilActivity("idle", before);
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
    const run = await suite.start({ prompt: `[[tool AskUserQuestion ${JSON.stringify(input)}]] [[text all-done]]` });
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
    const before = await suite.start({ prompt: "remember the word heliotrope [[text noted]]" });
    await before.untilActivity("idle");
    const cliSessionId = before.plan.cliSessionId ?? "";
    // Claude writes its transcript about 100 ms after the turn; killed before that there is nothing to resume.
    await expect.poll(() => suite.adapter.pastSessions(20)).toContainEqual(expect.objectContaining({ cliSessionId }));
    before.kill("SIGKILL");
    const evidence = await before.exited;
    expect(suite.adapter.classifyExit(evidence)).toEqual({
      cause: "crashed",
      detail: "Killed by SIGKILL",
      resumeRefused: false,
    });
    const after = await suite.start({ mode: { type: "resume", cliSessionId }, prompt: "go on [[text resumed]]" });
    await after.until("the answer", () => after.screen().includes("resumed"));
    await after.untilActivity("idle");
    expect(suite.model.requests.at(-1)?.conversation).toContain("heliotrope");
    const past = await suite.adapter.pastSessions(20);
    expect(past).toContainEqual(
      expect.objectContaining({
        agent: "claude",
        cliSessionId,
        cwd: suite.home.cwd,
        title: expect.stringContaining("heliotrope"),
      }),
    );
  });

  it("dies of a stale session id with evidence for a fresh start", async () => {
    const run = await suite.start({ mode: { type: "resume", cliSessionId: "00000000-0000-4000-8000-000000000000" } });
    const evidence = await run.exited;
    expect(suite.adapter.classifyExit(evidence)).toEqual({
      cause: "crashed",
      detail: "Exit 1: the session to resume is gone",
      resumeRefused: true,
    });
  });

  it("shows a limit and a missing sign-in as what they are", async () => {
    const limited = await suite.start({ prompt: "x [[error 429]]" });
    await limited.untilActivity("rate_limited");
    expect(limited.facts.find((fact) => fact.type === "rate_limited")).toMatchObject({
      detail: expect.stringContaining("429"),
    });
    const refused = await suite.start({ prompt: "x [[error 401]]" });
    await refused.untilActivity("needs_login");
    expect(refused.facts.find((fact) => fact.type === "needs_login")).toMatchObject({
      detail: expect.stringContaining("/login"),
    });
  });

  it("asks in the inbox whether a new folder is trusted", async () => {
    const cwd = join(suite.home.home, "untrusted");
    await mkdir(cwd, { recursive: true });
    const run = await suite.start({ cwd, prompt: "hello [[text trusted-now]]" });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ kind: "permission", title: "Trust this folder", body: cwd, via: "keys" });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.until("the answer", () => run.screen().includes("trusted-now"));
  });

  it("works in print mode, where a permission waits for the inbox as well", async () => {
    const run = await suite.start({ args: ["-p"], prompt: bash("touch printed-here") });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "allow" });
    const evidence = await run.exited;
    expect(suite.adapter.classifyExit(evidence)).toMatchObject({ cause: "done", detail: "Exit 0" });
    expect(evidence.screenText).toContain("all-done");
    expect(existsSync(join(suite.home.cwd, "printed-here"))).toBe(true);
  });

  it("survives being frozen and goes on", async () => {
    const run = await suite.start({
      prompt: "slow [[delay 40]] [[text one two three four five six seven eight nine ten]]",
    });
    await run.untilActivity("busy");
    run.kill("SIGSTOP");
    run.kill("SIGCONT");
    await run.untilActivity("idle");
    expect(run.screen()).toContain("nine ten");
  });
});

/** The real Codex CLI against the fake model server. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli, PINNED_CLIS } from "#test/support/agentClis.ts";
import { activities, agentSuite, cliSessionOf } from "#test/support/agentSuite.ts";
import type { AgentRun } from "#test/support/agentTerminal.ts";

const cli = await installCli("codex");

describe.skipIf(cli === undefined)("Codex", () => {
  const suite = agentSuite({
    agent: "codex",
    binDir: cli?.binDir ?? "",
    async prepare({ home }) {
      const codexHome = join(home.home, "codex");
      await mkdir(codexHome, { recursive: true });
      return { CODEX_HOME: codexHome, FAKE_KEY: "x" };
    },
  });

  function settings(): string[] {
    const provider = `model_providers.fake={name="Fake",base_url="${suite.model.url}/v1",env_key="FAKE_KEY",wire_api="responses"}`;
    const trust = `projects."${suite.home.cwd}".trust_level="trusted"`;
    const config = [
      'model="gpt-fake"',
      'model_provider="fake"',
      provider,
      trust,
      "check_for_update_on_startup=false",
      "analytics.enabled=false",
    ];
    return ["-a", "on-request", ...config.flatMap((setting) => ["-c", setting])];
  }

  const escalated = (cmd: string): string =>
    `[[tool exec_command ${JSON.stringify({ cmd, sandbox_permissions: "require_escalated", justification: "it is needed" })}]] [[text all-done]]`;

  it("is found with its version and without a sign-in", async () => {
    expect(await suite.adapter.detect()).toMatchObject({
      id: "codex",
      installed: true,
      version: PINNED_CLIS.codex.version,
      signIn: "signed_out",
    });
  });

  it("goes from starting over busy to idle, and leaves no background server", async () => {
    const run = await suite.start({ args: settings(), prompt: "hello [[text first-answer]]" });
    await run.untilActivity("idle");
    expect(activities(run.facts)).toEqual(["busy", "idle"]);
    expect(run.plan.args).toContain("--no-daemon");
    const before = run.facts.length;
    await run.send("again [[text second-answer]]");
    await run.until("the second answer", () => run.screen().includes("second-answer"));
    await run.untilActivity("idle", before);
  });

  it("runs a command after a person allowed it in the inbox", async () => {
    const run = await suite.start({ args: settings(), prompt: escalated("touch allowed-here") });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({
      kind: "permission",
      title: "Run a command",
      body: "touch allowed-here",
      reason: "it is needed",
      via: "keys",
    });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.untilActivity("idle");
    expect(existsSync(join(suite.home.cwd, "allowed-here"))).toBe(true);
    expect(activities(run.facts)).toEqual(["busy", "waiting_permission", "busy", "idle"]);
  });

  it("hears what to do instead of a denied command", async () => {
    const run = await suite.start({ args: settings(), prompt: escalated("touch never-here") });
    const ask = await run.untilAsked();
    await run.observer.answer(ask.id, { option: "deny_say", text: "use the other folder [[text understood]]" });
    await run.until("the answer", () => run.screen().includes("• understood"));
    expect(existsSync(join(suite.home.cwd, "never-here"))).toBe(false);
  });

  it("withdraws the item when it was answered in the terminal", async () => {
    const run = await suite.start({ args: settings(), prompt: escalated("touch typed-here") });
    const ask = await run.untilAsked();
    run.type("y");
    await run.until("the withdrawal", () => run.facts.some((fact) => fact.type === "ask_ended"));
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "withdrawn" });
  });

  it("keeps its conversation over kill -9 and resume", async () => {
    const before = await suite.start({ args: settings(), prompt: "remember the word heliotrope [[text noted]]" });
    await before.untilActivity("idle");
    await before.until("the session id", () => cliSessionOf(before) !== undefined);
    before.kill("SIGKILL");
    await before.exited;
    const cliSessionId = cliSessionOf(before) ?? "";
    const after = await suite.start({
      args: settings(),
      mode: { type: "resume", cliSessionId },
      prompt: "go on [[text resumed]]",
    });
    await after.until("the answer", () => after.screen().includes("• resumed"));
    expect(suite.model.requests.findLast((request) => request.prompt.startsWith("go on"))?.conversation).toContain(
      "heliotrope",
    );
    expect(await suite.adapter.pastSessions(20)).toContainEqual(
      expect.objectContaining({ cliSessionId, cwd: suite.home.cwd, title: expect.stringContaining("heliotrope") }),
    );
  });

  it("is told apart from another one that begins in the same folder while it waits for its first prompt", async () => {
    const waiting = await suite.start({ args: settings() });
    await waiting.untilActivity("idle");
    const working = await suite.start({ args: settings(), prompt: "remember the word cerulean [[text noted]]" });
    await working.until("its session id", () => cliSessionOf(working) !== undefined);
    await working.untilActivity("idle");
    await waiting.send("remember the word vermilion [[text noted]]");
    await waiting.until("its session id", () => cliSessionOf(waiting) !== undefined);
    await waiting.until("its answer", () => waiting.screen().includes("• noted"));
    const past = await suite.adapter.pastSessions(20);
    const titleOf = (run: AgentRun) => past.find((one) => one.cliSessionId === cliSessionOf(run))?.title;
    expect([titleOf(working), titleOf(waiting)]).toEqual([
      expect.stringContaining("cerulean"),
      expect.stringContaining("vermilion"),
    ]);
  });

  it("dies of a stale session id with evidence for a fresh start", async () => {
    const run = await suite.start({
      args: settings(),
      mode: { type: "resume", cliSessionId: "00000000-0000-4000-8000-000000000000" },
    });
    expect(suite.adapter.classifyExit(await run.exited)).toMatchObject({ cause: "crashed", resumeRefused: true });
  });

  it("shows a limit as a limit", async () => {
    const run = await suite.start({ args: settings(), prompt: "x [[error 429]]" });
    await run.untilActivity("rate_limited");
  });
});

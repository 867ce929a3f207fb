/** The real Gemini CLI against the fake model server. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli, PINNED_CLIS } from "#test/support/agentClis.ts";
import { activities, agentSuite } from "#test/support/agentSuite.ts";

const cli = await installCli("gemini");

describe.skipIf(cli === undefined)("Gemini CLI", () => {
  const suite = agentSuite({
    agent: "gemini",
    binDir: cli?.binDir ?? "",
    async prepare({ home, modelUrl }) {
      const folder = join(home.home, ".gemini");
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, "settings.json"),
        JSON.stringify({
          security: { auth: { selectedType: "gemini-api-key" } },
          general: { enableAutoUpdate: false },
        }),
      );
      return { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: modelUrl };
    },
  });
  const model = "gemini-2.5-flash";
  const trusted = { GEMINI_CLI_TRUST_WORKSPACE: "true" };
  const shell = (command: string): string =>
    `[[tool run_shell_command ${JSON.stringify({ command, description: "touch" })}]] [[text all-done]]`;

  it("is found with its version and its sign-in state", async () => {
    expect(await suite.adapter.detect()).toMatchObject({
      id: "gemini",
      installed: true,
      version: PINNED_CLIS.gemini.version,
      signIn: "signed_in",
    });
  });

  it("runs a command after a person allowed it in the inbox, and takes typed prompts", async () => {
    const run = await suite.start({ env: trusted, model, prompt: shell("touch allowed-here") });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ kind: "permission", title: "Run a command", body: "touch allowed-here", via: "keys" });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.untilActivity("idle");
    expect(existsSync(join(suite.home.cwd, "allowed-here"))).toBe(true);
    expect(activities(run.facts).at(0)).toBe("busy");
    expect(activities(run.facts)).toContain("waiting_permission");
    await run.send("and again [[text second-answer]]");
    await run.until("the second answer", () => run.screen().includes("✦ second-answer"));
  });

  it("withdraws the item when it was answered in the terminal", async () => {
    const run = await suite.start({ env: trusted, model, prompt: shell("touch typed-here") });
    const ask = await run.untilAsked();
    run.type("1");
    await run.until("the withdrawal", () => run.facts.some((fact) => fact.type === "ask_ended"));
    expect(run.facts).toContainEqual({ type: "ask_ended", askId: ask.id, how: "withdrawn" });
  });

  it("keeps its conversation over kill -9 and --resume, and takes a prompt once it says that it waits for one", async () => {
    const before = await suite.start({ env: trusted, model, prompt: "remember the word heliotrope [[text noted]]" });
    await before.untilActivity("idle");
    const cliSessionId = before.plan.cliSessionId ?? "";
    await expect
      .poll(() => suite.adapter.pastSessions(20), { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ cliSessionId, title: expect.stringContaining("heliotrope") }));
    before.kill("SIGKILL");
    await before.exited;
    const after = await suite.start({
      env: trusted,
      model,
      mode: { type: "resume", cliSessionId },
    });
    await after.untilActivity("idle");
    await after.send("go on [[text resumed]]");
    await after.until("the answer", () => after.screen().includes("✦ resumed"));
    expect(suite.model.requests.findLast((request) => request.prompt.startsWith("go on"))?.conversation).toContain(
      "heliotrope",
    );
  });

  it("dies of a stale session id with evidence for a fresh start", async () => {
    const run = await suite.start({
      env: trusted,
      model,
      mode: { type: "resume", cliSessionId: "00000000-0000-4000-8000-000000000000" },
    });
    expect(suite.adapter.classifyExit(await run.exited)).toMatchObject({ cause: "crashed", resumeRefused: true });
  });

  it("asks in the inbox whether a new folder is trusted", async () => {
    const run = await suite.start({ model });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ title: "Trust this folder", via: "keys" });
    await run.observer.answer(ask.id, { option: "deny" });
    await run.until("the dialog's end", () => !run.screen().includes("Do you trust"));
  });
});

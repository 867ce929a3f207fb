/** The real opencode CLI against the fake model server. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli, PINNED_CLIS } from "#test/support/agentClis.ts";
import { activities, agentSuite, cliSessionOf } from "#test/support/agentSuite.ts";

const cli = await installCli("opencode");

describe.skipIf(cli === undefined)("opencode", () => {
  const suite = agentSuite({
    agent: "opencode",
    binDir: cli?.binDir ?? "",
    prepare({ modelUrl }) {
      const limit = { context: 200_000, output: 8_192 };
      const models = { "fake-1": { name: "Fake 1", limit }, "fake-small": { name: "Fake small", limit } };
      const provider = {
        fake: {
          npm: "@ai-sdk/openai-compatible",
          name: "Fake",
          options: { baseURL: `${modelUrl}/v1`, apiKey: "dummy" },
          models,
        },
      };
      const config = {
        autoupdate: false,
        share: "disabled",
        model: "fake/fake-1",
        small_model: "fake/fake-small",
        provider,
        permission: { bash: "ask" },
      };
      return Promise.resolve({
        OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
      });
    },
  });
  const bash = (command: string): string =>
    `[[tool bash ${JSON.stringify({ command, description: "touch" })}]] [[text all-done]]`;

  it("is found with its version", async () => {
    expect(await suite.adapter.detect()).toMatchObject({
      id: "opencode",
      installed: true,
      version: PINNED_CLIS.opencode.version,
      signIn: "unknown",
    });
  });

  it("runs a command after a person allowed it in the inbox, and takes typed prompts", async () => {
    const run = await suite.start({ prompt: bash("touch allowed-here") });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ kind: "permission", title: "Run a command", body: "touch allowed-here" });
    await run.observer.answer(ask.id, { option: "allow" });
    await run.untilActivity("idle");
    expect(existsSync(join(suite.home.cwd, "allowed-here"))).toBe(true);
    expect(activities(run.facts)).toEqual(["busy", "waiting_permission", "busy", "idle"]);
    await run.send("and again [[text second-answer]]");
    await run.until("the second answer", () => /^\s*second-answer/m.test(run.screen()));
  });

  it("has its question answered from the inbox", async () => {
    const input = {
      questions: [
        {
          question: "Which colour?",
          header: "Colour",
          options: [
            { label: "Red", description: "r" },
            { label: "Blue", description: "b" },
          ],
        },
      ],
    };
    const run = await suite.start({ prompt: `[[tool question ${JSON.stringify(input)}]] [[text all-done]]` });
    const ask = await run.untilAsked();
    expect(ask).toMatchObject({ kind: "question", body: "Which colour?" });
    await run.observer.answer(ask.id, { option: "2" });
    await run.untilActivity("idle");
    expect(run.screen()).toContain("Blue");
  });

  it("keeps its conversation over kill -9 and --session", async () => {
    const before = await suite.start({ prompt: "remember the word heliotrope [[text noted]]" });
    await before.untilActivity("idle");
    const cliSessionId = cliSessionOf(before) ?? "";
    before.kill("SIGKILL");
    await before.exited;
    expect(await suite.adapter.pastSessions(20)).toContainEqual(
      expect.objectContaining({ cliSessionId, cwd: suite.home.cwd }),
    );
    const after = await suite.start({ mode: { type: "resume", cliSessionId }, prompt: "go on [[text resumed]]" });
    await after.until("the answer", () => /^\s*resumed/m.test(after.screen()));
    expect(suite.model.requests.findLast((request) => request.prompt.startsWith("go on"))?.conversation).toContain(
      "heliotrope",
    );
  });

  it("dies of a stale session id with evidence for a fresh start", async () => {
    const run = await suite.start({ mode: { type: "resume", cliSessionId: "ses_doesnotexist00000000000000" } });
    expect(suite.adapter.classifyExit(await run.exited)).toMatchObject({ cause: "crashed", resumeRefused: true });
  });
});

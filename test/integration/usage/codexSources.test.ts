/** What the real Codex tells of its tokens, source by source, against the fake model's own log. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli } from "#test/support/agentClis.ts";
import { agentSuite } from "#test/support/agentSuite.ts";
import { bySize, truthOf } from "#test/support/usageRig.ts";

const cli = await installCli("codex");

describe.skipIf(cli === undefined)("Codex's usage", () => {
  const suite = agentSuite({
    agent: "codex",
    binDir: cli?.binDir ?? "",
    async prepare({ home }) {
      const codexHome = join(home.home, "codex");
      await mkdir(codexHome, { recursive: true });
      return { CODEX_HOME: codexHome, FAKE_KEY: "x" };
    },
  });

  it("is the model's own log to the token, hidden threads included", { timeout: 180_000 }, async () => {
    const config = [
      'model="gpt-fake"',
      'model_provider="fake"',
      `model_providers.fake={name="Fake",base_url="${suite.model.url}/v1",env_key="FAKE_KEY",wire_api="responses"}`,
      `projects."${suite.home.cwd}".trust_level="trusted"`,
      "check_for_update_on_startup=false",
      "analytics.enabled=false",
    ];
    const run = await suite.start({
      args: ["-a", "on-request", ...config.flatMap((setting) => ["-c", setting])],
      prompt: 'hello [[tool exec_command {"cmd":"echo hi"}]] [[text first-answer]]',
    });
    await run.until("the answer", () => run.screen().includes("• first-answer"), 60_000);
    await run.untilActivity("idle");
    const all = suite.model.requests;
    const told = await suite.usage.untilTold("otlp", run.sessionId, () => all.length);
    expect(bySize(told.map((report) => report.tokens))).toEqual(bySize(all.map(truthOf)));
    const conversation = all.filter((request) => request.hasTools);
    const written = await suite.usage.untilTold("transcript", run.sessionId, () => conversation.length);
    expect(bySize(written.map((report) => report.tokens))).toEqual(bySize(conversation.map(truthOf)));
    expect(written.every((report) => report.messageId !== undefined)).toBe(true);
  });
});

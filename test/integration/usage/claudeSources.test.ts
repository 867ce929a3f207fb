/** What the real Claude Code tells of its tokens, source by source, against the fake model's own log. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { installCli } from "#test/support/agentClis.ts";
import { agentSuite } from "#test/support/agentSuite.ts";
import { bySize, truthOf } from "#test/support/usageRig.ts";

const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";

describe.skipIf(cli === undefined)("Claude Code's usage", () => {
  const suite = agentSuite({
    agent: "claude",
    binDir: cli?.binDir ?? "",
    async prepare({ home, modelUrl }) {
      const config = join(home.home, "claude");
      await mkdir(config, { recursive: true });
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

  it("is the model's own log to the token: tools, a subagent and compaction", { timeout: 180_000 }, async () => {
    const patience = 60_000;
    const tool = '[[tool Bash {"command":"echo hi","description":"greet"}]]';
    const run = await suite.start({
      prompt: `${tool} [[text first-done]]`,
      args: ["--allowedTools", "Bash,Agent,Task"],
    });
    await run.until("the first answer", () => run.screen().includes("● first-done"), patience);
    const agent = { description: "look", prompt: "say [[text sub-done]]", subagent_type: "general-purpose" };
    await run.untilActivity("idle");
    const before = run.facts.length;
    await run.send(`[[tool Agent ${JSON.stringify(agent)}]] [[text second-done]]`);
    await run.until("the subagent's end", () => /Agent "look" finished/.test(run.screen()), patience);
    await run.untilActivity("idle", before);
    await run.send("/compact");
    await run.until("the compaction", () => suite.model.requests.some(({ prompt }) => isCompaction(prompt)), patience);
    const all = suite.model.requests;
    const told = await suite.usage.untilTold("otlp", run.sessionId, () => all.length);
    expect(bySize(told.map((report) => report.tokens))).toEqual(bySize(all.map(truthOf)));
    expect(new Set(told.map((report) => report.kind))).toEqual(new Set(["main", "subagent", "auxiliary"]));
    const conversation = all.filter(({ prompt }) => !isCompaction(prompt));
    const written = await suite.usage.untilTold("transcript", run.sessionId, () => conversation.length);
    expect(bySize(written.map((report) => report.tokens))).toEqual(bySize(conversation.map(truthOf)));
    expect(suite.usage.gaps).toEqual([]);
  });
});

/** Claude's own words when it asks for a summary; its transcript does not know the answer. */
function isCompaction(prompt: string): boolean {
  return prompt.startsWith("CRITICAL: Respond with TEXT ONLY");
}

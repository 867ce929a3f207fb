/** A core killed in the middle: what an agent used while nobody listened is in the ledger of the next core, once. */
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { describe, expect, it } from "vitest";

import type { LedgerEntry } from "#shared/model/usage.ts";
import { installCli } from "#test/support/agentClis.ts";
import { eventually } from "#test/support/deadline.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";
import { bySize, truthOf } from "#test/support/usageRig.ts";

const live = liveSuite();
const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";
const PATIENCE_MS = 90_000;

async function entriesOf(app: LiveApp): Promise<readonly LedgerEntry[]> {
  const client = await live.client(app);
  const page = await client.query("usage.entries", { limit: 100 });
  if (!page.ok) throw new Error(page.error.message);
  return page.value.entries;
}

describe.skipIf(cli === undefined)("a core killed while an agent works", () => {
  it("leaves no request uncounted and none counted twice", { timeout: 240_000 }, async () => {
    const model = await startFakeModelServer();
    live.defer(() => model.close());
    const [cwd, config] = [join(live.dir, "work"), join(live.dir, "claude")];
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
      DISABLE_AUTOUPDATER: "1",
    };
    const start = async (): Promise<LiveApp> => {
      const app = await LiveApp.start({ dataDir: live.dir, env });
      live.defer(() => app.kill());
      return app;
    };
    const first = await start();
    const slow = "hello [[delay 1000]] [[text one two three four five six]]";
    const child = `{ id: coder, agent: claude, cwd: ./work, prompt: ${JSON.stringify(slow)} }`;
    await live.up(first, { name: "code", children: [child] });
    await eventually("a request is under way", () => model.requests.length > 0, PATIENCE_MS);
    await first.kill("SIGKILL");
    const second = await start();
    const entries = await eventually(
      "every request in the ledger",
      async () => {
        const found = await entriesOf(second);
        const isOver = (await second.node("coder")).state === "idle";
        return isOver && found.length >= model.requests.length ? found : undefined;
      },
      PATIENCE_MS,
    );
    expect(bySize(entries.map((entry) => entry.tokens))).toEqual(bySize(model.requests.map(truthOf)));
    expect(entries.every((entry) => entry.path === "code/coder")).toBe(true);
  });
});

/** A core killed in the middle: what an agent used while nobody listened is in the ledger of the next core, once. */
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { describe, expect, it } from "vitest";

import type { LedgerEntry } from "#shared/model/usage.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { installCli } from "#test/support/agentClis.ts";
import { eventually } from "#test/support/deadline.ts";
import type { FakeModelServer } from "#test/support/fakeModelServer.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";
import { bySize, truthOf } from "#test/support/usageRig.ts";

const live = liveSuite();
const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";
const PATIENCE_MS = 90_000;

async function entriesOf(client: ConnectedClient): Promise<readonly LedgerEntry[]> {
  const page = await client.query("usage.entries", { limit: 100 });
  if (!page.ok) throw new Error(page.error.message);
  return page.value.entries;
}

function sumOf(entries: readonly LedgerEntry[]): number {
  return entries.reduce(
    (sum, { tokens }) => sum + tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite,
    0,
  );
}

/** The model and a start of the app whose Claude speaks to it. */
async function prepare(): Promise<{ model: FakeModelServer; start: () => Promise<LiveApp> }> {
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
  return { model, start };
}

describe.skipIf(cli === undefined)("a core killed while an agent works", () => {
  it("leaves no request uncounted and none counted twice", { timeout: 240_000 }, async () => {
    const { model, start } = await prepare();
    const first = await start();
    const slow = "hello [[delay 1000]] [[text one two three four five six]]";
    const child = `{ id: coder, agent: claude, cwd: ./work, prompt: ${JSON.stringify(slow)} }`;
    await live.up(first, { name: "code", children: [child] });
    await eventually("a request is under way", () => model.requests.length > 0, PATIENCE_MS);
    await first.kill("SIGKILL");
    const second = await start();
    const client = await live.client(second);
    const entries = await eventually(
      "every request in the ledger",
      async () => {
        const found = await entriesOf(client);
        const isOver = (await second.node("coder")).state === "idle";
        return isOver && found.length >= model.requests.length ? found : undefined;
      },
      PATIENCE_MS,
    );
    expect(bySize(entries.map((entry) => entry.tokens))).toEqual(bySize(model.requests.map(truthOf)));
    expect(entries.every((entry) => entry.path === "code/coder")).toBe(true);
  });

  it(
    "counts what died with it in the gateway as an estimate, lists it, and lets the agent go on",
    { timeout: 240_000 },
    async () => {
      const { model, start } = await prepare();
      const first = await start();
      const slow = "hello [[delay 3000]] [[text one two three four five six]]";
      const child = `{ id: coder, agent: claude, cwd: ./work, gateway: true, prompt: ${JSON.stringify(slow)}, budget: { tokens: 900k, period: day } }`;
      await live.up(first, { name: "code", children: [child] });
      const isUnderWay = (): boolean => model.requests.some(({ endedAt }) => endedAt === undefined);
      await eventually("a request is under way", isUnderWay, PATIENCE_MS);
      await first.kill("SIGKILL");
      await eventually("the cut", () => model.requests.some(({ cutOff }) => cutOff === true), PATIENCE_MS);
      const cut = model.requests.filter(({ cutOff }) => cutOff === true);
      const second = await start();
      const client = await live.client(second);
      const unknown = await client.query("usage.unknown", { limit: 100 });
      expect(unknown.ok && unknown.value.filter(({ why }) => why === "interrupted")).toMatchObject(
        cut.map(() => ({
          path: "code/coder",
          agent: "claude",
          detail: expect.stringMatching(/^Counted as \d+ tokens, an estimate$/),
        })),
      );
      const atOnce = await entriesOf(client);
      const estimates = atOnce.filter(({ confidence }) => confidence === "estimated");
      expect(estimates).toMatchObject(
        cut.map(() => ({ path: "code/coder", outcome: "interrupted", provider: "anthropic" })),
      );
      const whole = () => model.requests.filter(({ cutOff, endedAt }) => cutOff !== true && endedAt !== undefined);
      const entries = await eventually(
        "the retry in the ledger",
        async () => {
          const found = (await entriesOf(client)).filter(({ confidence }) => confidence === "exact");
          return (await second.node("coder")).state === "idle" && found.length >= whole().length ? found : undefined;
        },
        PATIENCE_MS,
      );
      expect(bySize(entries.map((entry) => entry.tokens))).toEqual(bySize(whole().map(truthOf)));
      // Not at once: the agent's next try reserves as soon as somebody listens again, and the transcript may tell of its
      // end before the gateway has settled it.
      const budget = await eventually("nothing is set aside any more", async () => {
        const budgets = await client.query("budget.list", {});
        return budgets.ok && budgets.value.every(({ reserved }) => reserved === 0) ? budgets.value : undefined;
      });
      expect(budget).toMatchObject([{ spent: sumOf([...estimates, ...entries]) }]);
    },
  );
});

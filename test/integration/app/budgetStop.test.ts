/** A budget with a hard stop, the real Claude Code behind the gateway: it ends within the request in flight and stays ended. */
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { installCli } from "#test/support/agentClis.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import type { FakeModelServer } from "#test/support/fakeModelServer.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";
const PATIENCE_MS = 90_000;

/** A home and a model of their own, seen by every app this test starts. */
async function prepare(): Promise<FakeModelServer> {
  const model = await startFakeModelServer();
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
  return model;
}

/** The fake model's request n takes 6400 tokens and a few. */
function tokensOf(model: FakeModelServer): number {
  return model.requests.reduce(
    (sum, { usage }) => sum + usage.input + usage.output + usage.cacheRead + usage.cacheWrite,
    0,
  );
}

describe.skipIf(cli === undefined)("a budget with a hard stop", () => {
  it(
    "ends within the request in flight, refuses every start, also of a core that was killed, and goes on when a person grants more",
    { timeout: 240_000 },
    async () => {
      const model = await prepare();
      const app = await live.serve();
      const glob = `[[tool Glob ${JSON.stringify({ pattern: "*" })}]]`;
      const prompt = JSON.stringify(`${glob.repeat(8)} [[text done]]`);
      await live.up(app, {
        name: "code",
        children: [
          `{ id: coder, agent: claude, cwd: ./work, gateway: true, prompt: ${prompt}, restart: permanent, backoff: { initial: 10ms }, budget: { tokens: 12k, period: day } }`,
        ],
      });
      const paused = await app.waitFor(
        "coder",
        (node) => node.state === "paused" && node.pid === undefined,
        "paused",
        PATIENCE_MS,
      );
      expect(paused.detail).toMatch(
        /^Paused at its budget of 12k tokens\. Raise it, or let it continue tomorrow at 00:00\.$/,
      );
      expect(paused).toMatchObject({ exitCause: "budget_exhausted", restarts: 0 });
      const used = model.requests.length;
      expect(tokensOf(model)).toBeGreaterThanOrEqual(12_000);
      expect(tokensOf(model)).toBeLessThan(12_000 + 6_600);
      expect(await app.cli("start", "coder")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("budget_exhausted"),
      });
      expect((await app.cli("budget")).stdout).toContain("code/coder#day#tokens");
      await app.kill("SIGKILL");
      const next = await live.serve();
      expect(await next.node("coder")).toMatchObject({ state: "paused", generation: 1 });
      expect(await next.cli("restart", "coder")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("budget_exhausted"),
      });
      expect(model.requests).toHaveLength(used);
      expect(await next.cli("budget", "grant", "coder", "100k")).toMatchObject({ code: 0 });
      await next.waitFor("coder", (node) => node.generation === 2, "goes on", PATIENCE_MS);
    },
  );
});

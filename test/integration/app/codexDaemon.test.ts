/**
 * Codex's own background servers, started for real: a managed daemon and a loop that looks after it, re-parented, each in
 * a session of its own, running a copy of the program out of CODEX_HOME. The product starts Codex with --no-daemon; a
 * person's own command may not.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installCli } from "#test/support/agentClis.ts";
import { eventually } from "#test/support/deadline.ts";
import { processesWith } from "#test/support/keeperHarness.ts";
import { isAlive } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, keeperPid, killHard, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const cli = await installCli("codex");
/** It copies some 400 MB first. */
const PATIENCE_MS = 90_000;

describe.skipIf(cli === undefined)("Codex's background daemon", () => {
  it.each<{ when: string; end: (app: LiveApp) => Promise<unknown> }>([
    { when: "its agent is stopped", end: (app) => app.cli("stop", "coder") },
    { when: "its agent is killed and restarted", end: killAgent },
    { when: "everything is stopped", end: (app) => app.cli("estop") },
    { when: "the keeper is killed", end: async (app) => process.kill(await keeperPid(app.dataDir), "SIGKILL") },
  ])("is gone within five seconds when $when", { timeout: 180_000 }, async ({ end }) => {
    const codex = join(cli?.binDir ?? "", "codex");
    const script = `export CODEX_HOME=$PWD/codex; mkdir -p codex; ${codex} app-server daemon start && exec sleep 1000`;
    const app = await live.serve();
    await live.up(app, { name: "daemons", children: [agent("coder", script, "restart: permanent, shutdown: 1s")] });
    const daemons = await eventually("the daemon and its loop run", bothOf, PATIENCE_MS);
    await app.waitFor("coder", (node) => node.pid !== undefined, "runs");
    await end(app);
    await expect.poll(() => daemons.filter((pid) => isAlive(pid)), { timeout: 5000 }).toEqual([]);
  });
});

async function killAgent(app: LiveApp): Promise<void> {
  const { pid } = await app.node("coder");
  killHard(pid ?? 0);
}

async function bothOf(): Promise<readonly number[] | undefined> {
  const here = await processesWith(`${live.dir}/codex/packages`);
  const [servers, loops] = [await processesWith("--managed-daemon"), await processesWith("pid-update-loop")];
  const both = here.filter((pid) => servers.includes(pid) || loops.includes(pid));
  return both.length >= 2 ? both : undefined;
}

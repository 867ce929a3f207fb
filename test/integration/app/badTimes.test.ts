/** What a laptop does to programs: it sleeps, its clock jumps, it runs out of descriptors. Agents go on, nothing storms. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { isAlive } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, keeperPid, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const run = promisify(execFile);
const PATIENCE_MS = 30_000;

async function answers(app: LiveApp): Promise<boolean> {
  return (await app.cli("ps")).code === 0;
}

async function send(app: LiveApp, text: string): Promise<void> {
  expect(await app.cli("send", "b", text)).toMatchObject({ code: 0 });
  await eventually(`${text} comes back`, async () => (await app.cli("logs", "b")).stdout.includes(text), PATIENCE_MS);
}

async function isNoticed(app: LiveApp, asleep: "core" | "keeper"): Promise<boolean> {
  if (asleep !== "keeper") return !(await answers(app));
  return /"session keeper","status":"failed"/.test((await app.cli("doctor", "--json")).stdout);
}

describe("sleep and wake", () => {
  for (const asleep of ["core", "keeper"] as const) {
    it(`of the ${asleep}: every agent goes on as the same process, none is started again`, async () => {
      const app = await live.serve();
      await live.up(app, {
        name: "steady",
        children: [agent("a", "sleep 1000", "restart: permanent"), agent("b", "cat")],
      });
      const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
      const keeper = await keeperPid(live.dir);
      const pid = asleep === "core" ? app.pid : keeper;
      process.kill(pid, "SIGSTOP");
      live.defer(() => isAlive(pid) && process.kill(pid, "SIGCONT"));
      // Long enough for whoever waits to notice: that is when backoffs and restarts could begin.
      await eventually("the sleep is noticed", () => isNoticed(app, asleep), PATIENCE_MS);
      process.kill(pid, "SIGCONT");
      await eventually("it answers", () => answers(app), PATIENCE_MS);
      await send(app, "awake");
      expect([await pidOf(app, "a"), await pidOf(app, "b")]).toEqual([a, b]);
      const { children } = await app.node("steady");
      expect(children.map(({ restarts, generation }) => ({ restarts, generation }))).toEqual([
        { restarts: 0, generation: 1 },
        { restarts: 0, generation: 1 },
      ]);
    });
  }
});

describe("exhausted file descriptors", () => {
  async function limit(pid: number, soft: number | "unlimited"): Promise<void> {
    await run("prlimit", ["--pid", String(pid), `--nofile=${soft}:`]);
  }
  const used = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

  it("of the core: who comes later waits, what is recorded stays, and it answers again without a restart", async (context) => {
    if (process.platform !== "linux") return context.skip("needs prlimit");
    const app = await live.serve();
    await live.up(app, { name: "steady", children: [agent("a", "sleep 1000"), agent("b", "cat")] });
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    const client = await live.client(app);
    await limit(app.pid, await used(app.pid));
    const set = await client.command("settings.set", { key: "bootStaggerMs", value: 1234 });
    if (!set.ok) expect(set.error.code).toBe("store_unavailable");
    await app.cli("ps");
    await limit(app.pid, 1024);
    await eventually("it answers", () => answers(app), PATIENCE_MS);
    expect(await client.command("settings.set", { key: "bootStaggerMs", value: 4321 })).toMatchObject({ ok: true });
    await send(app, "goes on");
    expect([await pidOf(app, "a"), await pidOf(app, "b")]).toEqual([a, b]);
    expect((await app.cli("doctor", "--json")).stdout).toMatch(/"name":"store","status":"ok"/);
  });
});

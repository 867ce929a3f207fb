/** What a laptop does to programs: it sleeps, its clock jumps, it runs out of descriptors. Agents go on, nothing storms. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { eventually } from "#test/support/deadline.ts";
import { isAlive, LiveApp } from "#test/support/liveApp.ts";
import { agent, keeperPid, killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const run = promisify(execFile);
const PATIENCE_MS = 30_000;
const PERMANENT = "restart: permanent";
const eventTime = z.object({ time: z.string() });

async function answers(app: LiveApp): Promise<boolean> {
  return (await app.cli("ps")).code === 0;
}

async function send(app: LiveApp, text: string): Promise<void> {
  expect(await app.cli("send", "b", text)).toMatchObject({ code: 0 });
  await eventually(`${text} comes back`, async () => (await app.cli("logs", "b")).stdout.includes(text), PATIENCE_MS);
}

const SLEEPERS = { keeper: ["keeper"], "core and keeper together": ["core", "keeper"] } as const;

async function isNoticed(app: LiveApp, asleep: keyof typeof SLEEPERS): Promise<boolean> {
  if (asleep !== "keeper") return !(await answers(app));
  return /"session keeper","status":"failed"/.test((await app.cli("doctor", "--json")).stdout);
}

describe("sleep and wake", () => {
  for (const asleep of ["keeper", "core and keeper together"] as const) {
    it(`of the ${asleep}: every agent goes on as the same process, none is started again`, async () => {
      const app = await live.serve();
      await live.up(app, {
        name: "steady",
        children: [agent("a", "sleep 1000", "restart: permanent"), agent("b", "cat")],
      });
      const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
      const keeper = await keeperPid(live.dir);
      const pids = SLEEPERS[asleep].map((who) => (who === "core" ? app.pid : keeper));
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      live.defer(() => pids.forEach((pid) => isAlive(pid) && process.kill(pid, "SIGCONT")));
      // Long enough for whoever waits to notice: that is when backoffs and restarts could begin.
      await eventually("the sleep is noticed", () => isNoticed(app, asleep), PATIENCE_MS);
      for (const pid of pids) process.kill(pid, "SIGCONT");
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
  const once = (id: string): string => agent(id, "sleep 1001", "restart: temporary");
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

  it("of the keeper: a start is refused with the reason, agents go on, and the next one works", async (context) => {
    if (process.platform !== "linux") return context.skip("needs prlimit");
    const app = await live.serve();
    const children = [agent("a", "sleep 1000"), agent("b", "cat"), ...["c", "d"].map(once)];
    await live.up(app, { name: "steady", children });
    const [a, c, d] = [await pidOf(app, "a"), await pidOf(app, "c"), await pidOf(app, "d")];
    expect(await app.cli("stop", "c")).toMatchObject({ code: 0 });
    await eventually("c is gone", () => !isAlive(c));
    const keeper = await keeperPid(live.dir);
    // Far enough below what is open that not even what d leaves free can be used.
    await limit(keeper, (await used(keeper)) - 10);
    killHard(d);
    await app.waitFor("d", (node) => node.state === "crashed", "seen to be dead");
    await limit(keeper, await used(keeper));
    await app.cli("start", "c");
    const refused = await app.waitFor("c", (node) => node.state === "crashed", "refused");
    expect(refused.detail).toMatch(/no more terminals, processes or open files .* Stop some agents/);
    await limit(keeper, 1024);
    expect(await app.cli("start", "c")).toMatchObject({ code: 0 });
    await pidOf(app, "c");
    await send(app, "goes on");
    expect([await pidOf(app, "a"), await keeperPid(live.dir)]).toEqual([a, keeper]);
  });
});

describe("a clock that jumps", () => {
  const library = ["x86_64", "aarch64"]
    .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
    .find((path) => existsSync(path));

  it("a day on and two back: what is counted by time that passed is counted on, and agents are adopted", async (context) => {
    if (library === undefined) {
      process.stderr.write("SKIPPED: the clock cannot be set for the app alone (apt-get install libfaketime)\n");
      return context.skip("needs libfaketime");
    }
    const clock = join(live.dir, "clock");
    await writeFile(clock, "+0");
    const env = {
      ...process.env,
      HOME: live.dir,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    const start = async (): Promise<LiveApp> => {
      const app = await LiveApp.start({ dataDir: live.dir, env });
      live.defer(() => app.kill());
      return app;
    };
    const app = await start();
    const [strict, quick] = ["{ intensity: 1, period: 1h }", "{ intensity: 10, period: 1h }"];
    await live.up(app, { name: "strict", supervisor: strict, children: [agent("a", "sleep 1000", PERMANENT)] });
    await live.up(app, {
      name: "quick",
      supervisor: quick,
      children: [agent("b", "cat"), agent("c", "sleep 1001", PERMANENT)],
    });
    const b = await pidOf(app, "b");
    killHard(await pidOf(app, "a"));
    await app.waitFor("a", (node) => node.restarts === 1 && node.pid !== undefined);
    await writeFile(clock, "+1d");
    killHard(await pidOf(app, "a"));
    await app.waitFor("a", (node) => node.state === "gave_up" || node.state === "crashed", "two in one real hour");
    await writeFile(clock, "-1d");
    killHard(await pidOf(app, "c"));
    await app.waitFor("c", (node) => node.restarts === 1 && node.pid !== undefined, "starts again");
    await send(app, "yesterday");
    await app.kill();
    const next = await start();
    expect(await pidOf(next, "b")).toBe(b);
    await send(next, "adopted");
    const { stdout } = await next.cli("events", "--json");
    const days = new Set(
      stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => eventTime.parse(JSON.parse(line)).time.slice(0, 10)),
    );
    expect(days.size).toBeGreaterThan(1);
  });
});

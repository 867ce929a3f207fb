/** What breaks under a running app: the disk, the database, the keeper, the power. Agents go on, and the sentence says what to do. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import BetterSqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { isAlive, runCli } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, keeperPid, killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const run = promisify(execFile);
const database = (): string => join(live.dir, "signalbox.sqlite");

async function steadyFleet(app: LiveApp): Promise<string> {
  return live.up(app, {
    name: "steady",
    children: [agent("a", "sleep 1000", "restart: permanent"), agent("b", "cat")],
  });
}

describe("a full disk", () => {
  it("refuses commands with a sentence, lets agents go on, and recovers when there is room", async (context) => {
    try {
      await run("mount", ["-t", "tmpfs", "-o", "size=136m,mode=700", "tmpfs", live.dir]);
    } catch (error) {
      process.stderr.write(`SKIPPED: no small file system can be mounted: ${String(error)}\n`);
      return context.skip("needs the right to mount");
    }
    live.defer(() => run("umount", ["-l", live.dir]));
    const app = await live.serve();
    live.defer(() => app.cli("estop").then(() => app.kill()));
    const file = await steadyFleet(app);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    const other = await app.fleet("other", "version: 1\nname: other\nchildren: []\n");
    const ballast = await open(join(live.dir, "ballast"), "w");
    const block = Buffer.alloc(4096);
    for (let full = false; !full;)
      full = await ballast.write(block).then(
        () => false,
        () => true,
      );
    await ballast.close();
    const refused = await eventually("a refusal", async () => {
      const result = await app.cli("up", other, "--json");
      return result.code === 1 ? result : undefined;
    });
    expect(refused.stdout).toContain("store_unavailable");
    expect(refused.stdout).toContain("full");
    expect((await app.cli("doctor")).stdout).toMatch(/full/);
    expect([await pidOf(app, "a"), await pidOf(app, "b")]).toEqual([a, b]);
    await rm(join(live.dir, "ballast"));
    await eventually("it records again", async () => (await app.cli("up", other)).code === 0, 20_000);
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    await eventually("doctor is content", async () => !(await app.cli("doctor")).stdout.includes("full"));
    expect([await pidOf(app, "a"), await pidOf(app, "b")]).toEqual([a, b]);
  });
});

describe("a corrupted database", () => {
  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    [
      "garbage in the middle",
      async () => {
        const { size } = await stat(database());
        const handle = await open(database(), "r+");
        await handle.write(Buffer.alloc(size - 4096, 0xa7), 0, size - 4096, 4096);
        await handle.close();
      },
    ],
    [
      "cut in half",
      async () => truncate(database(), Math.floor((await stat(database())).size / 2 / 4096) * 4096 + 100),
    ],
    ["of zero length", async () => truncate(database(), 0)],
    ["that is no database", async () => writeFile(database(), "this is no database".repeat(1000))],
  ];

  for (const [what, damage] of damages) {
    it(`${what}: the app starts, says what happened, and adopts what lives`, async () => {
      const app = await live.serve();
      await steadyFleet(app);
      const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
      await app.kill("SIGTERM");
      for (const end of ["-wal", "-shm"]) await rm(`${database()}${end}`, { force: true });
      await damage();
      const next = await live.serve();
      const doctor = await eventually("doctor says so", async () => {
        const { stdout } = await next.cli("doctor", "--json");
        return /damaged|restored|lost|empty/i.test(stdout) ? stdout : undefined;
      });
      expect(doctor).toMatch(/signalbox\.sqlite/);
      expect(isAlive(a) && isAlive(b)).toBe(true);
      expect([await pidOf(next, "a"), await pidOf(next, "b")]).toEqual([a, b]);
      expect(await next.cli("send", "b", "still there")).toMatchObject({ code: 0 });
      expect(await next.cli("stop", "a")).toMatchObject({ code: 0 });
      expect(isAlive(a)).toBe(false);
    });
  }

  it("of a newer version is refused with the file untouched", async () => {
    const app = await live.serve();
    await steadyFleet(app);
    const a = await pidOf(app, "a");
    await app.kill("SIGTERM");
    const db = new BetterSqlite(database());
    db.pragma("user_version = 9999");
    db.close();
    const hash = async (): Promise<string> =>
      createHash("sha256")
        .update(await readFile(database()))
        .digest("hex");
    const before = await hash();
    await expect(live.serve()).rejects.toThrow(/schema_too_new.*newer/s);
    expect(await hash()).toBe(before);
    expect(isAlive(a)).toBe(true);
    expect(await runCli(live.dir, "estop")).toMatchObject({ code: 0 });
    expect(isAlive(a)).toBe(false);
  });
});

describe("the keeper killed while the core is down (a reboot)", () => {
  async function afterReboot(...args: string[]): Promise<LiveApp> {
    const app = await live.serve();
    await steadyFleet(app);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    const keeper = await keeperPid(live.dir);
    await app.kill("SIGKILL");
    for (const pid of [keeper, a, b]) killHard(pid);
    return live.serve(...args);
  }

  it("starts nothing without consent, says what was interrupted, and up brings it back", async () => {
    const app = await afterReboot();
    const root = await app.node("steady");
    expect(root.children.map(({ pid, exitCause }) => ({ pid, exitCause }))).toEqual([
      { pid: undefined, exitCause: "keeper_lost" },
      { pid: undefined, exitCause: "keeper_lost" },
    ]);
    expect((await app.cli("doctor")).stdout).toContain("interrupted");
    expect(await app.cli("up", "steady")).toMatchObject({ code: 0 });
    await pidOf(app, "a");
    await pidOf(app, "b");
    expect(await app.node("steady")).toMatchObject({ restartsInWindow: 0 });
  });

  it("one command resumes everything that ran", async () => {
    const app = await afterReboot();
    const client = await live.client(app);
    expect(await client.command("app.resumeInterrupted", {})).toEqual({ ok: true, value: { fleets: ["steady"] } });
    expect((await app.waitFor("a", (node) => node.pid !== undefined)).restarts).toBe(0);
    await pidOf(app, "b");
  });

  it("starts by itself where a person allowed it, staggered", async () => {
    const app = await live.serve();
    await steadyFleet(app);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    const client = await live.client(app);
    expect(await client.command("fleet.setAutostart", { name: "steady", autostart: true })).toMatchObject({ ok: true });
    const keeper = await keeperPid(live.dir);
    await app.kill("SIGKILL");
    for (const pid of [keeper, a, b]) killHard(pid);
    const idle = await live.serve("--no-start");
    expect((await idle.node("steady")).children.map((child) => child.pid)).toEqual([undefined, undefined]);
    await idle.kill("SIGTERM");
    const next = await live.serve();
    const first = await next.waitFor("a", (node) => node.pid !== undefined);
    const second = await next.waitFor("b", (node) => node.pid !== undefined);
    expect(Date.parse(second.startedAt ?? "")).toBeGreaterThan(Date.parse(first.startedAt ?? ""));
  });
});

describe("leaving", () => {
  it("SIGTERM to the app leaves agents running; --no-start adopts them all the same", async () => {
    const app = await live.serve();
    await steadyFleet(app);
    const a = await pidOf(app, "a");
    await app.kill("SIGTERM");
    expect(app.process.exitCode).toBe(0);
    expect(isAlive(a)).toBe(true);
    const next = await live.serve("--no-start");
    expect(await pidOf(next, "a")).toBe(a);
  });

  it("the keeper leaves after its last session when no app is attached", async () => {
    const app = await live.serve();
    await steadyFleet(app);
    await pidOf(app, "a");
    const keeper = await keeperPid(live.dir);
    await app.kill("SIGKILL");
    expect(isAlive(keeper)).toBe(true);
    expect(await runCli(live.dir, "estop")).toMatchObject({ code: 0 });
    await eventually("the keeper is gone", () => !isAlive(keeper), 45_000);
  });
});

describe("the emergency stop", () => {
  it("ends 30 stubborn agents with grandchildren within seconds, and no supervisor starts anything after it", async () => {
    const app = await live.serve();
    const stubborn = `trap '' TERM HUP INT; echo $$ >> pids.log; (trap '' TERM HUP INT; setsid sh -c 'trap "" TERM HUP INT; echo $$ >> pids.log; while :; do sleep 1; done' & while :; do sleep 1; done) & while :; do sleep 1; done`;
    const children = Array.from({ length: 30 }, (_, index) =>
      agent(`s${index}`, stubborn, "restart: permanent, backoff: { initial: 1ms }"),
    );
    await live.up(app, { name: "many", supervisor: "{ intensity: 1000 }", children });
    await eventually("all sixty", async () => (await live.lines("pids.log")).length === 60, 30_000);
    const { code, stdout } = await app.cli("estop", "--json");
    expect(code).toBe(0);
    const pids = (await live.lines("pids.log")).map(Number);
    expect(pids.filter(isAlive)).toEqual([]);
    const answer: unknown = JSON.parse(stdout);
    process.stderr.write(`estop: ${stdout}`);
    expect(answer).toMatchObject({ killed: expect.any(Number), tookMs: expect.any(Number) });
    // Two seconds where nothing else runs; here another suite of real processes has the other core.
    expect(/"tookMs":(\d+)/.exec(stdout)?.[1]).toSatisfy((ms) => Number(ms) < 6000);
    const root = await app.node("many");
    expect(root.children.every((child) => child.pid === undefined && child.state === "stopped")).toBe(true);
    await app.cli("doctor");
    expect(await live.lines("pids.log")).toHaveLength(60);
  });
});

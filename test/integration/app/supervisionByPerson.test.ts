/** What a person does to a tree that runs: stop, start, restart, pause, drain, change the file, restart the app. Nothing of it counts. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { isAlive } from "#test/support/liveApp.ts";
import { agent, childStates, fleetText, killHard, liveSuite, marked, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const CRASHER = agent("x", "echo run >> runs.log; exit 1", "backoff: { initial: 30s, max: 60s, jitter: 0 }");

/** T: stopped by a signal. */
function processState(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "";
}

/** Clock ticks the process itself used. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

describe("a person's acts", () => {
  it("stop, start and restart do not count, and a stop of a permanent child holds", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "mine",
      supervisor: "{ intensity: 0 }",
      children: [agent("a", marked("a"), "restart: permanent"), agent("b", "sleep 1000")],
    });
    const first = await pidOf(app, "a");
    expect(await app.cli("stop", "a")).toMatchObject({ code: 0 });
    expect(await app.node("a")).toMatchObject({ state: "stopped", exitCause: "stopped" });
    expect(isAlive(first)).toBe(false);
    expect(await app.cli("stop", "a")).toMatchObject({ code: 0 });
    expect(await app.cli("start", "a")).toMatchObject({ code: 0 });
    await pidOf(app, "a");
    expect(await app.cli("start", "a", "--json")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("already_started"),
    });
    expect(await app.cli("restart", "a")).toMatchObject({ code: 0 });
    await app.waitFor("a", (node) => node.generation === 3 && node.pid !== undefined);
    const root = await app.node("mine");
    expect(root).toMatchObject({ restartsInWindow: 0 });
    expect(root.children.map((child) => child.restarts)).toEqual([0, 0]);
    await eventually("the third life began", async () => (await live.lines("order.log")).length === 5);
    expect(await live.lines("order.log")).toEqual(["start a", "stop a", "start a", "stop a", "start a"]);
  });

  it("a stopped child stays stopped over a restart of the app", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "mine",
      children: [agent("a", "sleep 1000", "restart: permanent"), agent("b", "sleep 1000")],
    });
    await pidOf(app, "b");
    await app.cli("stop", "a");
    await app.kill("SIGKILL");
    const next = await live.serve();
    await pidOf(next, "b");
    expect(await next.node("a")).toMatchObject({ state: "stopped" });
    expect(await next.cli("start", "a")).toMatchObject({ code: 0 });
    await pidOf(next, "a");
  });

  it("a supervisor in the middle is stopped and started as a whole", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "mine",
      children: [
        `{ id: inner, supervisor: {}, children: [${agent("a", marked("a"))}, ${agent("b", marked("b"))}] }`,
        agent("c", "sleep 1000"),
      ],
    });
    const c = await pidOf(app, "c");
    await eventually("both started", async () => (await live.lines("order.log")).length === 2);
    expect(await app.cli("stop", "inner")).toMatchObject({ code: 0 });
    expect((await live.lines("order.log")).slice(2)).toEqual(["stop b", "stop a"]);
    expect((await app.node("inner")).state).toBe("stopped");
    expect(await app.cli("start", "inner")).toMatchObject({ code: 0 });
    await pidOf(app, "b");
    expect(await pidOf(app, "c")).toBe(c);
  });

  it("pause freezes the process, resume lets it go on, and a paused agent can be stopped", async () => {
    const app = await live.serve();
    await live.up(app, { name: "mine", children: [agent("a", "exec node -e 'for(;;){}'")] });
    const pid = await pidOf(app, "a");
    await eventually("it works", () => cpuOf(pid) > 5);
    expect(await app.cli("pause", "a")).toMatchObject({ code: 0 });
    expect(await app.node("a")).toMatchObject({ state: "paused", pauseKind: "frozen", pid });
    await eventually("it stands still", () => processState(pid) === "T");
    const used = cpuOf(pid);
    await app.roots();
    expect(cpuOf(pid)).toBe(used);
    expect(await app.cli("resume", "a")).toMatchObject({ code: 0 });
    await eventually("it works on", () => cpuOf(pid) > used);
    expect((await app.node("a")).state).toBe("busy");
    await app.cli("pause", "a");
    expect(await app.cli("stop", "a")).toMatchObject({ code: 0 });
    expect(isAlive(pid)).toBe(false);
    expect(await app.node("a")).toMatchObject({ state: "stopped" });
  });

  it("drain ends what runs, politely", async () => {
    const app = await live.serve();
    await live.up(app, { name: "mine", children: [agent("a", marked("a"), "restart: permanent")] });
    await pidOf(app, "a");
    await eventually("it started", async () => (await live.lines("order.log")).length === 1);
    expect(await app.cli("drain", "a")).toMatchObject({ code: 0 });
    await app.waitFor("a", (node) => node.state === "stopped");
    expect(await live.lines("order.log")).toEqual(["start a", "stop a"]);
  });

  it("simple_one_for_one: each start of the template is one more instance", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "pool",
      supervisor: "{ strategy: simple_one_for_one, intensity: 5 }",
      children: [agent("worker", "sleep 1000", "restart: permanent, backoff: { initial: 10ms }")],
    });
    expect(await app.cli("start", "worker")).toMatchObject({ code: 0 });
    expect(await app.cli("start", "worker")).toMatchObject({ code: 0 });
    const first = await pidOf(app, "worker-1");
    const second = await pidOf(app, "worker-2");
    killHard(first);
    await app.waitFor("worker-1", (node) => node.generation === 2 && node.pid !== undefined);
    expect(await pidOf(app, "worker-2")).toBe(second);
    expect(await app.cli("stop", "worker-2")).toMatchObject({ code: 0 });
    expect(isAlive(second)).toBe(false);
    expect(await app.cli("down", "pool")).toMatchObject({ code: 0 });
  });
});

describe("backoff", () => {
  it("shows when the next start is; a person starts it now, a person stops it", async () => {
    const app = await live.serve();
    await live.up(app, { name: "slow", supervisor: "{ intensity: 9 }", children: [CRASHER] });
    const node = await app.waitFor("x", (one) => one.state === "backoff");
    const inMs = Date.parse(node.nextStartAt ?? "") - Date.now();
    expect(inMs).toBeGreaterThan(20_000);
    expect(inMs).toBeLessThanOrEqual(30_000);
    const runs = (await live.lines("runs.log")).length;
    expect(await app.cli("start", "x")).toMatchObject({ code: 0 });
    // At once, and once more at once: a start by hand begins the series anew.
    await eventually("two more runs", async () => (await live.lines("runs.log")).length === runs + 2);
    await app.waitFor("x", (one) => one.state === "backoff");
    expect(await app.cli("stop", "x")).toMatchObject({ code: 0 });
    expect(await app.node("x")).toMatchObject({ state: "stopped" });
    expect((await app.node("x")).nextStartAt).toBeUndefined();
  });

  it("outlives a kill -9 of the app in the middle of it: counts stay, and it waits on", async () => {
    const app = await live.serve();
    await live.up(app, { name: "slow", supervisor: "{ intensity: 9 }", children: [CRASHER, agent("y", "sleep 1000")] });
    await pidOf(app, "y");
    const before = await app.waitFor("x", (one) => one.state === "backoff");
    const root = await app.node("slow");
    await app.kill("SIGKILL");
    const next = await live.serve();
    const after = await next.node("x");
    expect({ restarts: after.restarts, generation: after.generation }).toEqual({
      restarts: before.restarts,
      generation: before.generation,
    });
    expect((await next.node("slow")).restartsInWindow).toBe(root.restartsInWindow);
    expect(after.state).toBe("backoff");
    expect(Math.abs(Date.parse(after.nextStartAt ?? "") - Date.parse(before.nextStartAt ?? ""))).toBeLessThan(1500);
    await next.kill("SIGKILL");
    const third = await live.serve();
    expect(await third.node("x")).toMatchObject({ state: "backoff", restarts: before.restarts });
    const runs = (await live.lines("runs.log")).length;
    expect(await third.cli("start", "x")).toMatchObject({ code: 0 });
    await eventually("it starts now", async () => (await live.lines("runs.log")).length > runs);
  });
});

describe("a changed fleet file", () => {
  const two = (first: string, rest = ""): string =>
    fleetText({
      name: "shop",
      supervisor: `{ strategy: one_for_one${rest} }`,
      children: [agent("a", first), agent("b", "sleep 1000")],
    });

  it("is applied as it is saved: only what changed", async () => {
    const app = await live.serve();
    const file = await app.fleet("shop", two("sleep 1001"));
    await app.cli("up", file);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    await writeFile(file, `${two("sleep 1002")}  - ${agent("c", "sleep 1003")}\n`);
    const c = await pidOf(app, "c");
    await app.waitFor("a", (node) => node.pid !== undefined && node.pid !== a);
    expect(isAlive(a)).toBe(false);
    expect(await pidOf(app, "b")).toBe(b);
    await writeFile(file, two("sleep 1002"));
    await eventually("c is gone", async () => (await app.roots())[0]?.children.length === 2);
    expect(isAlive(c)).toBe(false);
    expect(await pidOf(app, "b")).toBe(b);
    expect((await app.node("shop")).restartsInWindow).toBe(0);
  });

  it("with an error changes nothing; tree and doctor say where it is; mended, it is applied", async () => {
    const app = await live.serve();
    const file = await app.fleet("shop", two("sleep 1001"));
    await app.cli("up", file);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    await writeFile(file, two("sleep 1001").replace("children:", "children: ["));
    const doctor = await eventually("doctor knows", async () => {
      const { stdout } = await app.cli("doctor");
      return /shop\.yaml:\d+:\d+/.test(stdout) ? stdout : undefined;
    });
    expect(doctor).toContain("last good version");
    expect((await app.cli("tree")).stdout).toMatch(/shop\.yaml:\d+:\d+/);
    expect((await app.node("shop")).detail).toMatch(/shop\.yaml:\d+:\d+/);
    expect([await pidOf(app, "a"), await pidOf(app, "b")]).toEqual([a, b]);
    expect(await app.cli("up", file)).toMatchObject({ code: 1, stderr: expect.stringMatching(/shop\.yaml:\d+:\d+/) });
    await writeFile(file, two("sleep 1005"));
    await app.waitFor("a", (node) => node.pid !== undefined && node.pid !== a);
    await eventually("nobody complains", async () => !/shop\.yaml:\d+:\d+/.test((await app.cli("tree")).stdout));
    expect(await pidOf(app, "b")).toBe(b);
  });

  it("with another strategy starts the fleet anew under it", async () => {
    const app = await live.serve();
    const file = await app.fleet("shop", two("sleep 1001"));
    await app.cli("up", file);
    const a = await pidOf(app, "a");
    await writeFile(file, two("sleep 1001", ", intensity: 7").replace("one_for_one", "one_for_all"));
    const root = await app.waitFor("shop", (node) => node.strategy === "one_for_all" && node.intensity === 7);
    expect(root.restartsInWindow).toBe(0);
    killHard(await pidOf(app, "a"));
    await app.waitFor("b", (node) => node.generation >= 2 && node.detail !== undefined && node.pid !== undefined);
    expect(isAlive(a)).toBe(false);
  });

  it("with another rule of an inner supervisor touches only that one", async () => {
    const app = await live.serve();
    const text = (strategy: string): string =>
      fleetText({
        name: "shop",
        children: [
          `{ id: inner, supervisor: { strategy: ${strategy} }, children: [${agent("a", "sleep 1001")}] }`,
          agent("b", "sleep 1000"),
        ],
      });
    const file = await app.fleet("shop", text("one_for_one"));
    await app.cli("up", file);
    const b = await pidOf(app, "b");
    await writeFile(file, text("rest_for_one"));
    await app.waitFor("inner", (node) => node.strategy === "rest_for_one" && node.children[0]?.pid !== undefined);
    expect(await pidOf(app, "b")).toBe(b);
    expect(childStates(await app.node("shop")).map(([id]) => id)).toEqual(["inner", "b"]);
  });

  it("up on a fleet that is up applies the difference and starts what a person had stopped", async () => {
    const app = await live.serve();
    const file = await app.fleet("shop", two("sleep 1001"));
    await app.cli("up", file);
    const b = await pidOf(app, "b");
    await pidOf(app, "a");
    await app.cli("stop", "a");
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    await pidOf(app, "a");
    expect(await pidOf(app, "b")).toBe(b);
  });

  it("changed while the app was down is applied when a person says up", async () => {
    const app = await live.serve();
    const file = await app.fleet("shop", two("sleep 1001"));
    await app.cli("up", file);
    const [a, b] = [await pidOf(app, "a"), await pidOf(app, "b")];
    await app.kill("SIGKILL");
    await writeFile(file, two("sleep 1009"));
    const next = await live.serve();
    expect(await pidOf(next, "b")).toBe(b);
    expect(await next.cli("up", file)).toMatchObject({ code: 0 });
    await next.waitFor("a", (node) => node.pid !== undefined && node.pid !== a);
    expect(await pidOf(next, "b")).toBe(b);
  });
});

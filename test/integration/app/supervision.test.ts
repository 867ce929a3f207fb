/** Supervision of real processes, seen through the CLI: what a failure takes with it, what counts, when it is enough. */
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { TreeNode } from "#shared/model/node.ts";
import { eventually } from "#test/support/deadline.ts";
import { isAlive } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, childStates, killHard, liveSuite, marked, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const ABC = ["a", "b", "c"].map((id) => agent(id, marked(id), "restart: permanent, backoff: { initial: 10ms }"));

async function startedThree(app: LiveApp, strategy: string): Promise<void> {
  await live.up(app, { name: "three", supervisor: `{ strategy: ${strategy}, intensity: 5 }`, children: ABC });
  for (const id of ["a", "b", "c"]) await pidOf(app, id);
  await orderIs(["start a", "start b", "start c"]);
}

async function orderIs(expected: readonly string[]): Promise<void> {
  const all = await eventually("the order", async () => {
    const lines = await live.lines("order.log");
    return lines.length >= expected.length ? lines : undefined;
  });
  expect(inRuns(all)).toEqual(inRuns(expected));
}

/** Processes started one right after the other may get to write in another order; who was started first is `startedAt`. */
function inRuns(lines: readonly string[]): readonly string[] {
  const runs: string[][] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (line.startsWith("start") && last?.[0]?.startsWith("start") === true) last.push(line);
    else runs.push([line]);
  }
  return runs.flatMap((run) => run.toSorted());
}

function startOrder(root: TreeNode): readonly string[] {
  return root.children.toSorted((a, b) => (a.startedAt ?? "").localeCompare(b.startedAt ?? "")).map(({ id }) => id);
}

describe("what a failure takes with it", () => {
  it("one_for_all: all others, in reverse order; all start again in order, counted once", async () => {
    const app = await live.serve();
    await startedThree(app, "one_for_all");
    killHard(await pidOf(app, "b"));
    await app.waitFor("c", (node) => node.generation === 2 && node.pid !== undefined);
    await orderIs(["start a", "start b", "start c", "stop c", "stop a", "start a", "start b", "start c"]);
    const root = await app.node("three");
    expect(root.restartsInWindow).toBe(1);
    expect(root.children.map((child) => child.generation)).toEqual([2, 2, 2]);
    expect(startOrder(root)).toEqual(["a", "b", "c"]);
    expect(root.children.map((child) => child.restarts)).toEqual([0, 1, 0]);
  });

  it("rest_for_one: those started after it, in reverse order", async () => {
    const app = await live.serve();
    await startedThree(app, "rest_for_one");
    killHard(await pidOf(app, "b"));
    await app.waitFor("c", (node) => node.generation === 2 && node.pid !== undefined);
    await orderIs(["start a", "start b", "start c", "stop c", "start b", "start c"]);
    expect((await app.node("a")).generation).toBe(1);
  });

  it("one_for_one: nobody else", async () => {
    const app = await live.serve();
    await startedThree(app, "one_for_one");
    killHard(await pidOf(app, "b"));
    await app.waitFor("b", (node) => node.generation === 2 && node.pid !== undefined);
    await orderIs(["start a", "start b", "start c", "start b"]);
  });

  it("a fleet that goes down stops its children in reverse order", async () => {
    const app = await live.serve();
    await startedThree(app, "one_for_one");
    expect(await app.cli("down", "three")).toMatchObject({ code: 0 });
    await orderIs(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
    expect(childStates(await app.node("three"))).toEqual([
      ["a", "stopped"],
      ["b", "stopped"],
      ["c", "stopped"],
    ]);
  });
});

describe("restart types", () => {
  const types = ["permanent", "transient", "temporary"] as const;
  const fast = "backoff: { initial: 10ms }";

  it("after exit 0 only a permanent child starts again, and it counts", async () => {
    const app = await live.serve();
    const once = (id: string): string => `[ -e ${id}.ran ] && exec sleep 1000; touch ${id}.ran; exit 0`;
    const children = types.map((type) => agent(type, once(type), `restart: ${type}, ${fast}`));
    await live.up(app, { name: "ends", children });
    await app.waitFor("permanent", (node) => node.generation === 2 && node.pid !== undefined);
    expect(await app.node("permanent")).toMatchObject({ restarts: 1, exitCause: "done" });
    expect(await app.waitFor("transient", (node) => node.state === "done")).toMatchObject({ restarts: 0 });
    expect(await app.waitFor("temporary", (node) => node.state === "done")).toMatchObject({ restarts: 0 });
    expect((await app.node("ends")).restartsInWindow).toBe(1);
  });

  it("after exit 1 permanent and transient start again", async () => {
    const app = await live.serve();
    const once = (id: string): string => `[ -e ${id}.ran ] && exec sleep 1000; touch ${id}.ran; exit 1`;
    const children = types.map((type) => agent(type, once(type), `restart: ${type}, ${fast}`));
    await live.up(app, { name: "fails", children });
    for (const type of ["permanent", "transient"])
      expect(await app.waitFor(type, (node) => node.generation === 2 && node.pid !== undefined)).toMatchObject({
        restarts: 1,
        exitCause: "crashed",
      });
    expect(await app.waitFor("temporary", (node) => node.state === "crashed")).toMatchObject({
      restarts: 0,
      exitDetail: expect.stringContaining("1"),
    });
    expect((await app.node("fails")).restartsInWindow).toBe(2);
  });

  it("a SIGKILL from outside is a crash", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "shot",
      children: types.map((type) => agent(type, "sleep 1000", `restart: ${type}, ${fast}`)),
    });
    for (const type of types) killHard(await pidOf(app, type));
    for (const type of ["permanent", "transient"])
      expect(await app.waitFor(type, (node) => node.generation === 2 && node.pid !== undefined)).toMatchObject({
        exitCause: "crashed",
        exitDetail: expect.stringContaining("SIGKILL"),
      });
    expect(await app.waitFor("temporary", (node) => node.state === "crashed")).toMatchObject({ exitCause: "crashed" });
  });
});

describe("intensity", () => {
  const counter = `echo run >> runs.log; exit 1`;

  it("allows exactly as many restarts as it says, then gives up and stays down", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "limit",
      supervisor: "{ intensity: 3, period: 60s }",
      children: [agent("x", counter, "backoff: { initial: 10ms, max: 10ms }")],
    });
    const root = await app.waitFor("limit", (node) => node.state === "gave_up");
    expect(await live.lines("runs.log")).toHaveLength(4);
    expect(root.detail).toContain("More than 3 restarts in 60 s");
    const status = await app.cli("doctor");
    expect(status.stdout).toContain("Gave up");
  });

  it("0 gives up at the first failure", async () => {
    const app = await live.serve();
    await live.up(app, { name: "zero", supervisor: "{ intensity: 0 }", children: [agent("x", counter)] });
    await app.waitFor("zero", (node) => node.state === "gave_up");
    expect(await live.lines("runs.log")).toHaveLength(1);
  });

  it("forgets restarts that are older than the period", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "spread",
      supervisor: "{ intensity: 1, period: 1s }",
      children: [agent("x", "echo run >> runs.log; sleep 2.2; exit 1", "backoff: { initial: 10ms, max: 10ms }")],
    });
    await eventually("three runs", async () => (await live.lines("runs.log")).length >= 3, 20_000);
    expect((await app.node("spread")).state).not.toBe("gave_up");
  });

  it("a fleet that gave up runs again when a person starts it, with a clean count", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "limit",
      supervisor: "{ intensity: 0 }",
      children: [agent("x", "[ -e ok ] && exec sleep 1000; touch ok; exit 1")],
    });
    await app.waitFor("limit", (node) => node.state === "gave_up");
    expect(await app.cli("start", "limit")).toMatchObject({ code: 0 });
    await pidOf(app, "x");
    expect(await app.node("limit")).toMatchObject({ restartsInWindow: 0, generation: 2 });
  });

  it("a child of a fleet that gave up can be started, too", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "limit",
      supervisor: "{ intensity: 0 }",
      children: [agent("x", "[ -e ok ] && exec sleep 1000; touch ok; exit 1")],
    });
    await app.waitFor("limit", (node) => node.state === "gave_up");
    expect(await app.cli("start", "x")).toMatchObject({ code: 0 });
    await pidOf(app, "x");
  });
});

describe("escalation", () => {
  const nested = (restart: string): string =>
    `{ id: inner, restart: ${restart}, supervisor: { intensity: 1, period: 60s }, children: [${agent("bad", "echo run >> runs.log; exit 1", "restart: permanent, backoff: { initial: 10ms, max: 10ms }")}, ${agent("beside", "sleep 1000")}] }`;

  it("goes up: a permanent inner supervisor starts again until the outer has enough; product of both", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "outer",
      supervisor: "{ intensity: 1, period: 60s }",
      children: [nested("permanent"), agent("bystander", "echo $$ > bystander.pid; exec sleep 1000")],
    });
    const root = await app.waitFor("outer", (node) => node.state === "gave_up");
    expect(await live.lines("runs.log")).toHaveLength(4);
    expect(root.children.map((child) => [child.id, child.state])).toEqual([
      ["inner", "escalated"],
      ["bystander", "stopped"],
    ]);
    expect(root.detail).toContain("inner");
    for (const pid of await live.lines("bystander.pid")) expect(isAlive(Number(pid))).toBe(false);
    const events = await app.cli("events", "--json", "--subject", "ws.outer.supervisor.>");
    expect(events.stdout).toContain("supervisor.escalated");
    expect(events.stdout).toContain("supervisor.gave_up");
  });

  it("ends at a transient or temporary inner supervisor that gives up: shutdown is no failure", async () => {
    const app = await live.serve();
    await live.up(app, { name: "outer", children: [nested("transient"), agent("bystander", "sleep 1000")] });
    const inner = await app.waitFor("inner", (node) => node.state === "escalated");
    expect(childStates(inner)).toEqual([
      ["bad", "gave_up"],
      ["beside", "stopped"],
    ]);
    await pidOf(app, "bystander");
    expect(await live.lines("runs.log")).toHaveLength(2);
    expect((await app.node("outer")).restartsInWindow).toBe(0);
    expect(await app.cli("start", "inner")).toMatchObject({ code: 0 });
    await app.waitFor("inner", (node) => node.generation === 2);
  });
});

describe("significant children", () => {
  it("any_significant: one that ends by itself takes the supervisor down", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "job",
      supervisor: "{ auto_shutdown: any_significant }",
      children: [
        agent("server", "sleep 1000"),
        agent("task", "while [ ! -e go ]; do sleep 0.05; done", "significant: true"),
      ],
    });
    const server = await pidOf(app, "server");
    await writeFile(`${live.dir}/go`, "");
    const root = await app.waitFor("job", (node) => node.children.every((child) => child.pid === undefined));
    expect(childStates(root)).toEqual([
      ["server", "stopped"],
      ["task", "done"],
    ]);
    expect(isAlive(server)).toBe(false);
  });

  it("all_significant: the last one does; a person's stop does not", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "jobs",
      supervisor: "{ auto_shutdown: all_significant }",
      children: [
        agent("server", "sleep 1000"),
        agent("one", "sleep 1000", "significant: true, restart: temporary"),
        agent("two", "sleep 1000", "significant: true, restart: temporary"),
      ],
    });
    const server = await pidOf(app, "server");
    await pidOf(app, "two");
    expect(await app.cli("stop", "one")).toMatchObject({ code: 0 });
    expect(isAlive(server)).toBe(true);
    killHard(await pidOf(app, "two"));
    await app.waitFor("server", (node) => node.state === "stopped");
    expect(isAlive(server)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { CRASH, NORMAL, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";

describe("startChild", () => {
  it("starts a new child at the end of the order", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    expect(await supervisor.startChild(rig.child("b"))).toEqual({ code: "ok", id: "b" });
    expect(await statusLine(supervisor)).toBe("b:running a:running");
    expect(rig.contexts.at(-1)?.occasion).toBe("requested");
  });

  it("says already_started of a running id and already_present of a stopped one", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("ab") });
    await supervisor.terminateChild("b");
    expect(await supervisor.startChild(rig.child("a"))).toEqual({ code: "already_started" });
    expect(await supervisor.startChild(rig.child("b"))).toEqual({ code: "already_present" });
  });

  it("keeps nothing of a start that fails", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    rig.plan("b", "fail");
    expect(await supervisor.startChild(rig.child("b"))).toMatchObject({
      code: "start_error",
      reason: { type: "crash" },
    });
    expect(await statusLine(supervisor)).toBe("a:running");
    expect(rig.eventTypes()).not.toContain("restart_counted b");
  });

  it("keeps the spec of an ignoring child unless it is temporary", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: [] });
    rig.plan("a", "ignore");
    rig.plan("t", "ignore");
    expect(await supervisor.startChild(rig.child("a"))).toEqual({ code: "ignored" });
    expect(await supervisor.startChild(rig.child("t", { restart: "temporary" }))).toEqual({ code: "ignored" });
    expect(await statusLine(supervisor)).toBe("a:undefined");
  });

  it("refuses an invalid spec with its reason", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: [] });
    expect(await supervisor.startChild(rig.child("a", { shutdown: -1 }))).toMatchObject({ code: "invalid" });
    expect(await supervisor.startChild(rig.child("a", { restart: "transient", significant: true }))).toMatchObject({
      code: "invalid",
    });
  });
});

describe("startInstance", () => {
  it("refuses beyond maxChildren, restarting instances included", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "simple_one_for_one",
      maxChildren: 2,
      children: rig.children("t", {
        backoff: { initialMs: 1000, maxMs: 1000, factor: 1, jitter: 0, resetAfterMs: 99_999 },
      }),
    });
    await supervisor.startInstance("x");
    await supervisor.startInstance("y");
    await rig.exit("x", CRASH);
    await rig.exit("x", CRASH);
    expect(await statusLine(supervisor)).toBe("y:running x:restarting");
    expect(await supervisor.startInstance("z")).toEqual({ code: "max_children" });
    await supervisor.terminateChild("x");
    expect(await supervisor.startInstance("z")).toEqual({ code: "ok", id: "z" });
  });

  it("refuses everything with maxChildren 0", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "simple_one_for_one",
      maxChildren: 0,
      children: rig.children("t"),
    });
    expect(await supervisor.startInstance("x")).toEqual({ code: "max_children" });
  });

  it("belongs to simple_one_for_one, startChild to the others", async () => {
    const rig = new SupervisionRig();
    const simple = await rig.supervise({ strategy: "simple_one_for_one", children: rig.children("t") });
    const plain = await rig.supervise({ children: [] });
    expect(await simple.startChild(rig.child("x"))).toMatchObject({ code: "invalid" });
    expect(await plain.startInstance("x")).toMatchObject({ code: "invalid" });
  });

  it("forgets a terminated instance altogether, and one that does not start", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: rig.children("t") });
    await supervisor.startInstance("x");
    expect(await supervisor.startInstance("x")).toEqual({ code: "already_started" });
    expect(await supervisor.terminateChild("x")).toEqual({ code: "ok" });
    expect(await supervisor.terminateChild("x")).toEqual({ code: "not_found" });
    rig.plan("y", "fail");
    rig.plan("z", "ignore");
    expect(await supervisor.startInstance("y")).toMatchObject({ code: "start_error" });
    expect(await supervisor.startInstance("z")).toEqual({ code: "ignored" });
    expect(await supervisor.whichChildren()).toEqual([]);
  });
});

describe("terminateChild, restartChild and deleteChild", () => {
  it("stop a child by its ladder, uncounted, and keep its spec; stopping it again is ok", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 0, children: rig.children("ab") });
    expect(await supervisor.terminateChild("a")).toEqual({ code: "ok" });
    expect(await supervisor.terminateChild("a")).toEqual({ code: "ok" });
    expect(await supervisor.terminateChild("x")).toEqual({ code: "not_found" });
    expect(await statusLine(supervisor)).toBe("b:running a:undefined");
    expect(rig.events.at(-1)).toEqual({ type: "child_terminated", id: "a", because: "requested" });
  });

  it("leave siblings alone under every strategy", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "one_for_all", children: rig.children("abc") });
    rig.takeLog();
    await supervisor.terminateChild("a");
    await supervisor.restartChild("a");
    expect(rig.takeLog()).toEqual(["ask a", "start a"]);
  });

  it("forget a temporary child when it is terminated", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a", { restart: "temporary" }) });
    await supervisor.terminateChild("a");
    expect(await supervisor.terminateChild("a")).toEqual({ code: "not_found" });
  });

  it("start a stopped child again, and say running of a running one", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a", { restart: "transient" }) });
    expect(await supervisor.restartChild("a")).toEqual({ code: "running" });
    await rig.exit("a", NORMAL);
    expect(await supervisor.restartChild("a")).toEqual({ code: "ok" });
    expect(await supervisor.restartChild("x")).toEqual({ code: "not_found" });
  });

  it("leave a child stopped whose start by hand fails or ignores", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    await supervisor.terminateChild("a");
    rig.plan("a", "fail", "ignore");
    expect(await supervisor.restartChild("a")).toMatchObject({ code: "start_error" });
    expect(await supervisor.restartChild("a")).toEqual({ code: "ignored" });
    expect(await statusLine(supervisor)).toBe("a:undefined");
  });

  it("delete only what does not run", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    expect(await supervisor.deleteChild("a")).toEqual({ code: "running" });
    await supervisor.terminateChild("a");
    expect(await supervisor.deleteChild("a")).toEqual({ code: "ok" });
    expect(await supervisor.deleteChild("a")).toEqual({ code: "not_found" });
    expect(await supervisor.startChild(rig.child("a"))).toEqual({ code: "ok", id: "a" });
  });

  it("are served in turn, one after the other", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    const results = await Promise.all([
      supervisor.terminateChild("a"),
      supervisor.deleteChild("a"),
      supervisor.startChild(rig.child("a")),
      supervisor.restartChild("a"),
    ]);
    expect(results.map(({ code }) => code)).toEqual(["ok", "ok", "ok", "running"]);
  });
});

describe("whichChildren and countChildren", () => {
  it("list in reverse start order, and count specs, active ones, supervisors and workers", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      children: [rig.child("a"), rig.child("s", { type: "supervisor" }), rig.child("c")],
    });
    await supervisor.terminateChild("c");
    expect(await supervisor.whichChildren()).toEqual([
      { id: "c", status: "undefined", type: "worker", restart: "permanent", significant: false },
      { id: "s", status: "running", type: "supervisor", restart: "permanent", significant: false },
      { id: "a", status: "running", type: "worker", restart: "permanent", significant: false },
    ]);
    expect(await supervisor.countChildren()).toEqual({ specs: 3, active: 2, supervisors: 1, workers: 2 });
  });

  it("answer while a start hangs", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    rig.plan("b", "hang");
    const starting = supervisor.startChild(rig.child("b"));
    expect(await statusLine(supervisor)).toBe("b:undefined a:running");
    await rig.release("b");
    await starting;
  });
});

describe("addSpec and replaceSpec", () => {
  it("add a child that waits to be started, at its place in the order", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "rest_for_one", children: rig.children("ac") });
    expect(await supervisor.addSpec(rig.child("b"), { before: "c" })).toEqual({ code: "ok", id: "b" });
    expect(await supervisor.addSpec(rig.child("d"), { before: "gone" })).toEqual({ code: "ok", id: "d" });
    expect(await supervisor.addSpec(rig.child("a"))).toEqual({ code: "already_started" });
    expect(await statusLine(supervisor)).toBe("d:undefined c:running b:undefined a:running");
    await supervisor.restartChild("b");
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "start b", "start c", "start d"]);
  });

  it("give a running child new rules from its next exit on", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    const life = rig.lifeOf("a");
    expect(await supervisor.replaceSpec(rig.child("a", { restart: "transient" }))).toEqual({ code: "ok" });
    expect(rig.lifeOf("a")).toBe(life);
    await rig.exit("a", NORMAL);
    expect(await statusLine(supervisor)).toBe("a:undefined");
    expect(await supervisor.replaceSpec(rig.child("x"))).toEqual({ code: "not_found" });
    expect(await supervisor.replaceSpec(rig.child("a", { shutdown: -5 }))).toMatchObject({ code: "invalid" });
  });

  it("setRules gives the supervisor itself new rules, and its children and counts stay", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 1, periodS: 60, children: rig.children("ab") });
    const life = rig.lifeOf("b");
    await rig.exit("a", CRASH);
    rig.takeLog();
    expect(await supervisor.setRules({ strategy: "one_for_all", intensity: 2, periodS: 60 })).toEqual({ code: "ok" });
    expect(rig.lifeOf("b")).toBe(life);
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["ask b", "start a", "start b"]);
    await rig.exit("a", CRASH);
    expect((await supervisor.exited).type).toBe("shutdown");
    const other = await rig.supervise({ children: [] });
    expect(await other.setRules({ intensity: -1 })).toMatchObject({ code: "invalid" });
    expect(await other.setRules({ strategy: "simple_one_for_one" })).toMatchObject({ code: "invalid" });
  });
});

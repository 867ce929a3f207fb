import { describe, expect, it } from "vitest";
import { CRASH, LOST, PARKED, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";

const backoff = { initialMs: 1000, maxMs: 8000, factor: 2, jitter: 0.5, resetAfterMs: 60_000 };

describe("a child with backoff", () => {
  it("is counted at its exit, restarts at once the first time and waits from the second on", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    expect(await statusLine(supervisor)).toBe("a:running");
    await rig.exit("a", CRASH);
    expect(await statusLine(supervisor)).toBe("a:restarting");
    expect(rig.eventTypes().slice(-3)).toEqual(["child_exited a", "restart_counted a", "restart_scheduled a"]);
    expect(rig.events.at(-1)).toEqual({
      type: "restart_scheduled",
      id: "a",
      delayMs: 1000,
      at: rig.clock.wallNow(),
      attempt: 1,
    });
    await rig.clock.advance(999);
    expect(rig.running).toBe("");
    await rig.clock.advance(1);
    expect(rig.running).toBe("a");
  });

  it("waits longer each time, with jitter on top", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ intensity: 99, children: rig.children("a", { backoff }) });
    rig.randomValue = 0.5;
    for (let failure = 0; failure < 6; failure += 1) {
      await rig.exit("a", CRASH);
      await rig.clock.advance(20_000);
    }
    const delays = rig.events.flatMap((event) => (event.type === "restart_scheduled" ? [event.delayMs] : []));
    expect(delays).toEqual([1250, 2500, 5000, 10_000, 10_000]);
  });

  it("restarts at once again after a stable life", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.clock.advance(60_000);
    rig.takeLog();
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["start a"]);
  });

  it("goes on with the series when the start itself fails", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    rig.plan("a", "fail", "fail");
    await rig.exit("a", CRASH);
    await rig.clock.advance(10_000);
    const delays = rig.events.flatMap((event) => (event.type === "restart_scheduled" ? [event.delayMs] : []));
    expect(delays).toEqual([1000, 2000]);
    expect(rig.events.filter(({ type }) => type === "restart_counted")).toHaveLength(3);
    expect(rig.running).toBe("a");
  });

  it("can be stopped while it waits", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.exit("a", CRASH);
    expect(await supervisor.deleteChild("a")).toEqual({ code: "restarting" });
    expect(await supervisor.terminateChild("a")).toEqual({ code: "ok" });
    expect(await statusLine(supervisor)).toBe("a:undefined");
    expect(rig.clock.pending).toBe(0);
    await rig.clock.advance(60_000);
    expect(rig.running).toBe("");
  });

  it("can be started by hand while it waits, uncounted, and begins its series anew", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.exit("a", CRASH);
    expect(await supervisor.restartChild("a")).toEqual({ code: "ok" });
    expect(rig.contexts.at(-1)?.occasion).toBe("requested");
    expect(rig.events.filter(({ type }) => type === "restart_counted")).toHaveLength(2);
    expect(rig.clock.pending).toBe(0);
    rig.takeLog();
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["start a"]);
  });

  it("is tried again by itself when the start by hand fails", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.exit("a", CRASH);
    rig.plan("a", "fail");
    expect(await supervisor.restartChild("a")).toMatchObject({ code: "start_error" });
    await rig.clock.advance(1000);
    expect(rig.running).toBe("a");
  });

  it("takes its group down at once and brings it up after the wait", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "one_for_all",
      intensity: 9,
      children: rig.children("abc", { backoff }),
    });
    await rig.exit("b", CRASH);
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "ask a"]);
    expect(await statusLine(supervisor)).toBe("c:undefined b:restarting a:undefined");
    await rig.clock.advance(1000);
    expect(rig.takeLog()).toEqual(["start a", "start b", "start c"]);
  });

  it("started by hand brings its whole group up", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "rest_for_one",
      intensity: 9,
      children: rig.children("abc", { backoff }),
    });
    await rig.exit("b", CRASH);
    await rig.exit("b", CRASH);
    rig.takeLog();
    expect(await supervisor.restartChild("b")).toEqual({ code: "ok" });
    expect(rig.takeLog()).toEqual(["start b", "start c"]);
  });

  it("does not keep a stop waiting", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 9, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.exit("a", CRASH);
    await supervisor.stop();
    expect(rig.clock.pending).toBe(0);
  });

  it("is not started when its failure was one too many", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 1, children: rig.children("a", { backoff }) });
    await rig.exit("a", CRASH);
    await rig.exit("a", CRASH);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
    expect(rig.clock.pending).toBe(0);
  });
});

describe("a parked child", () => {
  it("counts nothing, touches no sibling and keeps its spec, temporary or not", async () => {
    for (const restart of ["permanent", "transient", "temporary"] as const) {
      const rig = new SupervisionRig();
      const supervisor = await rig.supervise({
        strategy: "one_for_all",
        intensity: 0,
        children: [rig.child("a", { restart }), rig.child("b")],
      });
      rig.takeLog();
      await rig.exit("a", PARKED);
      expect(await statusLine(supervisor)).toBe("b:running a:parked");
      expect(rig.takeLog()).toEqual([]);
    }
  });

  it("comes back by restartChild, also as an instance", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: rig.children("t") });
    await supervisor.startInstance("x");
    await rig.exit("x", PARKED);
    expect(await supervisor.startInstance("x")).toEqual({ code: "already_present" });
    expect(await supervisor.restartChild("x")).toEqual({ code: "ok" });
    expect(await statusLine(supervisor)).toBe("x:running");
  });

  it("stays parked while its group restarts, and when its start by hand fails", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "one_for_all", children: rig.children("abc") });
    await rig.exit("b", PARKED);
    await rig.exit("c", CRASH);
    expect(await statusLine(supervisor)).toBe("c:running b:parked a:running");
    rig.plan("b", "fail");
    expect(await supervisor.restartChild("b")).toMatchObject({ code: "start_error" });
    expect(await statusLine(supervisor)).toBe("c:running b:parked a:running");
  });

  it("can be terminated: then it is stopped", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    await rig.exit("a", PARKED);
    expect(await supervisor.terminateChild("a")).toEqual({ code: "ok" });
    expect(await statusLine(supervisor)).toBe("a:undefined");
  });

  it("is no end of a significant child", async () => {
    const rig = new SupervisionRig();
    const child = rig.child("a", { restart: "transient", significant: true });
    const supervisor = await rig.supervise({ autoShutdown: "any_significant", children: [child] });
    await rig.exit("a", PARKED);
    expect(await statusLine(supervisor)).toBe("a:parked");
  });
});

describe("a lost child", () => {
  it.each(["permanent", "transient"] as const)("if %s is restarted at once, alone and uncounted", async (restart) => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "one_for_all",
      intensity: 0,
      children: rig.children("abc", { restart, backoff }),
    });
    rig.takeLog();
    for (const id of ["a", "b", "c", "a", "b"]) await rig.exit(id, LOST);
    expect(rig.takeLog()).toEqual(["start a", "start b", "start c", "start a", "start b"]);
    expect(rig.eventTypes().filter((type) => type.startsWith("restart_"))).toEqual([]);
    expect(await statusLine(supervisor)).toBe("c:running b:running a:running");
  });

  it("if temporary is not restarted", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a", { restart: "temporary" }) });
    await rig.exit("a", LOST);
    expect(await statusLine(supervisor)).toBe("");
  });

  it("is tried again, counted but still alone, when its start fails", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ strategy: "one_for_all", children: rig.children("ab") });
    rig.takeLog();
    rig.plan("a", "fail");
    await rig.exit("a", LOST);
    expect(rig.takeLog()).toEqual(["fail a", "start a"]);
    expect(rig.events.filter(({ type }) => type === "restart_counted")).toHaveLength(1);
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["ask b", "start a", "start b"]);
  });
});

describe("restarts counted before", () => {
  it("fill the window of a new supervisor", async () => {
    const rig = new SupervisionRig();
    const nowS = Math.floor(rig.clock.wallNow() / 1000);
    const supervisor = await rig.supervise({
      intensity: 3,
      periodS: 60,
      earlierRestarts: [nowS - 10, nowS - 10, nowS - 3600],
      children: rig.children("a"),
    });
    await rig.exit("a", CRASH);
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "restart_counted", restartsInWindow: 3 }));
    await rig.exit("a", CRASH);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
  });
});

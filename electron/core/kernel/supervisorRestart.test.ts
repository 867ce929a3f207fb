import { describe, expect, it } from "vitest";
import { settle } from "#test/support/manualClock.ts";
import { CRASH, NORMAL, SHUTDOWN, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";
import type { ExitReason } from "./types.ts";

const KILLED: ExitReason = { type: "killed" };
const SHUTDOWN_TERM: ExitReason = { type: "shutdown", detail: "by the user" };

describe("the exit classification table", () => {
  it.each([
    ["permanent", NORMAL, "restart"],
    ["permanent", SHUTDOWN, "restart"],
    ["permanent", SHUTDOWN_TERM, "restart"],
    ["permanent", CRASH, "restart"],
    ["permanent", KILLED, "restart"],
    ["transient", NORMAL, "keep"],
    ["transient", SHUTDOWN, "keep"],
    ["transient", SHUTDOWN_TERM, "keep"],
    ["transient", CRASH, "restart"],
    ["transient", KILLED, "restart"],
    ["temporary", NORMAL, "remove"],
    ["temporary", SHUTDOWN, "remove"],
    ["temporary", SHUTDOWN_TERM, "remove"],
    ["temporary", CRASH, "remove"],
    ["temporary", KILLED, "remove"],
  ] as const)("a %s child that ends with %o: %s", async (restart, reason, outcome) => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: [rig.child("a", { restart }), rig.child("b")] });
    await rig.exit("a", reason);
    const status = { restart: "b:running a:running", keep: "b:running a:undefined", remove: "b:running" }[outcome];
    expect(await statusLine(supervisor)).toBe(status);
    expect(rig.eventTypes().includes("restart_counted a")).toBe(outcome === "restart");
    expect(rig.eventTypes().includes("child_removed a")).toBe(outcome === "remove");
  });
});

describe("one_for_one", () => {
  it("starts the failed child again and leaves its siblings alone", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ children: rig.children("abc") });
    const [a, c] = [rig.lifeOf("a"), rig.lifeOf("c")];
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["start b"]);
    expect([rig.lifeOf("a"), rig.lifeOf("c")]).toEqual([a, c]);
    expect(rig.contexts.at(-1)?.occasion).toBe("automatic");
  });
});

describe("one_for_all", () => {
  it("takes the others down in reverse order and starts all in order, counting once", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ strategy: "one_for_all", children: rig.children("abcd") });
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask d", "ask c", "ask a", "start a", "start b", "start c", "start d"]);
    expect(rig.events.filter(({ type }) => type === "restart_counted")).toEqual([
      { type: "restart_counted", id: "b", at: rig.clock.wallNow(), restartsInWindow: 1 },
    ]);
    expect(rig.events).toContainEqual({ type: "child_terminated", id: "d", because: "sibling", causedBy: "b" });
  });

  it("starts stopped members too, for the group is one", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "one_for_all", children: rig.children("abc") });
    await supervisor.terminateChild("a");
    await rig.exit("c", CRASH);
    expect(await statusLine(supervisor)).toBe("c:running b:running a:running");
  });

  it("drops a temporary bystander for good", async () => {
    const rig = new SupervisionRig();
    const children = [rig.child("a"), rig.child("t", { restart: "temporary" }), rig.child("c")];
    const supervisor = await rig.supervise({ strategy: "one_for_all", children });
    rig.takeLog();
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "ask t", "start a", "start c"]);
    expect(await statusLine(supervisor)).toBe("c:running a:running");
  });

  it("when another member fails, takes down the one that had come up and tries the whole group again", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ strategy: "one_for_all", intensity: 3, periodS: 3600, children: rig.children("ab") });
    rig.takeLog();
    rig.plan("b", "fail");
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["ask b", "start a", "fail b", "ask a", "start a", "start b"]);
  });

  it("shows the member that failed as restarting and the rest as they are", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "one_for_all", intensity: 99, children: rig.children("abc") });
    rig.plan("b", ...Array.from({ length: 20 }, () => "fail" as const));
    const exiting = rig.exit("c", CRASH);
    await settle();
    expect(await statusLine(supervisor)).toBe("c:undefined b:restarting a:running");
    await exiting;
  });
});

describe("rest_for_one", () => {
  it("takes down only those started later, in reverse order, and starts from the failed one on", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ strategy: "rest_for_one", children: rig.children("abcd") });
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask d", "ask c", "start b", "start c", "start d"]);
  });

  it("counts dynamic children as started last", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "rest_for_one", children: rig.children("ab") });
    await supervisor.startChild(rig.child("c"));
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "start b", "start c"]);
  });

  it("when a later member fails, tries again from that one and keeps what had come up before it", async () => {
    const rig = new SupervisionRig();
    await rig.supervise({ strategy: "rest_for_one", intensity: 3, periodS: 3600, children: rig.children("abc") });
    rig.takeLog();
    rig.plan("b", "fail");
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "ask b", "start a", "fail b", "start b", "start c"]);
  });
});

describe("simple_one_for_one", () => {
  it("restarts the instance alone, under its own id", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: rig.children("t") });
    await supervisor.startInstance("x");
    await supervisor.startInstance("y");
    rig.takeLog();
    await rig.exit("x", CRASH);
    expect(rig.takeLog()).toEqual(["start x"]);
    expect(await supervisor.countChildren()).toEqual({ specs: 1, active: 2, supervisors: 0, workers: 2 });
  });

  it.each(["permanent", "transient"] as const)("drops a %s instance that ignores its restart", async (restart) => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "simple_one_for_one",
      children: rig.children("t", { restart }),
    });
    await supervisor.startInstance("x");
    rig.plan("x", "ignore");
    await rig.exit("x", CRASH);
    expect(await supervisor.whichChildren()).toEqual([]);
  });

  it("forgets an instance that ends without being restarted", async () => {
    const rig = new SupervisionRig();
    const template = rig.child("t", { restart: "transient" });
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: [template] });
    await supervisor.startInstance("x");
    await rig.exit("x", NORMAL);
    expect(await supervisor.whichChildren()).toEqual([]);
  });

  it("gives up like any other", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      strategy: "simple_one_for_one",
      intensity: 1,
      children: rig.children("t"),
    });
    await supervisor.startInstance("x");
    await supervisor.startInstance("y");
    await rig.exit("x", CRASH);
    await rig.exit("y", CRASH);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
    expect(rig.running).toBe("");
  });
});

describe("restart intensity", () => {
  it("ends the supervisor with the failure after the last allowed one, the rest in reverse order", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 2, periodS: 5, children: rig.children("abc") });
    await rig.exit("b", CRASH);
    await rig.exit("b", CRASH);
    rig.takeLog();
    await rig.exit("b", CRASH);
    expect(rig.takeLog()).toEqual(["ask c", "ask a"]);
    expect(await supervisor.exited).toEqual({
      type: "shutdown",
      detail: 'intensity reached: more than 2 restarts in 5 s, last "b"',
    });
    expect(rig.eventTypes().slice(-4)).toEqual([
      "intensity_reached b",
      "child_terminated c",
      "child_terminated a",
      "stopped",
    ]);
  });

  it("gives up at the first failure with intensity 0", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 0, children: rig.children("a") });
    await rig.exit("a", CRASH);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
  });

  it("counts the exit of a permanent child with normal too", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 1, children: rig.children("a") });
    await rig.exit("a", NORMAL);
    await rig.exit("a", NORMAL);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
  });

  it("is shared by all children, whoever fails", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 1, children: rig.children("ab") });
    await rig.exit("a", CRASH);
    await rig.exit("b", CRASH);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
  });

  it("counts every start that fails again, in every strategy", async () => {
    for (const strategy of ["one_for_one", "one_for_all", "rest_for_one"] as const) {
      const rig = new SupervisionRig();
      const supervisor = await rig.supervise({ strategy, intensity: 4, periodS: 3600, children: rig.children("ab") });
      rig.plan("b", "fail", "fail", "fail", "fail", "fail", "fail");
      await rig.exit("a", CRASH);
      if (strategy === "one_for_one") await rig.exit("b", CRASH);
      expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
      expect(rig.events.filter(({ type }) => type === "restart_counted")).toHaveLength(4);
      expect(rig.running).toBe("");
    }
  });

  it("never fills when failures are further apart than the period", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ intensity: 1, periodS: 5, children: rig.children("a") });
    for (let failure = 0; failure < 20; failure += 1) {
      await rig.exit("a", CRASH);
      await rig.clock.advance(6000);
    }
    expect(await statusLine(supervisor)).toBe("a:running");
  });
});

describe("a restart loop", () => {
  async function loop(strategy: "one_for_one" | "rest_for_one") {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy, intensity: 1000, children: rig.children("abc") });
    rig.plan("b", ...Array.from({ length: 100 }, () => "fail" as const));
    const exiting = rig.exit("b", CRASH);
    await settle();
    return { rig, supervisor, exiting };
  }

  it("answers admin calls between two attempts", async () => {
    const { rig, supervisor, exiting } = await loop("one_for_one");
    expect(await statusLine(supervisor)).toBe("c:running b:restarting a:running");
    expect(await supervisor.countChildren()).toEqual({ specs: 3, active: 2, supervisors: 0, workers: 3 });
    expect(await supervisor.restartChild("b")).toEqual({ code: "restarting" });
    expect(await supervisor.deleteChild("b")).toEqual({ code: "restarting" });
    expect(await supervisor.startChild(rig.child("b"))).toEqual({ code: "already_present" });
    expect(await supervisor.startChild(rig.child("d"))).toEqual({ code: "ok", id: "d" });
    expect(await supervisor.terminateChild("b")).toEqual({ code: "ok" });
    await exiting;
    expect(await statusLine(supervisor)).toBe("d:running c:running b:undefined a:running");
    expect(rig.clock.pending).toBe(0);
  });

  it("under rest_for_one leaves the rest down when the failing one is terminated, as in OTP", async () => {
    const { rig, supervisor, exiting } = await loop("rest_for_one");
    expect(await statusLine(supervisor)).toBe("c:undefined b:restarting a:running");
    expect(await supervisor.terminateChild("b")).toEqual({ code: "ok" });
    await exiting;
    expect(await statusLine(supervisor)).toBe("c:undefined b:undefined a:running");
    expect(await supervisor.deleteChild("b")).toEqual({ code: "ok" });
    expect(await supervisor.restartChild("c")).toEqual({ code: "ok" });
    expect(rig.clock.pending).toBe(0);
  });

  it("hears the stop", async () => {
    const { rig, supervisor, exiting } = await loop("one_for_one");
    await supervisor.stop();
    await exiting;
    expect(rig.running).toBe("");
    expect(rig.clock.pending).toBe(0);
  });

  it("yields to the clock between attempts, so that a start that fails at once starves nobody", async () => {
    const { rig, supervisor } = await loop("one_for_one");
    const attempts = rig.log.filter((line) => line === "fail b").length;
    expect(attempts).toBeLessThan(100);
    await supervisor.stop();
  });
});

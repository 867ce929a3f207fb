import { describe, expect, it } from "vitest";
import { settle } from "#test/support/manualClock.ts";
import { CRASH, NORMAL, SHUTDOWN, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";

describe("stopping a supervisor", () => {
  it("ends the children one at a time in reverse start order, then itself", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("abc", { obedience: 10 }) });
    rig.takeLog();
    const stopping = supervisor.stop();
    await settle();
    expect(rig.takeLog()).toEqual(["ask c"]);
    await rig.clock.advance(30);
    await stopping;
    expect(rig.takeLog()).toEqual(["ask b", "ask a"]);
    expect(await supervisor.exited).toEqual({ type: "shutdown" });
    expect(rig.eventTypes().slice(3)).toEqual([
      "child_terminated c",
      "child_terminated b",
      "child_terminated a",
      "stopped",
    ]);
  });

  it("waits as long as the child's shutdown says, then kills and reports it", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: [rig.child("a", { shutdown: 200, obedience: "ignore" })] });
    const stopping = supervisor.stop();
    await rig.clock.advance(199);
    expect(rig.takeLog()).toEqual(["start a", "ask a"]);
    await rig.clock.advance(1);
    await stopping;
    expect(rig.takeLog()).toEqual(["kill a"]);
    expect(rig.events).toContainEqual({ type: "shutdown_error", id: "a", reason: { type: "killed" } });
  });

  it("waits for ever with infinity", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      children: [rig.child("a", { shutdown: "infinity", obedience: 86_400_000 })],
    });
    const stopping = supervisor.stop();
    await rig.clock.advance(86_400_000);
    await stopping;
    expect(rig.log).toEqual(["start a", "ask a"]);
  });

  it("does not ask with brutal_kill, and does not report the kill", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a", { shutdown: "brutal_kill" }) });
    await supervisor.stop();
    expect(rig.log).toEqual(["start a", "kill a"]);
    expect(rig.eventTypes()).not.toContain("shutdown_error a");
  });

  it("reports a child that ends in another way than told, and goes on", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: [rig.child("a"), rig.child("b", { lastWords: CRASH })] });
    await supervisor.stop();
    expect(rig.events).toContainEqual({ type: "shutdown_error", id: "b", reason: CRASH });
    expect(rig.running).toBe("");
  });

  it.each([
    { restart: "permanent", reported: true },
    { restart: "transient", reported: false },
    { restart: "temporary", reported: false },
  ] as const)(
    "takes a normal end of a $restart child on request for an error: $reported",
    async ({ restart, reported }) => {
      const rig = new SupervisionRig();
      const supervisor = await rig.supervise({ children: [rig.child("a", { restart, lastWords: NORMAL })] });
      await supervisor.stop();
      expect(rig.eventTypes().includes("shutdown_error a")).toBe(reported);
    },
  );

  it("does not ask a child that died before its turn, and restarts nothing", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      children: [rig.child("a"), rig.child("b"), rig.child("c", { obedience: 50 })],
    });
    const stopping = supervisor.stop();
    await rig.exit("b", CRASH);
    await rig.clock.advance(50);
    await stopping;
    expect(rig.log).toEqual(["start a", "start b", "start c", "ask c", "ask a"]);
    expect(rig.eventTypes()).not.toContain("restart_counted b");
  });

  it("is not held up by a handle that throws", async () => {
    const rig = new SupervisionRig();
    const { promise, resolve } = Promise.withResolvers<typeof SHUTDOWN>();
    const child = {
      exited: promise,
      shutdown() {
        throw new Error("no such process");
      },
      kill: () => resolve({ type: "killed" }),
    };
    const supervisor = await rig.supervise({
      children: [{ id: "a", start: async () => ({ type: "started", child }), shutdown: 50 }],
    });
    const stopping = supervisor.stop();
    await rig.clock.advance(50);
    await stopping;
  });

  it("under simple_one_for_one asks all at once and kills the rest under one timer", async () => {
    const rig = new SupervisionRig();
    const template = rig.child("t", { shutdown: 2000, obedience: "ignore" });
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: [template] });
    for (const id of ["x", "y", "z"]) await supervisor.startInstance(id);
    rig.takeLog();
    const stopping = supervisor.stop();
    await settle();
    expect(rig.takeLog()).toEqual(["ask z", "ask y", "ask x"]);
    await rig.exit("y", SHUTDOWN);
    expect(rig.clock.pending).toBe(1);
    await rig.clock.advance(2000);
    await stopping;
    expect(rig.takeLog()).toEqual(["kill z", "kill x"]);
    expect(rig.running).toBe("");
  });

  it("is idempotent, and shutdown() of the handle is the same", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("ab") });
    supervisor.shutdown();
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    expect(rig.log.filter((line) => line === "ask a")).toHaveLength(1);
    expect(rig.events.filter(({ type }) => type === "stopped")).toHaveLength(1);
  });

  it("answers every later call with stopping", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    const [, queued] = [supervisor.stop(), supervisor.restartChild("a")];
    expect(await queued).toEqual({ code: "stopping" });
    await supervisor.exited;
    expect(await supervisor.startChild(rig.child("b"))).toEqual({ code: "stopping" });
    expect(await supervisor.deleteChild("a")).toEqual({ code: "stopping" });
    expect(await statusLine(supervisor)).toBe("a:undefined");
  });

  it("does not hang on a start under way: it tells it, waits the child's shutdown, and takes a late child down", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("ab", { shutdown: 300 }) });
    rig.plan("b", "hang");
    await rig.exit("b", CRASH);
    const asked = supervisor.startChild(rig.child("c"));
    const stopping = supervisor.stop();
    expect(rig.contexts.at(-1)?.signal.aborted).toBe(true);
    await rig.clock.advance(300);
    await stopping;
    expect(await asked).toEqual({ code: "stopping" });
    expect(rig.running).toBe("");
    await rig.release("b");
    expect(rig.running).toBe("");
    expect(rig.log.slice(-2)).toEqual(["start b", "ask b"]);
  });

  it("takes a child that comes up while it is told to stop down with the others", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    rig.plan("b", "hang");
    const asked = supervisor.startChild(rig.child("b"));
    await settle();
    const stopping = supervisor.stop();
    await rig.release("b");
    await stopping;
    expect(await asked).toEqual({ code: "ok", id: "b" });
    expect(rig.log.slice(-3)).toEqual(["start b", "ask b", "ask a"]);
    expect(rig.clock.pending).toBe(0);
  });
});

describe("killing a supervisor", () => {
  it("kills every child at once and asks none", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("abc", { obedience: "ignore" }) });
    rig.takeLog();
    supervisor.kill();
    expect(rig.takeLog().toSorted()).toEqual(["kill a", "kill b", "kill c"]);
    expect(await supervisor.exited).toEqual({ type: "killed" });
  });

  it("cuts a polite stop short", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("ab", { obedience: "ignore" }) });
    void supervisor.stop();
    await settle();
    supervisor.kill();
    expect(await supervisor.exited).toEqual({ type: "killed" });
    expect(rig.running).toBe("");
  });

  it("does not wait for a start under way and kills what comes of it", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ children: rig.children("a") });
    rig.plan("b", "hang");
    void supervisor.startChild(rig.child("b", { obedience: "ignore" }));
    await settle();
    supervisor.kill();
    await supervisor.exited;
    await rig.release("b");
    expect(rig.running).toBe("");
    expect(rig.log.at(-1)).toBe("kill b");
  });
});

import { describe, expect, it } from "vitest";
import { settle } from "#test/support/manualClock.ts";
import { CRASH, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";

describe("starting a supervisor", () => {
  it("starts the children in list order and is up only when all are", async () => {
    const rig = new SupervisionRig();
    rig.plan("b", "hang");
    let isUp = false;
    const starting = rig.start({ children: rig.children("abc") }).then(() => (isUp = true));
    await settle();
    expect({ isUp, log: rig.log }).toEqual({ isUp: false, log: ["start a", "hang b"] });
    await rig.release("b");
    await starting;
    expect(rig.log).toEqual(["start a", "hang b", "start b", "start c"]);
    expect(rig.contexts.map(({ occasion }) => occasion)).toEqual(["initial", "initial", "initial"]);
  });

  it("fails when a child fails, after taking down the started ones in reverse order", async () => {
    const rig = new SupervisionRig();
    rig.plan("c", "fail");
    const result = await rig.start({ children: rig.children("abcd") });
    expect(result).toEqual({
      type: "error",
      reason: { type: "shutdown", detail: 'failed to start child "c": crash: c does not start' },
    });
    expect(rig.log).toEqual(["start a", "start b", "fail c", "ask b", "ask a"]);
    expect(rig.running).toBe("");
    expect(rig.clock.pending).toBe(0);
  });

  it("takes a start that throws for one that failed", async () => {
    const rig = new SupervisionRig();
    const start = () => Promise.reject(new Error("no such file"));
    const result = await rig.start({ children: [{ id: "a", start }] });
    expect(result).toMatchObject({ type: "error", reason: { detail: expect.stringContaining("no such file") } });
  });

  it("starts nothing of an invalid specification", async () => {
    const rig = new SupervisionRig();
    const result = await rig.start({ children: rig.children("aa") });
    expect(result.type).toBe("invalid");
    expect(rig.log).toEqual([]);
  });

  it.each(["permanent", "transient"] as const)(
    "keeps the spec of a %s child that ignores its start",
    async (restart) => {
      const rig = new SupervisionRig();
      rig.plan("a", "ignore");
      const supervisor = await rig.supervise({ children: [rig.child("a", { restart }), rig.child("b")] });
      expect(await statusLine(supervisor)).toBe("b:running a:undefined");
    },
  );

  it("drops the spec of a temporary child that ignores its start", async () => {
    const rig = new SupervisionRig();
    rig.plan("a", "ignore");
    const supervisor = await rig.supervise({ children: [rig.child("a", { restart: "temporary" }), rig.child("b")] });
    expect(await statusLine(supervisor)).toBe("b:running");
  });

  it("starts nothing by itself under simple_one_for_one", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({ strategy: "simple_one_for_one", children: rig.children("t") });
    expect(rig.log).toEqual([]);
    expect(await supervisor.whichChildren()).toEqual([]);
  });

  it("deals with a child that dies during the start only when all are up", async () => {
    const rig = new SupervisionRig();
    rig.plan("b", "hang");
    const starting = rig.start({ children: rig.children("ab") });
    await settle();
    await rig.exit("a", CRASH);
    expect(rig.takeLog()).toEqual(["start a", "hang b"]);
    await rig.release("b");
    await starting;
    await settle();
    expect(rig.takeLog()).toEqual(["start b", "start a"]);
  });

  it("gives up a hanging start when its signal is aborted, and takes down what comes up late", async () => {
    const rig = new SupervisionRig();
    rig.plan("b", "hang");
    const controller = new AbortController();
    const starting = rig.start({ children: rig.children("ab", { shutdown: 100 }) }, controller.signal);
    await settle();
    controller.abort();
    expect(rig.contexts[1]?.signal.aborted).toBe(true);
    await rig.clock.advance(100);
    expect(await starting).toMatchObject({ type: "error", reason: { type: "shutdown" } });
    expect(rig.running).toBe("");
    await rig.release("b");
    expect(rig.takeLog()).toEqual(["start a", "hang b", "ask a", "start b", "ask b"]);
    expect(rig.running).toBe("");
  });

  it("starts nothing when the signal was aborted before", async () => {
    const rig = new SupervisionRig();
    const result = await rig.start({ children: rig.children("a") }, AbortSignal.abort());
    expect(result.type).toBe("error");
    expect(rig.log).toEqual([]);
  });

  it("only logs an observer that throws", async () => {
    const rig = new SupervisionRig();
    const onEvent = () => {
      throw new Error("observer");
    };
    const { startSupervisor } = await import("./supervisor.ts");
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
    const result = await startSupervisor(
      { name: "top", children: rig.children("a") },
      { ...rig.deps(), onEvent, logger },
    );
    expect(result.type).toBe("started");
    expect(errors).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import type { RestartType } from "#shared/model/states.ts";
import { settle } from "#test/support/manualClock.ts";
import { CRASH, NORMAL, SHUTDOWN, statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";
import { startSupervisor } from "./supervisor.ts";
import type { ChildSpec, SupervisorRef, SupervisorSpec } from "./types.ts";

/** A nested supervisor as a child; `onUp` hears of every new one. */
function nested(
  rig: SupervisionRig,
  spec: SupervisorSpec,
  given: { readonly restart?: RestartType; readonly onUp?: (supervisor: SupervisorRef) => void } = {},
): ChildSpec {
  return {
    id: spec.name,
    type: "supervisor",
    restart: given.restart ?? "permanent",
    start: async (context) => {
      const result = await startSupervisor(spec, { ...rig.deps(context.signal), onEvent: () => undefined });
      if (result.type === "invalid") return { type: "error", reason: { type: "crash", detail: result.message } };
      if (result.type === "error") return result;
      given.onUp?.(result.supervisor);
      return { type: "started", child: result.supervisor };
    },
  };
}

describe("a tree", () => {
  it("starts depth first and stops in exactly the reverse order", async () => {
    const rig = new SupervisionRig();
    const inner = nested(rig, { name: "inner", children: rig.children("bc") });
    const top = await rig.supervise({ children: [rig.child("a"), inner, rig.child("d")] });
    expect(rig.takeLog()).toEqual(["start a", "start b", "start c", "start d"]);
    await top.stop();
    expect(rig.takeLog()).toEqual(["ask d", "ask c", "ask b", "ask a"]);
  });

  it("gives the top up after the product of the intensities", async () => {
    const rig = new SupervisionRig();
    const inner = nested(rig, { name: "inner", intensity: 2, periodS: 3600, children: rig.children("a") });
    const top = await rig.supervise({ intensity: 3, periodS: 3600, children: [inner] });
    let failures = 0;
    while (rig.running === "a") {
      await rig.exit("a", CRASH);
      failures += 1;
    }
    expect(failures).toBe((2 + 1) * (3 + 1));
    expect(await top.exited).toMatchObject({ type: "shutdown" });
  });

  it.each([
    { restart: "permanent", status: "inner:running" },
    { restart: "transient", status: "inner:undefined" },
    { restart: "temporary", status: "" },
  ] as const)("when an inner $restart supervisor gives up it is '$status'", async ({ restart, status }) => {
    const rig = new SupervisionRig();
    const inner = nested(rig, { name: "inner", intensity: 0, children: rig.children("a") }, { restart });
    const top = await rig.supervise({ children: [inner] });
    await rig.exit("a", CRASH);
    expect(await statusLine(top)).toBe(status);
    const exit = rig.events.find(({ type }) => type === "child_exited");
    expect(exit).toMatchObject({
      id: "inner",
      reason: { type: "shutdown", detail: expect.stringContaining("intensity reached") },
    });
  });

  it("brings static children back and loses dynamic ones when a supervisor is restarted", async () => {
    const rig = new SupervisionRig();
    let current: SupervisorRef | undefined;
    const spec: SupervisorSpec = { name: "inner", intensity: 0, children: rig.children("ab") };
    const inner = nested(rig, spec, { onUp: (supervisor) => void (current = supervisor) });
    await rig.supervise({ children: [inner] });
    await current?.startChild(rig.child("dynamic"));
    await current?.terminateChild("b");
    await current?.deleteChild("b");
    await rig.exit("a", CRASH);
    expect(await current?.whichChildren()).toMatchObject([
      { id: "b", status: "running" },
      { id: "a", status: "running" },
    ]);
  });

  it("does not hang when it is stopped while an inner supervisor still starts", async () => {
    const rig = new SupervisionRig();
    const top = await rig.supervise({ children: [rig.child("a")] });
    rig.plan("c", "hang");
    const inner = nested(rig, { name: "inner", children: rig.children("bc", { shutdown: 100 }) });
    const asked = top.startChild(inner);
    await settle();
    const stopping = top.stop();
    await rig.clock.advance(100);
    await stopping;
    expect((await asked).code).toBe("start_error");
    expect(rig.running).toBe("");
    await rig.release("c");
    expect(rig.running).toBe("");
  });

  it("dies as a whole, down to the last grandchild, when the top is killed", async () => {
    const rig = new SupervisionRig();
    const inner = nested(rig, { name: "inner", children: rig.children("bc", { obedience: "ignore" }) });
    const top = await rig.supervise({ children: [inner, rig.child("a", { obedience: "ignore" })] });
    rig.takeLog();
    top.kill();
    await top.exited;
    expect(rig.takeLog().toSorted()).toEqual(["kill a", "kill b", "kill c"]);
  });

  it("kills what an inner supervisor has started so far when it is killed in the middle of it", async () => {
    const rig = new SupervisionRig();
    const top = await rig.supervise({ children: [] });
    rig.plan("c", "hang");
    void top.startChild(nested(rig, { name: "inner", children: rig.children("bc", { obedience: "ignore" }) }));
    await settle();
    top.kill();
    await settle();
    expect(rig.running).toBe("");
  });
});

describe("auto-shutdown", () => {
  const significant = { significant: true, restart: "transient" } as const;

  it("any_significant: ends the supervisor when one ends by itself, the rest in reverse order", async () => {
    const rig = new SupervisionRig();
    const children = [rig.child("a", significant), rig.child("b"), rig.child("c", significant)];
    const supervisor = await rig.supervise({ autoShutdown: "any_significant", children });
    rig.takeLog();
    await rig.exit("a", NORMAL);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
    expect(rig.takeLog()).toEqual(["ask c", "ask b"]);
    expect(rig.eventTypes()).toContain("auto_shutdown a");
  });

  it("all_significant: only when the last active one ends", async () => {
    const rig = new SupervisionRig();
    const children = [rig.child("a", significant), rig.child("b"), rig.child("c", significant)];
    const supervisor = await rig.supervise({ autoShutdown: "all_significant", children });
    await rig.exit("a", NORMAL);
    expect(await statusLine(supervisor)).toBe("c:running b:running a:undefined");
    await rig.exit("c", SHUTDOWN);
    expect(await supervisor.exited).toMatchObject({ type: "shutdown" });
  });

  it("is set off by any end of a temporary child, but not by the crash of a transient one", async () => {
    for (const [restart, ends] of [
      ["temporary", true],
      ["transient", false],
    ] as const) {
      const rig = new SupervisionRig();
      const supervisor = await rig.supervise({
        autoShutdown: "any_significant",
        children: [rig.child("a", { significant: true, restart }), rig.child("b")],
      });
      await rig.exit("a", CRASH);
      expect((await supervisor.whichChildren()).some(({ status }) => status === "running")).toBe(!ends);
    }
  });

  it("is not set off by children that are not significant", async () => {
    for (const restart of ["temporary", "transient"] as const) {
      const rig = new SupervisionRig();
      const supervisor = await rig.supervise({
        autoShutdown: "any_significant",
        children: [rig.child("a", { restart }), rig.child("b")],
      });
      await rig.exit("a", NORMAL);
      expect((await supervisor.countChildren()).active).toBe(1);
    }
  });

  it("is not set off by terminateChild", async () => {
    const rig = new SupervisionRig();
    const supervisor = await rig.supervise({
      autoShutdown: "any_significant",
      children: [rig.child("a", significant), rig.child("b")],
    });
    await supervisor.terminateChild("a");
    expect(await statusLine(supervisor)).toBe("b:running a:undefined");
  });

  it("is not set off by a sibling's failure that takes a significant child with it", async () => {
    const rig = new SupervisionRig();
    const children = [rig.child("a"), rig.child("t", { significant: true, restart: "temporary" })];
    const supervisor = await rig.supervise({ strategy: "one_for_all", autoShutdown: "any_significant", children });
    await rig.exit("a", CRASH);
    expect(await statusLine(supervisor)).toBe("a:running");
  });

  it("reaches the parent as a shutdown, so a transient inner supervisor stays down", async () => {
    const rig = new SupervisionRig();
    const spec: SupervisorSpec = {
      name: "inner",
      autoShutdown: "any_significant",
      children: [rig.child("a", significant), rig.child("b")],
    };
    const top = await rig.supervise({ children: [nested(rig, spec, { restart: "transient" }), rig.child("c")] });
    await rig.exit("a", NORMAL);
    expect(await statusLine(top)).toBe("c:running inner:undefined");
  });
});

import { describe, expect, it, vi } from "vitest";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { CRASH, SupervisionRig } from "#test/support/supervisionRig.ts";
import { ChildTable } from "./childTable.ts";
import { Fifo } from "./fifo.ts";
import { startSupervisor } from "./supervisor.ts";
import type { ExitReason, StartOutcome } from "./types.ts";

function instantChild(): StartOutcome {
  const { promise, resolve } = Promise.withResolvers<ExitReason>();
  const child = {
    exited: promise,
    shutdown: () => resolve({ type: "shutdown" }),
    kill: () => resolve({ type: "killed" }),
  };
  return { type: "started", child };
}

/** Work that grows with the number of children: whole-table reads and how many entries they touch. */
async function operationsFor(count: number): Promise<{ reads: number; starts: number; stops: number }> {
  const reads = vi.spyOn(ChildTable.prototype, "inStartOrder");
  let starts = 0;
  let stops = 0;
  const deps = {
    clock: new ManualClock(),
    random: () => 0,
    onEvent: ({ type }: { type: string }) => {
      if (type === "child_started") starts += 1;
      if (type === "child_terminated") stops += 1;
    },
  };
  const started = await startSupervisor(
    { name: "many", strategy: "simple_one_for_one", children: [{ id: "t", start: async () => instantChild() }] },
    deps,
  );
  if (started.type !== "started") throw new Error("not started");
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  await Promise.all(ids.map((id) => started.supervisor.startInstance(id)));
  expect((await started.supervisor.countChildren()).active).toBe(count);
  for (const id of ids.slice(0, count / 2)) await started.supervisor.terminateChild(id);
  await started.supervisor.stop();
  const result = { reads: reads.mock.calls.length, starts, stops };
  reads.mockRestore();
  return result;
}

describe("ten thousand dynamic children", () => {
  it("start and stop with work in proportion to their number: the table is walked once, not once per child", async () => {
    expect(await operationsFor(1000)).toEqual({ reads: 1, starts: 1000, stops: 1000 });
    expect(await operationsFor(10_000)).toEqual({ reads: 1, starts: 10_000, stops: 10_000 });
  });

  it("leave the mailbox constant-time: every item is moved at most a few times", () => {
    const fifo = new Fifo<number>();
    const moved = vi.spyOn(Array.prototype, "slice");
    for (let item = 0; item < 10_000; item += 1) fifo.push(item);
    let sum = 0;
    for (let item = fifo.shift(); item !== undefined; item = fifo.shift()) sum += item;
    const compactions = moved.mock.calls.length;
    moved.mockRestore();
    expect(sum).toBe((10_000 * 9999) / 2);
    expect(compactions).toBeLessThan(20);
  });
});

describe("two hundred children that fail together", () => {
  it("are all back, in the order they failed, with the admin calls served meanwhile", async () => {
    const rig = new SupervisionRig();
    const ids = Array.from({ length: 200 }, (_, index) => `c${index}`);
    const supervisor = await rig.supervise({ intensity: 200, children: ids.map((id) => rig.child(id)) });
    rig.takeLog();
    const exits = ids.map((id) => rig.exit(id, CRASH));
    const answer = supervisor.restartChild("unknown");
    await settle();
    expect(await answer).toEqual({ code: "not_found" });
    await Promise.all(exits);
    expect(rig.takeLog()).toEqual(ids.map((id) => `start ${id}`));
    expect((await supervisor.countChildren()).active).toBe(200);
  });
});

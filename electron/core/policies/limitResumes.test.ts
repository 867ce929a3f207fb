import { describe, expect, it } from "vitest";
import { ok } from "#shared/model/result.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { awaitReset } from "./limitResumes.ts";
import type { LimitDeps } from "./limitResumes.ts";

const HOUR_MS = 60 * 60 * 1000;

/** An agent at a limit for an hour, parked or running; what its file and a person say of resuming. */
function limited(said: { file: boolean; person?: boolean }, pid?: number) {
  const clock = new ManualClock();
  const patch = { pid, state: "rate_limited", nextStartAt: new Date(clock.wallNow() + HOUR_MS).toISOString() };
  let starts = 0;
  let told = 0;
  const runtime = {
    tree: { patch: () => patch, require: () => ({ spec: { kind: "agent", resumeAtReset: said.file } }) },
    startChild: async () => ok(void (starts += 1)),
  };
  const node = { known: { row: { name: "shop" }, runtime }, id: "a", path: "shop/a", isFleet: false };
  const fleets = { resolve: () => ok(node), isUp: () => true };
  const sessions = { limitReset: async () => void (told += 1) };
  const deps = {
    clock,
    fleets,
    sessions,
    budgets: { consent: { lasting: () => said.person } },
  } as unknown as LimitDeps;
  awaitReset(deps, "shop/a");
  return { clock, patch, starts: () => starts, told: () => told };
}

describe("an agent at its plan's limit", () => {
  it("goes on at the reset only where the file or a person said so, and the person's word wins", async () => {
    for (const [said, starts] of [
      [{ file: false }, 0],
      [{ file: true }, 1],
      [{ file: false, person: true }, 1],
      [{ file: true, person: false }, 0],
    ] as const) {
      const agent = limited(said);
      await agent.clock.advance(HOUR_MS - 1);
      expect(agent.starts()).toBe(0);
      await agent.clock.advance(1);
      expect([said, agent.starts()]).toEqual([said, starts]);
    }
  });

  it("is told of the reset where it still runs, and is not started a second time", async () => {
    const agent = limited({ file: true }, 4711);
    await agent.clock.advance(HOUR_MS);
    expect([agent.told(), agent.starts()]).toEqual([1, 0]);
  });

  it("is left alone when a person started it meanwhile", async () => {
    const agent = limited({ file: true });
    agent.patch.state = "busy";
    await agent.clock.advance(2 * HOUR_MS);
    expect(agent.starts()).toBe(0);
  });
});

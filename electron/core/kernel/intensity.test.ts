import { describe, expect, it } from "vitest";
import { ManualClock } from "#test/support/manualClock.ts";
import { createRestartWindow } from "./intensity.ts";

function windowOf(clock: ManualClock, intensity: number, periodS: number, earlier: readonly number[] = []) {
  return createRestartWindow({ intensity, periodS, earlier }, clock);
}

describe("the restart window", () => {
  it("allows exactly intensity restarts within the period", () => {
    const restarts = windowOf(new ManualClock(), 3, 5);
    expect([1, 2, 3, 4].map(() => restarts.admit().allowed)).toEqual([true, true, true, false]);
  });

  it("allows none with intensity 0", () => {
    expect(windowOf(new ManualClock(), 0, 5).admit()).toEqual({ allowed: false, inWindow: 0 });
  });

  it("is inclusive: a restart exactly one period ago still counts", async () => {
    const clock = new ManualClock();
    const restarts = windowOf(clock, 1, 5);
    restarts.admit();
    await clock.advance(5000);
    expect(restarts.admit().allowed).toBe(false);
    await clock.advance(1000);
    expect(restarts.admit()).toEqual({ allowed: true, inWindow: 1 });
  });

  it("reckons in whole seconds: 5.9 s later is 5 s later", async () => {
    const clock = new ManualClock();
    const restarts = windowOf(clock, 1, 5);
    restarts.admit();
    await clock.advance(5999);
    expect(restarts.admit().allowed).toBe(false);
  });

  it("never fills when failures are further apart than the period", async () => {
    const clock = new ManualClock();
    const restarts = windowOf(clock, 1, 5);
    for (let failure = 0; failure < 100; failure += 1) {
      expect(restarts.admit().allowed).toBe(true);
      await clock.advance(6000);
    }
  });

  it("does not count a refused restart", async () => {
    const clock = new ManualClock();
    const restarts = windowOf(clock, 2, 5);
    restarts.admit();
    restarts.admit();
    await clock.advance(4000);
    expect(restarts.admit().allowed).toBe(false);
    await clock.advance(2000);
    expect(restarts.admit()).toEqual({ allowed: true, inWindow: 1 });
  });

  it("goes on where the window of an earlier run stood, by age and not by clock reading", async () => {
    const clock = new ManualClock({ nowMs: 77_000, wallMs: 1_800_000_000_000 });
    const restarts = windowOf(clock, 2, 60, [1_799_999_950, 1_799_999_000]);
    expect(restarts.admit()).toEqual({ allowed: true, inWindow: 2 });
    expect(restarts.admit().allowed).toBe(false);
    await clock.advance(11_000);
    expect(restarts.admit().allowed).toBe(true);
  });

  it("takes a restart from the future for one of now, and a jump of the wall clock for nothing", async () => {
    const clock = new ManualClock({ wallMs: 1_800_000_000_000 });
    const restarts = windowOf(clock, 1, 5, [1_800_009_999]);
    clock.jumpWall(3_600_000);
    expect(restarts.admit().allowed).toBe(false);
    await clock.advance(6000);
    expect(restarts.admit().allowed).toBe(true);
  });
});

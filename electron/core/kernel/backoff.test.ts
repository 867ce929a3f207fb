import { describe, expect, it } from "vitest";
import { backoffDelayMs, FIRST_ATTEMPT, nextStart } from "./backoff.ts";

const S = 1000;
const M = 60 * S;
const D = 24 * 60 * M;
const never = () => 0;

function policy(initialMs: number, maxMs: number, jitter = 0) {
  return { initialMs, maxMs, factor: 2, jitter, resetAfterMs: 10 * S };
}

describe("the delay", () => {
  it.each([
    { n: 0, initial: 0, max: 0, delay: 0 },
    { n: 0, initial: 5 * M, max: 7 * M, delay: 5 * M },
    { n: 2, initial: 5 * S, max: 7 * S, delay: 7 * S },
    { n: 2, initial: 5 * S, max: 7 * D, delay: 20 * S },
    { n: 29, initial: 5 * M, max: 10 * M, delay: 10 * M },
    { n: 2 ** 31 - 1, initial: 10_000 * D, max: 10_000 * D, delay: 10_000 * D },
    { n: 2 ** 31 - 1, initial: 0, max: 5 * M, delay: 0 },
  ])("is $delay ms at attempt $n of $initial..$max", ({ n, initial, max, delay }) => {
    expect(backoffDelayMs(policy(initial, max), n, never)).toBe(delay);
  });

  it("doubles up to the cap and stays there", () => {
    const delays = [0, 1, 2, 3, 4, 5].map((n) => backoffDelayMs(policy(3 * S, 30 * S), n, never) / S);
    expect(delays).toEqual([3, 6, 12, 24, 30, 30]);
  });

  it("takes its jitter on top, beyond the cap if need be", () => {
    expect(backoffDelayMs(policy(10 * S, 10 * S, 0.2), 5, () => 0.5)).toBe(11 * S);
    expect(backoffDelayMs(policy(10 * S, 10 * S, 0.2), 5, () => 0.999)).toBeCloseTo(11_998, 0);
  });
});

describe("the series of failures", () => {
  it("restarts at once after the first failure and backs off from the second", () => {
    const delays: number[] = [];
    let state = FIRST_ATTEMPT;
    for (let failure = 0; failure < 5; failure += 1) {
      const planned = nextStart(policy(S, 5 * S), { state, lifeMs: 100 }, never);
      delays.push(planned.delayMs);
      state = planned.next;
    }
    expect(delays).toEqual([0, 1 * S, 2 * S, 4 * S, 5 * S]);
  });

  it("begins anew after a life of resetAfterMs, not a millisecond less", () => {
    const state = { attempt: 4 };
    expect(nextStart(policy(S, 60 * S), { state, lifeMs: 10 * S - 1 }, never)).toMatchObject({
      delayMs: 8 * S,
      attempt: 4,
    });
    expect(nextStart(policy(S, 60 * S), { state, lifeMs: 10 * S }, never)).toEqual({
      delayMs: 0,
      attempt: 0,
      next: { attempt: 1 },
    });
  });

  it("does not take a failed start for a life", () => {
    expect(nextStart(policy(S, 60 * S), { state: { attempt: 1 }, lifeMs: undefined }, never).delayMs).toBe(S);
  });

  it("waits nothing without a policy", () => {
    expect(nextStart(undefined, { state: { attempt: 9 }, lifeMs: 0 }, () => 1).delayMs).toBe(0);
  });
});

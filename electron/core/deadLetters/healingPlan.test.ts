import { describe, expect, it } from "vitest";
import type { ErrorClass } from "#shared/model/deadLetter.ts";
import type { LetterFamily } from "#shared/model/letterFamily.ts";
import { nextStep } from "./healingPlan.ts";
import type { PlanQuestion } from "./healingPlan.ts";

const NOW = 1_793_491_200_000;
const ask = (errorClass: ErrorClass, more: Partial<PlanQuestion> & { retryAt?: string } = {}) => {
  const { retryAt, ...rest } = more;
  const error = { class: errorClass, message: "x", ...(retryAt === undefined ? {} : { retryAt }) };
  return nextStep(
    { error, family: "workflow", retries: 0, isToolCall: true, alternatives: [], hasPlanB: false, ...rest },
    NOW,
  );
};
const waitOf = (step: ReturnType<typeof nextStep>) =>
  step.type === "plan" ? Date.parse(step.plan.dueAt) - NOW : undefined;

describe("what the healer does next (RO-10)", () => {
  it("waits 5 s × (n + 1) before attempt n, and leaves it after the third", () => {
    expect([0, 1, 2].map((retries) => waitOf(ask("processing", { retries })))).toEqual([5000, 10_000, 15_000]);
    expect(ask("processing", { retries: 3 })).toEqual({
      type: "leave",
      reason: "It failed again in each of 3 attempts.",
    });
  });

  it("sends a message again after 1, 5 and 15 s; the system's own five times, an agent's and a workflow's three times", () => {
    const waits = (family: LetterFamily) =>
      [0, 1, 2, 3, 4, 5].map((retries) => waitOf(ask("processing", { isToolCall: false, family, retries })));
    expect(waits("agent")).toEqual([1000, 5000, 15_000, undefined, undefined, undefined]);
    expect(waits("workflow")).toEqual(waits("agent"));
    expect(waits("system")).toEqual([1000, 5000, 15_000, 15_000, 15_000, undefined]);
  });

  it("takes another tool where one was not found, and leaves it where there is none", () => {
    const other = { server: "archive", tool: "quotes" };
    expect(ask("not_found", { alternatives: [other] })).toMatchObject({
      plan: { strategy: "alternative_tool", alternative: other },
    });
    expect(ask("not_found")).toMatchObject({ type: "leave" });
  });

  it("sends a message again whose receiver was not found: it may come", () => {
    expect(ask("not_found", { isToolCall: false })).toMatchObject({ plan: { strategy: "retry" } });
  });

  it("gives a timeout 60 s", () => {
    expect(ask("timeout")).toMatchObject({ plan: { strategy: "longer_timeout", timeoutMs: 60_000 } });
  });

  it("waits 60 s for a rate limit, or until the time that was told, but not for half a day", () => {
    expect(waitOf(ask("rate_limit"))).toBe(60_000);
    expect(waitOf(ask("rate_limit", { retryAt: new Date(NOW + 90_000).toISOString() }))).toBe(90_000);
    expect(waitOf(ask("rate_limit", { retryAt: new Date(NOW - 1).toISOString() }))).toBe(5000);
    expect(ask("rate_limit", { retryAt: new Date(NOW + 12 * 3_600_000).toISOString() })).toMatchObject({
      type: "leave",
    });
  });

  it("waits 10 s for the network, longer in later attempts", () => {
    expect([0, 2].map((retries) => waitOf(ask("network", { retries })))).toEqual([10_000, 15_000]);
  });

  it("knows nothing to do about content that is not valid and access that is refused", () => {
    for (const one of ["validation", "auth"] as const) expect(ask(one)).toMatchObject({ type: "leave" });
  });

  it("takes plan B where there is one: at once, or after one more attempt at what passes by itself", () => {
    expect(ask("validation", { hasPlanB: true })).toMatchObject({ plan: { strategy: "plan_b" } });
    expect(waitOf(ask("processing", { hasPlanB: true }))).toBe(0);
    expect(ask("rate_limit", { hasPlanB: true })).toMatchObject({ plan: { strategy: "wait" } });
    expect(ask("rate_limit", { hasPlanB: true, retries: 1 })).toMatchObject({ plan: { strategy: "plan_b" } });
  });
});

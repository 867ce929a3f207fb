import { describe, expect, it } from "vitest";
import type { ChildSpec, SupervisorSpec } from "./types.ts";
import { checkSupervisorSpec } from "./validateSpec.ts";

const start: ChildSpec["start"] = async () => ({ type: "ignore" });
const child: ChildSpec = { id: "a", start };

/** Specs come from files too, so the checks must hold against what the compiler would refuse. */
function messageOf(spec: Record<string, unknown>): string {
  const checked = checkSupervisorSpec({ name: "top", children: [child], ...spec } as unknown as SupervisorSpec);
  return checked.ok ? "ok" : checked.message;
}

function childMessage(fields: Record<string, unknown>, flags: Record<string, unknown> = {}): string {
  return messageOf({ ...flags, children: [{ ...child, ...fields }] });
}

describe("a specification", () => {
  it("gets OTP's defaults", () => {
    const checked = checkSupervisorSpec({ name: "top", children: [child, { id: "b", start, type: "supervisor" }] });
    expect(checked).toEqual({
      ok: true,
      value: {
        name: "top",
        strategy: "one_for_one",
        intensity: 1,
        periodS: 5,
        autoShutdown: "never",
        maxChildren: Number.POSITIVE_INFINITY,
        earlierRestarts: [],
        children: [
          {
            id: "a",
            start,
            restart: "permanent",
            significant: false,
            type: "worker",
            shutdown: 5000,
            backoff: undefined,
          },
          {
            id: "b",
            start,
            restart: "permanent",
            significant: false,
            type: "supervisor",
            shutdown: "infinity",
            backoff: undefined,
          },
        ],
      },
    });
  });

  it("ignores keys it does not know", () => {
    expect(messageOf({ colour: "red" })).toBe("ok");
    expect(childMessage({ colour: "red" })).toBe("ok");
  });

  it.each([
    [{ strategy: "one_for_some" }, /unknown strategy "one_for_some"/],
    [{ intensity: -1 }, /intensity must be an integer >= 0/],
    [{ intensity: 1.5 }, /intensity/],
    [{ intensity: "infinity" }, /intensity/],
    [{ intensity: Number.POSITIVE_INFINITY }, /intensity/],
    [{ periodS: 0 }, /period must be whole seconds > 0/],
    [{ periodS: "infinity" }, /period/],
    [{ periodS: 0.5 }, /period/],
    [{ autoShutdown: "sometimes" }, /unknown auto-shutdown "sometimes"/],
    [{ strategy: "simple_one_for_one", autoShutdown: "any_significant" }, /auto-shutdown cannot be used/],
    [{ strategy: "simple_one_for_one", children: [] }, /exactly one child spec, not 0/],
    [{ strategy: "simple_one_for_one", children: [child, { ...child, id: "b" }] }, /exactly one child spec, not 2/],
    [{ children: [child, child] }, /duplicate child id "a"/],
    [{ maxChildren: -1 }, /maxChildren/],
    [{ earlierRestarts: [Number.NaN] }, /earlierRestarts/],
  ])("with %o is refused for that very reason", (flags, message) => {
    expect(messageOf(flags)).toMatch(message);
  });

  it.each([
    [{ id: undefined }, /needs an id/],
    [{ id: "" }, /needs an id/],
    [{ start: undefined }, /"a": it needs a start function/],
    [{ restart: "always" }, /unknown restart type "always"/],
    [{ type: "manager" }, /unknown child type "manager"/],
    [{ shutdown: -1 }, /shutdown must be/],
    [{ shutdown: 1.5 }, /shutdown must be/],
    [{ shutdown: "now" }, /shutdown must be/],
    [{ significant: "yes" }, /significant must be true or false/],
    [{ backoff: { initialMs: -1, maxMs: 1, factor: 2, jitter: 0, resetAfterMs: 0 } }, /initialMs/],
    [{ backoff: { initialMs: 1, maxMs: 1, factor: 0.5, jitter: 0, resetAfterMs: 0 } }, /factor/],
  ])("with a child of %o is refused for that very reason", (fields, message) => {
    expect(childMessage(fields)).toMatch(message);
  });

  it("refuses a significant child that is permanent, by default too", () => {
    expect(childMessage({ significant: true }, { autoShutdown: "any_significant" })).toMatch(
      /permanent child cannot be significant/,
    );
    expect(childMessage({ significant: true, restart: "transient" }, { autoShutdown: "any_significant" })).toBe("ok");
  });

  it("refuses a significant child under a supervisor that never shuts down by itself", () => {
    expect(childMessage({ significant: true, restart: "transient" })).toMatch(/needs a supervisor with auto-shutdown/);
  });

  it.each([0, 5000, "infinity", "brutal_kill"])("takes a shutdown of %s", (shutdown) => {
    expect(childMessage({ shutdown })).toBe("ok");
  });

  it("takes intensity 0", () => {
    expect(messageOf({ intensity: 0 })).toBe("ok");
  });
});

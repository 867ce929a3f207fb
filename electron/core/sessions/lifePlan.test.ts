import { describe, expect, it } from "vitest";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import { DEFAULT_BACKOFF } from "#shared/model/fleetFile.ts";
import { decideLifeStart, exitReason, isResumeBroken } from "./lifePlan.ts";
import type { LifeRow } from "./lives.ts";

const spec: AgentSpec = {
  kind: "agent",
  id: "fixer",
  agent: "claude",
  cwd: "/",
  args: [],
  env: {},
  restart: "transient",
  shutdown: 10_000,
  significant: false,
  backoff: DEFAULT_BACKOFF,
  budgets: [],
  resumeAtReset: false,
};
const notes = {
  memo: {},
  ingestToken: "",
  activity: "idle",
  detail: "",
  hasPrompt: false,
  resumeBroken: false,
} as const;
const last: LifeRow = {
  sessionId: "s1",
  path: "shop/fixer",
  generation: 1,
  mode: "fresh",
  agent: "claude",
  startedAt: "2026-11-01T00:00:00.000Z",
  exitCause: "crashed",
  cliSessionId: "abc",
  outputBytes: 0,
  outputStart: 0,
  notes,
};
const next = { last, spec, resumable: true, automatic: true, freshAsked: false };

describe("how the next life begins", () => {
  it("resumes by the CLI's own session id after a crash, and after exit 0 of a permanent child", () => {
    expect(decideLifeStart(next)).toEqual({ type: "resume", cliSessionId: "abc" });
    expect(decideLifeStart({ ...next, last: { ...last, exitCause: "done" } })).toMatchObject({ type: "resume" });
  });

  it("starts fresh when a person asks, when the CLI cannot resume, and when a finished agent is started anew", () => {
    expect(decideLifeStart({ ...next, freshAsked: true })).toEqual({ type: "fresh" });
    expect(decideLifeStart({ ...next, resumable: false })).toEqual({ type: "fresh" });
    expect(decideLifeStart({ ...next, automatic: false, last: { ...last, exitCause: "done" } })).toEqual({
      type: "fresh",
    });
  });

  it("starts fresh after a resume that did not settle", () => {
    expect(decideLifeStart({ ...next, last: { ...last, notes: { ...notes, resumeBroken: true } } })).toEqual({
      type: "fresh",
    });
  });

  it("takes up the session a fleet file names, but only the first time", () => {
    const taking = { ...spec, resume: "old" };
    expect(decideLifeStart({ ...next, last: undefined, spec: taking })).toEqual({
      type: "resume",
      cliSessionId: "old",
    });
    expect(decideLifeStart({ ...next, spec: taking })).toEqual({ type: "resume", cliSessionId: "abc" });
  });
});

describe("whether a resume broke", () => {
  const verdict = { cause: "crashed", detail: "Exit 1", resumeRefused: false } as const;

  it("did when it crashed within the settle window, or the CLI refused the id", () => {
    expect(isResumeBroken("resumed", verdict, 2000)).toBe(true);
    expect(isResumeBroken("resumed", { ...verdict, cause: "done", resumeRefused: true }, 60_000)).toBe(true);
  });

  it("did not when it lived longer, ended otherwise, or was a fresh start", () => {
    expect(isResumeBroken("resumed", verdict, 10_000)).toBe(false);
    expect(isResumeBroken("resumed", { ...verdict, cause: "stopped" }, 10)).toBe(false);
    expect(isResumeBroken("fresh", verdict, 10)).toBe(false);
  });
});

describe("what an end means to the supervisor", () => {
  it("parks limits and logins, loses with the keeper, and fails only for a crash", () => {
    const types = (
      [
        "done",
        "stopped",
        "crashed",
        "out_of_memory",
        "rate_limited",
        "needs_login",
        "budget_exhausted",
        "keeper_lost",
      ] as const
    ).map((cause) => exitReason(cause, "why").type);
    expect(types).toEqual(["normal", "shutdown", "crash", "crash", "parked", "parked", "parked", "lost"]);
  });
});

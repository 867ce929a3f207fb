import { describe, expect, it } from "vitest";

import type { ExitEvidence } from "#core/ports/agentAdapter.ts";
import { classifyExit } from "./exits.ts";

const evidence: ExitEvidence = {
  code: 1,
  signal: null,
  outOfMemory: false,
  requested: false,
  mode: "fresh",
  livedMs: 5_000,
  wallNowMs: 1_795_000_000_000,
  activity: "busy",
  activityDetail: "Working",
  screenText: "",
};
const agent = {
  readsScreen: true,
  resumeRefused: /No conversation found/,
  loginCode: 41,
  loginAdvice: "Run `x login`.",
};

describe("classifyExit", () => {
  it.each([
    ["exit 0 is done", { code: 0 }, { cause: "done", detail: "Exit 0" }],
    ["another code is a crash", { code: 3 }, { cause: "crashed", detail: "Exit 3" }],
    [
      "SIGKILL without evidence is a crash",
      { code: null, signal: "SIGKILL" },
      { cause: "crashed", detail: "Killed by SIGKILL" },
    ],
    ["137 without evidence is only killed", { code: 137 }, { cause: "crashed", detail: "Exit 137: killed" }],
    [
      "the kernel's evidence makes it out of memory",
      { code: 137, outOfMemory: true },
      { cause: "out_of_memory", detail: "Exit 137: killed, out of memory" },
    ],
    [
      "what we asked for is stopped",
      { code: null, signal: "SIGTERM", requested: true },
      { cause: "stopped", detail: "Stopped" },
    ],
    ["a sign-in code parks", { code: 41 }, { cause: "needs_login", detail: "Nobody is signed in. Run `x login`." }],
    [
      "a sign-in on the screen parks",
      { screenText: "Not logged in · Please run /login" },
      { cause: "needs_login", detail: "Not logged in · Please run /login. Run `x login`." },
    ],
    [
      "what the observer knew parks",
      { activity: "rate_limited", activityDetail: "Usage limit reached", limitUntil: 1_795_000_009_000 },
      { cause: "rate_limited", detail: "Usage limit reached.", parkUntil: 1_795_000_009_000 },
    ],
    [
      "a reset that has passed is an earlier limit's",
      { activity: "rate_limited", activityDetail: "Usage limit reached", limitUntil: 9 },
      { cause: "rate_limited", detail: "Usage limit reached." },
    ],
    [
      "a limit with a reset parks until then",
      { screenText: "Rate limit reached. Try again in 2m." },
      { cause: "rate_limited", detail: "Rate limit reached. Try again in 2m.", parkUntil: 1_795_000_120_000 },
    ],
  ] as const)("%s", (_promise, change, verdict) => {
    expect(classifyExit({ ...evidence, ...change }, agent)).toEqual({ ...verdict, resumeRefused: false });
  });

  it("tells a refused resume from any other crash", () => {
    const screenText = "No conversation found with session ID: x";
    expect(classifyExit({ ...evidence, mode: "resume", screenText }, agent)).toMatchObject({
      cause: "crashed",
      resumeRefused: true,
    });
    expect(classifyExit({ ...evidence, mode: "fresh", screenText }, agent)).toMatchObject({
      cause: "crashed",
      resumeRefused: false,
    });
  });

  it("does not judge a plain command by the words on its screen", () => {
    expect(
      classifyExit({ ...evidence, screenText: "HTTP 429 Too Many Requests" }, { readsScreen: false }),
    ).toMatchObject({ cause: "crashed", detail: "Exit 1" });
  });
});

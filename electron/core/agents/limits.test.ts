import { describe, expect, it } from "vitest";

import { findLimit, findLogin, findTrouble, resetTime } from "./limits.ts";

const NOON = Date.UTC(2026, 10, 21, 12, 0, 30);
const at = (hour: number, minute = 0, day = 21): number => Date.UTC(2026, 10, day, hour, minute);

describe("limits", () => {
  it.each([
    ["resets in 2h 5m", NOON + 125 * 60_000],
    ["try again in 90 seconds", NOON + 90_000],
    ["5-hour limit reached ∙ resets 3pm (UTC)", at(15)],
    ["Your limit will reset at 3:30pm (Europe/Berlin).", at(14, 30)],
    ["resets at 09:15 (UTC)", at(9, 15, 22)],
    ["Claude AI usage limit reached|1795300000", 1_795_300_000_000],
    ["or try again at 3:30 PM (UTC).", at(15, 30)],
    ["resets 3 files", undefined],
    ["nothing of the kind", undefined],
  ])("reads %j", (text, expected) => {
    expect(resetTime(text, NOON)).toBe(expected);
  });

  it("finds the line that speaks of a limit", () => {
    expect(findLimit("working\n ⎿  You've hit your usage limit · resets 3pm (UTC)\n> ", NOON)).toEqual({
      detail: "You've hit your usage limit · resets 3pm (UTC)",
      until: at(15),
    });
    expect(findLimit("all is well", NOON)).toBeUndefined();
  });

  const CODEX = [
    "■ You’ve hit your usage limit. Upgrade to Pro (https://x.test/pro), visit https://x.test/settings/",
    "usage to purchase more credits or try again in 2 hours.",
    "› go on",
  ].join("\n");

  it("reads a sentence that a narrow screen broke, and the time in its second line", () => {
    expect(findLimit(CODEX, NOON)).toEqual({
      detail:
        "You’ve hit your usage limit. Upgrade to Pro (https://x.test/pro), visit https://x.test/settings/ usage to purchase more credits or try again in 2 hours.",
      until: NOON + 2 * 3_600_000,
    });
  });

  it("believes what stands last, not an older trouble above it", () => {
    expect(findTrouble(`${CODEX}\n■ unexpected status 401 Unauthorized: Incorrect API key provided.`, NOON)).toEqual({
      login: "unexpected status 401 Unauthorized: Incorrect API key provided.",
    });
    expect(findTrouble(`Please run /login\n${CODEX}`, NOON)).toMatchObject({ limit: { until: NOON + 7_200_000 } });
    expect(findTrouble("all is well", NOON)).toBeUndefined();
  });

  it("finds the line that asks for a sign-in", () => {
    expect(findLogin("  Please run /login · API Error: 401")).toBe("Please run /login · API Error: 401");
    expect(findLogin("logged in")).toBeUndefined();
  });
});

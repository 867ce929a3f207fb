/** The bench judges what it measures in one run: never a timed test, only that a row runs and its ratio is told right. */
import { expect, it } from "vitest";
import { interleave, missing, ratioOf, runRow, verdictOf } from "#test/bench/bench.ts";
import type { Finding, Row } from "#test/bench/bench.ts";
import { formatTable } from "#test/bench/report.ts";

const tiny: Row = {
  name: "tiny",
  about: "two sides that cost nothing",
  run: async ({ rounds }) => {
    const values = await interleave(rounds, { ours: async () => 2, theirs: async (round) => [4, 4 + round] });
    const other = { name: "the other", values: values.theirs };
    return [{ what: "nothing", unit: "ms", ours: values.ours, other, goal: { ratioAtMost: 0.6 } }];
  },
};

it("runs a row side by side and prints its ratio against its goal", async () => {
  const options = { isQuick: true, isFull: false, rounds: 3, say: () => undefined };
  const findings = await runRow(tiny, options);
  expect(findings[0]?.other?.values).toEqual([4, 4, 4, 5, 4, 6]);
  expect(formatTable([{ row: "tiny", findings, tookS: 0 }])).toMatch(
    /tiny +nothing +ms +2\.00 .+the other .+0\.50 × +≤ 0\.6 × +pass/,
  );
});

it("says short, pass, skipped or nothing, and never passes what was not measured", () => {
  const finding: Finding = { what: "rate", unit: "MB/s", ours: [80], other: { name: "c", values: [100] } };
  expect(ratioOf(finding)).toBe(0.8);
  expect(verdictOf(finding)).toBe("-");
  expect(verdictOf({ ...finding, goal: { ratioAtLeast: 0.85 } })).toBe("short");
  expect(verdictOf({ ...finding, goal: { atLeast: 80 } })).toBe("pass");
  expect(verdictOf({ ...finding, other: { name: "c", values: [] }, goal: { ratioAtLeast: 0.1 } })).toBe("skipped");
  expect(verdictOf({ ...missing("rate", "no peer"), goal: { atMost: 1 } })).toBe("skipped");
});

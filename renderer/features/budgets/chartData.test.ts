import { describe, expect, it } from "vitest";
import { makeChart, type Series } from "./chartData.ts";

const HOUR = 3_600_000;
const start = Date.UTC(2026, 10, 28);
const iso = (hour: number): string => new Date(start + hour * HOUR).toISOString();

function series(groups: Readonly<Record<string, readonly number[]>>): Series {
  return {
    bucket: "hour",
    times: [0, 1, 2].map(iso),
    series: Object.entries(groups).map(([key, values]) => ({
      key,
      label: key,
      costNanos: [...values],
      tokens: values.map((value) => value * 10),
    })),
  };
}

const at = { startMs: start, endMs: start + 24 * HOUR, nowMs: start + 2.5 * HOUR, isGrouped: false };

describe("the chart of what was spent", () => {
  it("grows from nothing at the span's beginning to everything now, and says nothing of the future", () => {
    const { times, lines } = makeChart({ series: series({ all: [5, 0, 7] }), measure: "cost", ...at });
    expect(times.map((seconds) => (seconds * 1000 - start) / HOUR)).toEqual([0, 1, 2, 2.5, 24]);
    expect(lines).toMatchObject([{ role: "spent", values: [0, 5, 5, 12, null] }]);
  });

  it("stacks groups by size, and what cannot be told apart is one line on top that ends at the whole sum", () => {
    const groups = { a: [1, 1, 1], b: [10, 0, 0], c: [2, 0, 0], d: [3, 0, 0], e: [4, 0, 0], f: [5, 0, 0] };
    const { lines } = makeChart({ series: series(groups), measure: "tokens", ...at, isGrouped: true });
    expect(lines.map(({ label }) => label)).toEqual(["b", "f", "e", "a", "2 others"]);
    expect(lines.at(-1)?.values.at(-2)).toBe((3 + 10 + 2 + 3 + 4 + 5) * 10);
    expect(lines.map(({ colour }) => colour)).toEqual([0, 1, 2, 3, 4]);
  });

  it("names a single group as it names several", () => {
    const { lines } = makeChart({ series: series({ coder: [1, 2, 3] }), measure: "tokens", ...at, isGrouped: true });
    expect(lines).toMatchObject([{ role: "stack", label: "coder" }]);
  });

  it("draws forecast, mean day and limit only where they are known and in their own unit", () => {
    const forecast = {
      spentNanos: 12,
      forecastNanos: 98,
      lowNanos: 80,
      highNanos: 120,
      resetsAt: iso(24),
      meanDay: [
        { minuteOfDay: 0, costNanos: 0 },
        { minuteOfDay: 720, costNanos: 40 },
      ],
    };
    const input = { series: series({ all: [5, 0, 7] }), ...at, forecast, limit: 100 };
    const { lines, times } = makeChart({ ...input, measure: "cost" });
    const noon = times.indexOf((start + 12 * HOUR) / 1000);
    expect(lines.map(({ role }) => role)).toEqual(["spent", "forecast", "mean", "limit"]);
    expect(lines[1]?.values.at(-1)).toBe(98);
    expect(lines[2]?.values[noon]).toBe(40);
    expect(lines[3]?.values.every((value) => value === 100)).toBe(true);
    expect(makeChart({ ...input, limit: undefined, measure: "tokens" }).lines.map(({ role }) => role)).toEqual([
      "spent",
    ]);
  });

  it("is a flat line at zero before the first request", () => {
    const empty = makeChart({ series: { bucket: "hour", times: [], series: [] }, measure: "cost", ...at });
    expect(empty.lines).toMatchObject([{ role: "spent", values: [0, 0, null] }]);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { nextPeriodStart, periodStart } from "#shared/lib/budgetPeriods.ts";
import { createLocalCalendar } from "#shared/lib/localCalendar.ts";

const HOUR_MS = 3_600_000;
const PERIODS = ["day", "week", "month"] as const;
/** Whole hours, half an hour, off the hour; clocks that change at two, at midnight, on the first of a month, never. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Havana",
  "Asia/Beirut",
  "Pacific/Apia",
  "UTC",
];

/** Dates of this process are of that zone from here on. */
function moveTo(timeZone: string): void {
  process.env["TZ"] = timeZone;
  expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(createLocalCalendar(timeZone).timeZone);
}

describe("the periods of budgets", () => {
  const home = process.env["TZ"];
  afterEach(() => {
    if (home === undefined) delete process.env["TZ"];
    else process.env["TZ"] = home;
  });

  it("are those that the ledger's charts and forecasts have, in every zone, over two years", () => {
    for (const timeZone of ZONES) {
      moveTo(timeZone);
      const calendar = createLocalCalendar(timeZone);
      for (let at = Date.UTC(2026, 0, 1, 0, 7); at < Date.UTC(2028, 0, 1); at += 5 * HOUR_MS)
        for (const period of PERIODS)
          expect([timeZone, period, at, periodStart(period, at), nextPeriodStart(period, at)]).toEqual([
            timeZone,
            period,
            at,
            calendar.startOf(period, at),
            calendar.endOf(period, at),
          ]);
    }
  });

  it("have days of 23 and 25 hours, and weeks and months with them", () => {
    moveTo("America/New_York");
    const length = (period: (typeof PERIODS)[number], at: string): number =>
      (nextPeriodStart(period, Date.parse(at)) - periodStart(period, Date.parse(at))) / HOUR_MS;
    // Clocks go forward on 8 March and back on 1 November 2026, a Sunday and the first of a month.
    expect([length("day", "2026-03-08T16:00:00Z"), length("day", "2026-11-01T16:00:00Z")]).toEqual([23, 25]);
    expect([length("week", "2026-03-08T16:00:00Z"), length("week", "2026-11-01T16:00:00Z")]).toEqual([167, 169]);
    expect([length("month", "2026-03-08T16:00:00Z"), length("month", "2026-11-01T16:00:00Z")]).toEqual([743, 721]);
    expect(new Date(periodStart("month", Date.parse("2026-11-01T04:00:00Z"))).toISOString()).toBe(
      "2026-11-01T04:00:00.000Z",
    );
    expect(new Date(periodStart("month", Date.parse("2026-11-01T03:59:59Z"))).toISOString()).toBe(
      "2026-10-01T04:00:00.000Z",
    );
  });
});

/** Charts, totals and forecasts where clocks change: every request in the one bucket that a person would look for it in. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { CalendarPeriod } from "#shared/lib/localCalendar.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";

const HOUR_MS = 3_600_000;
const TOKENS = 370;
const open: LedgerRig[] = [];

async function openAt(now: string, timeZone = "Europe/Berlin"): Promise<LedgerRig> {
  const rig = await openLedger({ timeZone, clock: new ManualClock({ wallMs: Date.parse(now) }) });
  open.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of open.splice(0)) {
    rig.close();
    expect(rig.errors).toEqual([]);
  }
});

/** One request in the middle of every hour from `start` to `end`. */
async function everyHour(rig: LedgerRig, start: number, end: number): Promise<void> {
  for (let at = start + HOUR_MS / 2; at < end; at += HOUR_MS)
    rig.ledger.report(usageReport({ at: new Date(at).toISOString() }));
  await rig.clock.advance(100);
}

const period = (rig: LedgerRig, name: CalendarPeriod, at: string) => {
  const { calendar } = rig.ledger;
  const [from, to] = [calendar.startOf(name, Date.parse(at)), calendar.endOf(name, Date.parse(at))];
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), fromMs: from, toMs: to };
};

describe("where clocks change", () => {
  it.each([
    ["forward", "2026-03-29T10:00:00Z", 23],
    ["back", "2026-10-25T10:00:00Z", 25],
  ])("a day's chart has a bucket for every hour that there was: %s", async (_change, day, hours) => {
    const rig = await openAt("2026-11-28T12:00:00Z");
    const { from, to, fromMs, toMs } = period(rig, "day", day);
    await everyHour(rig, fromMs - 2 * HOUR_MS, toMs + 2 * HOUR_MS);
    const chart = rig.views.series({ from, to, imported: "with", groupBy: "none", bucket: "hour" });
    expect(chart.times).toHaveLength(hours);
    expect(chart.series[0]?.tokens).toEqual(Array.from({ length: hours }, () => TOKENS));
    const totals = rig.views.totals({ from, to, imported: "with", groupBy: "day" });
    expect(totals.rows.map(({ key, entries }) => [key, entries])).toEqual([[day.slice(0, 10), hours]]);
  });

  it.each([
    ["week", "2026-03-29T10:00:00Z", 7 * 24 - 1, 7],
    ["week", "2026-10-25T10:00:00Z", 7 * 24 + 1, 7],
    ["month", "2026-03-15T10:00:00Z", 31 * 24 - 1, 31],
    ["month", "2026-10-15T10:00:00Z", 31 * 24 + 1, 31],
  ] as const)("a %s that holds %s has all its hours and none of its neighbours'", async (name, at, hours, days) => {
    const rig = await openAt("2026-11-28T12:00:00Z");
    const { from, to, fromMs, toMs } = period(rig, name, at);
    await everyHour(rig, fromMs - 3 * HOUR_MS, toMs + 3 * HOUR_MS);
    const request = { from, to, imported: "with" } as const;
    expect(rig.views.totals({ ...request, groupBy: "none" }).total.entries).toBe(hours);
    const chart = rig.views.series({ ...request, groupBy: "none", bucket: "day" });
    expect(chart.times).toHaveLength(days);
    const perDay = chart.series[0]?.tokens.map((tokens) => tokens / TOKENS);
    expect(perDay?.toSorted((a, b) => a - b)).toEqual(
      [...Array.from({ length: days - 1 }, () => 24), hours - 24 * (days - 1)].toSorted((a, b) => a - b),
    );
  });

  it("counts the last moment of a period in it, and the first of the next one not", async () => {
    const rig = await openAt("2026-12-05T12:00:00Z", "America/New_York");
    // The first of November 2026 is a Sunday and a day of 25 hours there.
    for (const name of ["day", "week", "month"] as const) {
      const { from, to, fromMs, toMs } = period(rig, name, "2026-11-01T12:00:00Z");
      const text = `model of a ${name}`;
      for (const at of [fromMs - 1, fromMs, toMs - 1, toMs])
        rig.ledger.report(usageReport({ at: new Date(at).toISOString(), model: text }));
      const { total } = rig.views.totals({ from, to, imported: "with", groupBy: "none", model: text });
      expect([name, total.entries]).toEqual([name, 2]);
    }
  });

  it("names the day of every moment as the wall calendar does, in any zone", async () => {
    const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
    // Around both changes of each hemisphere's year.
    const moment = fc
      .tuple(
        fc.constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"),
        fc.integer({ min: -60, max: 60 * 60 }),
      )
      .map(([date, minutes]) => new Date(Date.parse(`${date}T00:00:00Z`) + minutes * 60_000).toISOString());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        fc.array(moment, { minLength: 1, maxLength: 20 }),
        async (timeZone, moments) => {
          const rig = await openLedger({ timeZone });
          const wall = new Intl.DateTimeFormat("en-CA", {
            timeZone,
            year: "numeric",
            month: "2-digit",
            day: "2-digit",
          });
          const expected = new Map<string, number>();
          for (const at of moments) {
            rig.ledger.report(usageReport({ at }));
            const date = wall.format(Date.parse(at));
            expected.set(date, (expected.get(date) ?? 0) + 1);
          }
          const { rows } = rig.views.totals({ imported: "with", groupBy: "day" });
          expect(new Map(rows.map(({ key, entries }) => [key, entries]))).toEqual(expected);
          rig.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it("counts on when the clock of this machine is set back, and what another's clock puts a little ahead", async () => {
    const rig = await openAt("2026-11-28T12:00:00Z");
    const today = () => rig.views.totals({ from: "2026-11-27T23:00:00Z", imported: "with", groupBy: "none" }).total;
    rig.ledger.report(usageReport({ at: "2026-11-28T11:59:00Z" }));
    rig.ledger.report(usageReport({ at: "2026-11-28T12:01:00Z" }));
    expect(today().entries).toBe(2);
    rig.clock.jumpWall(-2 * HOUR_MS);
    rig.ledger.report(usageReport({ at: "2026-11-28T10:00:00Z" }));
    expect(today().entries).toBe(3);
    const chart = rig.views.series({ from: "2026-11-27T23:00:00Z", imported: "with", groupBy: "none", bucket: "hour" });
    expect(chart.series[0]?.tokens.reduce((sum, one) => sum + one, 0)).toBe(3 * TOKENS);
    expect(rig.views.burn().burn).toMatchObject({ todayTokens: 3 * TOKENS, perMinuteTokens: TOKENS / 5 });
    rig.clock.jumpWall(400 * 24 * HOUR_MS);
    expect(rig.views.totals({ imported: "with", groupBy: "none" }).total.entries).toBe(3);
    expect(rig.views.burn().burn).toMatchObject({ todayTokens: 0, perMinuteTokens: 0 });
  });

  it("forecasts on the day of 25 hours from days of 24, and the day after from one of 25", async () => {
    for (const [now, spent] of [
      ["2026-10-25T10:30:00Z", 13],
      ["2026-10-26T10:30:00Z", 12],
    ] as const) {
      const rig = await openAt(now);
      const { fromMs } = period(rig, "day", now);
      await everyHour(rig, fromMs - 10 * 24 * HOUR_MS, Date.parse(now) + 1);
      const forecast = rig.views.forecast({ period: "day" });
      expect([now, forecast.spentNanos / (TOKENS * 1000)]).toEqual([now, spent]);
      // What is left of a day: twelve to thirteen requests in the other twelve and a half hours.
      const left = ((forecast.forecastNanos ?? 0) - forecast.spentNanos) / (TOKENS * 1000);
      expect(left).toBeGreaterThanOrEqual(12);
      expect(left).toBeLessThanOrEqual(13);
      expect(forecast.meanDay).toHaveLength(96);
      expect(forecast.meanDay.every(({ costNanos }, index, all) => costNanos >= (all[index - 1]?.costNanos ?? 0))).toBe(
        true,
      );
    }
  });
});

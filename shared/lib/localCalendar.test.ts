import { describe, expect, it } from "vitest";
import { createLocalCalendar } from "./localCalendar.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const at = (text: string): number => Date.parse(text);
const HOUR_MS = 3_600_000;

describe("the local calendar", () => {
  const berlin = createLocalCalendar("Europe/Berlin");

  it("begins a day at local midnight", () => {
    expect(iso(berlin.startOf("day", at("2026-11-27T23:30:00Z")))).toBe("2026-11-27T23:00:00.000Z");
    expect(iso(berlin.startOf("day", at("2026-11-27T22:59:59Z")))).toBe("2026-11-26T23:00:00.000Z");
  });

  it("knows days of 23 and 25 hours", () => {
    const spring = at("2026-03-29T10:00:00Z");
    const autumn = at("2026-10-25T10:00:00Z");
    expect(berlin.endOf("day", spring) - berlin.startOf("day", spring)).toBe(23 * HOUR_MS);
    expect(berlin.endOf("day", autumn) - berlin.startOf("day", autumn)).toBe(25 * HOUR_MS);
  });

  it("begins a day that has no midnight at its first moment", () => {
    // In 2018 São Paulo's clocks went from 23:59 to 01:00.
    const saoPaulo = createLocalCalendar("America/Sao_Paulo");
    expect(iso(saoPaulo.startOf("day", at("2018-11-04T12:00:00Z")))).toBe("2018-11-04T03:00:00.000Z");
  });

  it("counts weeks from Monday and months from the first", () => {
    expect(iso(berlin.startOf("week", at("2026-11-29T12:00:00Z")))).toBe("2026-11-22T23:00:00.000Z");
    expect(iso(berlin.endOf("week", at("2026-11-29T12:00:00Z")))).toBe("2026-11-29T23:00:00.000Z");
    expect(iso(berlin.startOf("month", at("2026-03-31T21:59:00Z")))).toBe("2026-02-28T23:00:00.000Z");
    expect(iso(berlin.endOf("month", at("2026-03-31T21:59:00Z")))).toBe("2026-03-31T22:00:00.000Z");
    expect(iso(berlin.endOf("month", at("2026-12-15T00:00:00Z")))).toBe("2026-12-31T23:00:00.000Z");
  });

  it("lets every day begin where the day before ends, in zones off the hour, too", () => {
    for (const timeZone of [
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
      "America/St_Johns",
      "Pacific/Apia",
      "Europe/Berlin",
    ]) {
      const calendar = createLocalCalendar(timeZone);
      const first = calendar.dayOf(at("2026-01-01T12:00:00Z"));
      for (let day = first; day < first + 366; day++) {
        const start = calendar.startOfDay(day);
        expect([timeZone, day, calendar.dayOf(start), calendar.dayOf(start - 1)]).toEqual([
          timeZone,
          day,
          day,
          day - 1,
        ]);
      }
    }
  });

  it("takes an unknown time zone as UTC", () => {
    expect(createLocalCalendar("Moon/Tycho").timeZone).toBe("UTC");
  });

  it("tells the minute of the day and the date", () => {
    expect(berlin.minuteOfDay(at("2026-11-28T14:35:00Z"))).toBe(15 * 60 + 35);
    expect(berlin.dateOf(berlin.dayOf(at("2026-11-28T23:35:00Z")))).toBe("2026-11-29");
  });
});

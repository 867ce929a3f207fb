/**
 * Days, weeks and months as a person's calendar has them, in their time zone: a day has 23 or 25 hours where clocks
 * change. Days are numbered by their date, from 1970-01-01 as 0; a week begins on Monday.
 */
const DAY_MS = 24 * 60 * 60 * 1000;
/** Every offset in use, and every change of one, falls on a quarter of an hour. */
const QUARTER_MS = 15 * 60 * 1000;
/** Dates of the world's time zones lie within a day of UTC's. */
const SEARCH_MS = 26 * 60 * 60 * 1000;

export type CalendarPeriod = "day" | "week" | "month";

export interface LocalCalendar {
  readonly timeZone: string;
  /** The number of the local date that holds this moment. */
  dayOf(ms: number): number;
  /** The first moment of that date. */
  startOfDay(day: number): number;
  /** The first moment of the period that holds `ms`. */
  startOf(period: CalendarPeriod, ms: number): number;
  /** The first moment of the next one. */
  endOf(period: CalendarPeriod, ms: number): number;
  /** Minutes on the clock since midnight. */
  minuteOfDay(ms: number): number;
  /** `2026-11-28`. */
  dateOf(day: number): string;
}

/** An unknown time zone is taken as UTC. */
export function createLocalCalendar(timeZone: string): LocalCalendar {
  const format = formatFor(timeZone);
  const starts = new Map<number, number>();
  const localMs = (ms: number): number => readLocal(format, ms);
  const dayOf = rememberLast((quarter) => Math.floor(localMs(quarter * QUARTER_MS) / DAY_MS));
  const dayAt = (ms: number): number => dayOf(Math.floor(ms / QUARTER_MS));
  const startOfDay = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const start = firstQuarter(day, dayAt) * QUARTER_MS;
    if (starts.size > 5000) starts.clear();
    starts.set(day, start);
    return start;
  };
  const firstDay = (period: CalendarPeriod, day: number): number => {
    if (period === "day") return day;
    // 1970-01-01 was a Thursday.
    if (period === "week") return day - ((day + 3) % 7);
    const date = new Date(day * DAY_MS);
    return day - (date.getUTCDate() - 1);
  };
  const nextDay = (period: CalendarPeriod, first: number): number => {
    if (period === "day") return first + 1;
    if (period === "week") return first + 7;
    const date = new Date(first * DAY_MS);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
  };
  return {
    timeZone: format.resolvedOptions().timeZone,
    dayOf: dayAt,
    startOfDay,
    startOf: (period, ms) => startOfDay(firstDay(period, dayAt(ms))),
    endOf: (period, ms) => startOfDay(nextDay(period, firstDay(period, dayAt(ms)))),
    minuteOfDay: (ms) => Math.floor((localMs(ms) % DAY_MS) / 60_000),
    dateOf: (day) => new Date(day * DAY_MS).toISOString().slice(0, 10),
  };
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const options = {
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
}

/** The clock on the wall, as if it were UTC. */
function readLocal(format: Intl.DateTimeFormat, ms: number): number {
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
}

function firstQuarter(day: number, dayAt: (ms: number) => number): number {
  let before = Math.floor((day * DAY_MS - SEARCH_MS) / QUARTER_MS);
  let within = Math.floor((day * DAY_MS + SEARCH_MS) / QUARTER_MS);
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayAt(middle * QUARTER_MS) >= day) within = middle;
    else before = middle;
  }
  return within;
}

/** Entries come in the order of time: most fall into the quarter asked for before. */
function rememberLast(compute: (key: number) => number): (key: number) => number {
  let lastKey = Number.NaN;
  let lastValue = 0;
  return (key) => {
    if (key !== lastKey) {
      lastValue = compute(key);
      lastKey = key;
    }
    return lastValue;
  };
}

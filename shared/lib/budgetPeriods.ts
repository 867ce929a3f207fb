/**
 * When a budget's period began and when the next one begins, in the local time of this machine: midnight, Monday, the
 * first. Days are counted by the calendar, so that one of 23 or 25 hours is a day; a midnight that does not exist is the
 * first moment after it.
 */

export type ResettingPeriod = "day" | "week" | "month";

/** The period that holds `wallMs`. */
export function periodStart(period: ResettingPeriod, wallMs: number): number {
  const at = new Date(wallMs);
  switch (period) {
    case "day":
      return startOfDay(at.getFullYear(), at.getMonth(), at.getDate());
    case "week":
      // Monday is day 1; Sunday (0) belongs to the week that began six days before.
      return startOfDay(at.getFullYear(), at.getMonth(), at.getDate() - ((at.getDay() + 6) % 7));
    case "month":
      return startOfDay(at.getFullYear(), at.getMonth(), 1);
  }
}

/** The begin of the period after the one that holds `wallMs`. */
export function nextPeriodStart(period: ResettingPeriod, wallMs: number): number {
  const start = new Date(periodStart(period, wallMs));
  switch (period) {
    case "day":
      return startOfDay(start.getFullYear(), start.getMonth(), start.getDate() + 1);
    case "week":
      return startOfDay(start.getFullYear(), start.getMonth(), start.getDate() + 7);
    case "month":
      return startOfDay(start.getFullYear(), start.getMonth() + 1, 1);
  }
}

function startOfDay(year: number, month: number, day: number): number {
  return new Date(year, month, day).getTime();
}

/** "tomorrow at 00:00", "Monday at 00:00", "on the 1st at 00:00": when a person can expect it. */
export function resetWords(period: ResettingPeriod): string {
  return { day: "tomorrow at 00:00", week: "on Monday at 00:00", month: "on the 1st at 00:00" }[period];
}

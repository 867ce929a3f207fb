/**
 * A period cut into what each table answers exactly: whole local days from the day sums, whole quarters of an hour beside
 * them, and the ragged ends from the entries. So a year costs as much as a day.
 */
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import { QUARTER_MS } from "./sums.ts";

/** Half-open; in the table's own unit: milliseconds, quarters, days. */
export interface Segment {
  readonly table: "entries" | "quarters" | "days";
  readonly from: number;
  readonly to: number;
}

/** `hasDays: false` for those who ask when within a day. */
export function segmentsOf(
  calendar: LocalCalendar,
  { from, to }: { from: number; to: number },
  { hasDays }: { hasDays: boolean },
): readonly Segment[] {
  const firstQuarter = Math.ceil(from / QUARTER_MS);
  const lastQuarter = Math.floor(to / QUARTER_MS);
  if (firstQuarter >= lastQuarter) return notEmpty([{ table: "entries", from, to }]);
  const firstDay = calendar.dayOf(firstQuarter * QUARTER_MS - 1) + 1;
  const lastDay = calendar.dayOf(lastQuarter * QUARTER_MS);
  const middle: Segment[] =
    hasDays && firstDay < lastDay
      ? [
          { table: "quarters", from: firstQuarter, to: calendar.startOfDay(firstDay) / QUARTER_MS },
          { table: "days", from: firstDay, to: lastDay },
          { table: "quarters", from: calendar.startOfDay(lastDay) / QUARTER_MS, to: lastQuarter },
        ]
      : [{ table: "quarters", from: firstQuarter, to: lastQuarter }];
  return notEmpty([
    { table: "entries", from, to: firstQuarter * QUARTER_MS },
    ...middle,
    { table: "entries", from: lastQuarter * QUARTER_MS, to },
  ]);
}

function notEmpty(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter(({ from, to }) => from < to);
}

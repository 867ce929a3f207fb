/** Where a period will end if the rest of it goes as it went before. Says nothing rather than guess from too little. */
import type { QueryOutput, QueryRequest } from "#shared/contract/index.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { costByQuarter } from "./sumQuery.ts";
import type { SumDeps } from "./sumQuery.ts";

/** Four weeks hold each weekday four times and forget what was before the last change of habits. */
const DAYS_BACK = 28;
/** Fewer days with anything spent make no habit. */
const LEAST_DAYS = 3;
const QUARTERS = 96;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Spent {
  /** What was spent by the end of each quarter of an hour of the local day. */
  readonly byQuarter: readonly number[];
  readonly total: number;
}

export function forecastOf(
  deps: SumDeps,
  { scope, period }: QueryRequest<"usage.forecast">,
): QueryOutput<"usage.forecast"> {
  const { calendar, nowMs } = deps;
  const start = calendar.startOf(period, nowMs);
  const end = calendar.endOf(period, nowMs);
  const today = calendar.dayOf(nowMs);
  const days = spentByDay(deps, { scope, from: Math.min(start, calendar.startOfDay(today - DAYS_BACK)) });
  const isInPeriod = (day: number): boolean => calendar.startOfDay(day) >= start;
  const spentNanos = [...days].reduce((sum, [day, { total }]) => sum + (isInPeriod(day) ? total : 0), 0);
  const past = Array.from({ length: DAYS_BACK }, (_, index) => days.get(today - 1 - index)).filter(
    (day) => day !== undefined,
  );
  const meanDay = meanOf(past);
  const base = { spentNanos, resetsAt: toIsoTime(end), meanDay };
  if (past.length < LEAST_DAYS) return { ...base, forecastNanos: null, lowNanos: null, highNanos: null };
  const quarter = Math.min(QUARTERS - 1, Math.floor(calendar.minuteOfDay(nowMs) / 15));
  const restOfToday = past.map(({ byQuarter, total }) => total - (byQuarter[quarter] ?? total));
  const daysAhead = Math.max(0, Math.round((end - calendar.startOfDay(today + 1)) / DAY_MS));
  // Days without any use are part of the habit: the mean goes over all days since the first one with some.
  const first = Math.min(...days.keys());
  const daysKnown = Math.max(past.length, Math.min(DAYS_BACK, today - first));
  const meanTotal = sum(past.map(({ total }) => total)) / daysKnown;
  const ahead = meanTotal * daysAhead;
  const spread = deviation(past.map(({ total }) => total)) * Math.sqrt(daysAhead);
  return {
    ...base,
    forecastNanos: Math.round(spentNanos + mean(restOfToday) + ahead),
    lowNanos: Math.round(spentNanos + Math.min(...restOfToday) + Math.max(0, ahead - spread)),
    highNanos: Math.round(spentNanos + Math.max(...restOfToday) + ahead + spread),
  };
}

function spentByDay(deps: SumDeps, { scope, from }: { scope: string | undefined; from: number }): Map<number, Spent> {
  const { calendar } = deps;
  const spent = new Map<number, number[]>();
  // Local days begin at a quarter of an hour, so nothing of the day before is in it.
  const filter = { imported: "with" as const, from: toIsoTime(from), ...(scope === undefined ? {} : { scope }) };
  for (const { at, costNanos } of costByQuarter(deps, filter)) {
    const day = calendar.dayOf(at);
    const parts = spent.get(day) ?? Array.from({ length: QUARTERS }, () => 0);
    spent.set(day, parts);
    const quarter = Math.floor(calendar.minuteOfDay(at) / 15);
    parts[quarter] = (parts[quarter] ?? 0) + costNanos;
  }
  return new Map(
    [...spent].map(([day, parts]) => {
      let total = 0;
      const byQuarter = parts.map((part) => (total += part));
      return [day, { byQuarter, total }];
    }),
  );
}

function meanOf(past: readonly Spent[]): { minuteOfDay: number; costNanos: number }[] {
  if (past.length === 0) return [];
  return Array.from({ length: QUARTERS }, (_, index) => ({
    minuteOfDay: (index + 1) * 15,
    costNanos: Math.round(mean(past.map(({ byQuarter }) => byQuarter[index] ?? 0))),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

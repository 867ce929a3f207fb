/** From the core's buckets to the lines of the chart: sums that grow through the span, stacked where they are told apart. */
import type { QueryOutput } from "#shared/contract/index.ts";
import type { Measure } from "./measures.ts";

export type Series = QueryOutput<"usage.series">;
export type Forecast = QueryOutput<"usage.forecast">;

export interface ChartLine {
  readonly key: string;
  readonly label: string;
  readonly role: "spent" | "stack" | "forecast" | "mean" | "limit";
  /** 0 to 4: the chart's colours, in order. */
  readonly colour: number;
  /** One per time; null where the line is not. Stacked lines hold the sum up to and with their own. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  /** Seconds since 1970, ascending; the span's beginning and end are among them. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
}

export interface ChartInput {
  readonly series: Series;
  readonly measure: Measure;
  readonly startMs: number;
  readonly endMs: number;
  readonly nowMs: number;
  /** By agent, model …: each line is named, also a single one. */
  readonly isGrouped: boolean;
  readonly forecast?: Forecast | undefined;
  readonly limit?: number | undefined;
}

/** More lines than this cannot be told apart; the rest is one line. */
const OWN_LINES = 4;

export function makeChart(input: ChartInput): Chart {
  const { series, startMs, endMs, nowMs } = input;
  const bounds = series.times.map((time) => Date.parse(time));
  const meanAt = input.forecast?.meanDay.map(({ minuteOfDay }) => startMs + minuteOfDay * 60_000) ?? [];
  const ms = [...new Set([startMs, ...bounds.filter((at) => at > startMs && at < nowMs), nowMs, ...meanAt, endMs])]
    .filter((at) => at >= startMs && at <= endMs)
    .toSorted((left, right) => left - right);
  const spent = spentLines(input, { bounds, ms });
  return {
    times: ms.map((at) => at / 1000),
    lines: [...spent, ...forecastLine(input, ms), ...meanLine(input, ms), ...limitLine(input, ms)],
  };
}

interface Grid {
  readonly bounds: readonly number[];
  readonly ms: readonly number[];
}

function spentLines({ series, measure, nowMs, isGrouped }: ChartInput, { bounds, ms }: Grid): readonly ChartLine[] {
  const groups = series.series.map(({ key, label, costNanos, tokens }) => {
    const values = measure === "cost" ? costNanos : tokens;
    return { key, label, total: values.reduce((sum, value) => sum + value, 0), values };
  });
  const [only] = groups;
  if (!isGrouped || only === undefined)
    return [
      {
        key: only?.key ?? "",
        label: "Spent",
        role: "spent",
        colour: 0,
        values: ms.map((at) => (at > nowMs ? null : grownTo(bounds, only?.values ?? [], at))),
      },
    ];
  const ranked = groups.toSorted((left, right) => right.total - left.total);
  const others = ranked.slice(OWN_LINES);
  const shown = [
    ...ranked.slice(0, OWN_LINES),
    ...(others.length === 0 ? [] : [{ key: "*others", label: `${others.length} others`, values: summed(others) }]),
  ];
  const below = ms.map(() => 0);
  return shown.map(({ key, label, values }, colour) => ({
    key,
    label,
    role: "stack" as const,
    colour,
    values: ms.map((at, index) => {
      if (at > nowMs) return null;
      const sum = (below[index] ?? 0) + grownTo(bounds, values, at);
      below[index] = sum;
      return sum;
    }),
  }));
}

function summed(groups: readonly { readonly values: readonly number[] }[]): readonly number[] {
  const [first] = groups;
  return (first?.values ?? []).map((_, index) => groups.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
}

/** What had been spent at a moment: whole buckets before it, and all of the one it is in. */
export function grownTo(bounds: readonly number[], values: readonly number[], at: number): number {
  let sum = 0;
  for (const [index, begins] of bounds.entries()) {
    if (begins >= at) break;
    sum += values[index] ?? 0;
  }
  return sum;
}

function forecastLine({ forecast, measure, nowMs, endMs }: ChartInput, ms: readonly number[]): readonly ChartLine[] {
  if (measure !== "cost" || forecast?.forecastNanos === undefined || forecast.forecastNanos === null) return [];
  const { spentNanos, forecastNanos } = forecast;
  const slope = (forecastNanos - spentNanos) / Math.max(1, endMs - nowMs);
  const values = ms.map((at) => (at < nowMs ? null : spentNanos + slope * (at - nowMs)));
  return [{ key: "*forecast", label: "Forecast", role: "forecast", colour: 0, values }];
}

function meanLine({ forecast, measure, startMs }: ChartInput, ms: readonly number[]): readonly ChartLine[] {
  const mean = forecast?.meanDay ?? [];
  if (measure !== "cost" || mean.length === 0) return [];
  const byTime = new Map(mean.map(({ minuteOfDay, costNanos }) => [startMs + minuteOfDay * 60_000, costNanos]));
  return [{ key: "*mean", label: "Mean day", role: "mean", colour: 4, values: ms.map((at) => byTime.get(at) ?? null) }];
}

function limitLine({ limit }: ChartInput, ms: readonly number[]): readonly ChartLine[] {
  if (limit === undefined) return [];
  return [{ key: "*limit", label: "Budget", role: "limit", colour: 4, values: ms.map(() => limit) }];
}

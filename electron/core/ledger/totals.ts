/** Totals and charts over the sums. */
import type { QueryOutput, QueryRequest } from "#shared/contract/index.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import type { UsageSum } from "#shared/model/usage.ts";
import { groupsOf } from "./dims.ts";
import { periodOf, sumRows } from "./sumQuery.ts";
import type { Period, SumDeps, SumRow } from "./sumQuery.ts";
import { addRow, NO_USAGE } from "./sums.ts";

type TotalsRow = QueryOutput<"usage.totals">["rows"][number];

export function totalsOf(deps: SumDeps, request: QueryRequest<"usage.totals">): QueryOutput<"usage.totals"> {
  const { groupBy } = request;
  const rows = sumRows(deps, { filter: request, byTime: groupBy === "day", bySession: groupBy === "session" });
  const total: UsageSum = { ...NO_USAGE };
  const groups = new Map<string, TotalsRow>();
  for (const found of rows) {
    addRow(total, found.row);
    if (groupBy === "none") continue;
    for (const { key, label } of keysOf(deps, found, groupBy)) {
      const group = groups.get(key) ?? { key, label, ...NO_USAGE };
      groups.set(key, group);
      addRow(group, found.row);
    }
  }
  const counted = [...groups.values()].filter((group) => group.entries > 0);
  return {
    total,
    rows:
      groupBy === "day"
        ? counted.toSorted((a, b) => (a.key < b.key ? -1 : 1))
        : counted.toSorted((a, b) => b.costNanos - a.costNanos || b.totalTokens - a.totalTokens),
  };
}

function keysOf(
  { calendar, ancestorsOf }: SumDeps,
  { dim, at, session }: SumRow,
  groupBy: QueryRequest<"usage.totals">["groupBy"],
): readonly { key: string; label: string }[] {
  if (groupBy === "day") {
    const date = calendar.dateOf(calendar.dayOf(at));
    return [{ key: date, label: date }];
  }
  if (groupBy === "session") return [{ key: session, label: session === "" ? "No session" : session }];
  return groupsOf(dim, groupBy, ancestorsOf);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Minutes come from the entries; three hours of them are a chart's width. */
const MINUTES_REACH_MS = 3 * HOUR_MS;
const HOURS_REACH_MS = 14 * DAY_MS;

type Bucket = QueryOutput<"usage.series">["bucket"];
type Series = QueryOutput<"usage.series">["series"][number];

export function seriesOf(deps: SumDeps, request: QueryRequest<"usage.series">): QueryOutput<"usage.series"> {
  const { groupBy } = request;
  const asked = periodOf(deps, request);
  const bucket = bucketFor(request.bucket, asked);
  const rows = sumRows(deps, {
    filter: request,
    byTime: true,
    bySession: groupBy === "session",
    finest: bucket === "hour" ? "quarter" : bucket,
    columns: "chart",
  });
  const first = rows.reduce((least, { at }) => Math.min(least, at), asked.to);
  const times = bucketStarts(deps.calendar, bucket, {
    from: request.from === undefined ? first : asked.from,
    to: asked.to,
  });
  const find = finder(times);
  const series = new Map<string, Series>();
  for (const found of rows) {
    const index = find(found.at);
    const [cost, tokens] = [Number(found.row["cost_nanos"]), Number(found.row["tokens"])];
    for (const { key, label } of keysOf(deps, found, groupBy)) {
      const line = series.get(key) ?? { key, label, costNanos: times.map(() => 0), tokens: times.map(() => 0) };
      series.set(key, line);
      line.costNanos[index] = (line.costNanos[index] ?? 0) + cost;
      line.tokens[index] = (line.tokens[index] ?? 0) + tokens;
    }
  }
  return { bucket, times: times.map(toIsoTime), series: [...series.values()] };
}

function bucketFor(asked: Bucket | "auto", { from, to }: Period): Bucket {
  const lengthMs = to - from;
  if (asked === "minute" || asked === "auto") if (lengthMs <= MINUTES_REACH_MS) return "minute";
  // A longer period by the minute has more points than a chart has pixels: hours instead, then days.
  if (asked !== "day" && lengthMs <= (asked === "auto" ? 3 * DAY_MS : HOURS_REACH_MS)) return "hour";
  return "day";
}

function bucketStarts(calendar: LocalCalendar, bucket: Bucket, { from, to }: Period): number[] {
  if (from >= to) return [];
  if (bucket === "day") {
    const first = calendar.dayOf(from);
    const days = calendar.dayOf(to - 1) - first + 1;
    return Array.from({ length: days }, (_, index) => calendar.startOfDay(first + index));
  }
  const step = bucket === "minute" ? MINUTE_MS : HOUR_MS;
  // Local hours begin off the hour in some zones.
  const offset = calendar.startOfDay(calendar.dayOf(from)) % step;
  const first = Math.floor((from - offset) / step) * step + offset;
  return Array.from({ length: Math.ceil((to - first) / step) }, (_, index) => first + index * step);
}

/** The last bucket that has begun. */
function finder(times: readonly number[]): (ms: number) => number {
  return (ms) => {
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((times[middle] ?? 0) <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}

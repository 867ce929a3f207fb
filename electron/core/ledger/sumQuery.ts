/** Sums of a filter over a period: from the sum tables where they answer it, from the entries where only those can. */
import type { UsageFilter } from "#shared/contract/index.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Store } from "#core/store/index.ts";
import { dimSays, matchesDim, readDims } from "./dims.ts";
import type { AncestorsOf, Dim } from "./dims.ts";
import { entryConditions, idCondition } from "./entryPages.ts";
import { segmentsOf } from "./segments.ts";
import type { Segment } from "./segments.ts";
import { CHART_COLUMNS, ENTRY_SUMS, QUARTER_MS, SELECT_CHART, SELECT_SUMS, SUM_COLUMNS } from "./sums.ts";

export interface SumDeps {
  readonly store: Pick<Store, "all" | "get">;
  readonly calendar: LocalCalendar;
  readonly ancestorsOf: AncestorsOf;
  readonly nowMs: number;
}

export interface SumRow {
  readonly dim: Dim;
  /** The beginning of the minute, quarter or day the row stands for; 0 where times are not kept apart. */
  readonly at: number;
  readonly session: string;
  readonly row: Row;
}

export interface SumRequest {
  readonly filter: UsageFilter;
  /** Rows of different times stay apart. */
  readonly byTime: boolean;
  readonly bySession: boolean;
  /** How far times are kept apart; days by default. Minutes need the entries, the rest comes from the sums. */
  readonly finest?: "minute" | "quarter" | "day";
  /** What a row holds: every sum, or the cost and the tokens that a chart draws. */
  readonly columns?: "all" | "chart";
}

export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Without an end it is open: a clock that was set back, or another machine's, leaves entries ahead of now, and they count. */
export function periodOf(
  { store, nowMs }: Pick<SumDeps, "store" | "nowMs">,
  filter: { from?: string | undefined; to?: string | undefined },
): Period {
  const newest = (): number => Number(store.get("SELECT max(at) AS at FROM usage_entries")?.["at"] ?? 0);
  const to = filter.to === undefined ? Math.max(nowMs, newest()) + 1 : parseTime(filter.to);
  return { from: filter.from === undefined ? 0 : Math.min(parseTime(filter.from), to), to };
}

export function sumRows(deps: SumDeps, request: SumRequest): readonly SumRow[] {
  const { filter } = request;
  const all = readDims(deps.store);
  const { dims, isId } = wantedDims(deps, all, filter);
  if (dims.size === 0) return [];
  const only = dims.size === all.length ? undefined : JSON.stringify([...dims.keys()]);
  return segmentsFor(deps, request, isId).flatMap((segment) =>
    readSegment(deps, { segment, request, only, isId }).flatMap((row) => {
      const dim = dims.get(Number(row["dim"]));
      return dim === undefined
        ? []
        : [{ dim, row, at: Number(row["time"] ?? 0), session: String(row["session"] ?? "") }];
    }),
  );
}

/** Text that no path or model says may be an id; ids are in the entries only. */
function wantedDims(
  { ancestorsOf }: SumDeps,
  all: readonly Dim[],
  filter: UsageFilter,
): { dims: ReadonlyMap<number, Dim>; isId: boolean } {
  const text = filter.text?.trim() ?? "";
  const matching = all.filter((dim) => matchesDim(dim, filter, ancestorsOf));
  const said = matching.filter((dim) => dimSays(dim, text));
  const isId = text !== "" && said.length === 0;
  return { dims: new Map((isId ? matching : said).map((dim) => [dim.id, dim])), isId };
}

function segmentsFor(deps: SumDeps, request: SumRequest, isId: boolean): readonly Segment[] {
  const { filter, bySession, byTime, finest = "day" } = request;
  const { calendar } = deps;
  const period = periodOf(deps, filter);
  if (finest === "minute" || filter.sessionId !== undefined || filter.cliSessionId !== undefined || isId)
    return [{ table: "entries", ...period }];
  const segments = segmentsOf(calendar, period, { hasDays: !byTime || finest === "day" });
  return bySession ? bySessionDay(segments) : segments;
}

/** Sums by session are kept by day only: what is less than a day comes from the entries. */
function bySessionDay(segments: readonly Segment[]): readonly Segment[] {
  return segments.map((segment) =>
    segment.table === "quarters"
      ? { table: "entries", from: segment.from * QUARTER_MS, to: segment.to * QUARTER_MS }
      : segment,
  );
}

interface SegmentRequest {
  readonly segment: Segment;
  readonly request: SumRequest;
  /** Ids of the dims that count, as JSON; undefined: all. */
  readonly only: string | undefined;
  /** The filter's text is one; else the dims answer it. */
  readonly isId: boolean;
}

function readSegment(deps: SumDeps, asked: SegmentRequest): readonly Row[] {
  return asked.segment.table === "entries" ? readFromEntries(deps, asked) : readFromSums(deps, asked);
}

function dimFilter(column: string, only: string | undefined): string {
  return only === undefined ? "" : ` AND ${column} IN (SELECT value FROM json_each(?))`;
}

function paramsOf({ segment, only }: Pick<SegmentRequest, "segment" | "only">): readonly SqlValue[] {
  return [segment.from, segment.to, ...(only === undefined ? [] : [only])];
}

function keysOf({ byTime, bySession }: SumRequest): string {
  return ["dim", ...(byTime ? ["time"] : []), ...(bySession ? ["session"] : [])].join(", ");
}

function readFromEntries({ store }: SumDeps, asked: SegmentRequest): readonly Row[] {
  const { request, only, isId } = asked;
  const { text = "" } = request.filter;
  const conditions = [...entryConditions(request.filter), ...(isId ? [idCondition(text.trim())] : [])];
  const keys = keysOf(request);
  return store.all(
    `SELECT ${keys}, ${request.columns === "chart" ? SELECT_CHART : SELECT_SUMS} FROM (
       SELECT e.dim, e.at / 60000 * 60000 AS time, coalesce(e.session_id, 'cli:' || e.cli_session_id, '') AS session, ${ENTRY_SUMS}
       FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
       WHERE e.at >= ? AND e.at < ?${dimFilter("e.dim", only)}${conditions.map(({ sql }) => ` AND ${sql}`).join("")}
         AND NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id)
     ) GROUP BY ${keys}`,
    [...paramsOf(asked), ...conditions.flatMap((condition) => condition.params)],
  );
}

function readFromSums({ store, calendar }: SumDeps, asked: SegmentRequest): readonly Row[] {
  const { segment, request, only } = asked;
  const { byTime, bySession, columns } = request;
  const isChart = columns === "chart";
  const isDays = segment.table === "days";
  const column = isDays ? "day" : "quarter";
  const table = !isDays ? "usage_quarters" : bySession ? "usage_session_days" : "usage_days";
  const keys = ["dim", ...(byTime ? [`${column} AS time`] : []), ...(bySession ? ["session"] : [])].join(", ");
  const where = `${column} >= ? AND ${column} < ?${dimFilter("dim", only)}`;
  if (!byTime)
    return store.all(
      `SELECT ${keys}, ${isChart ? SELECT_CHART : SELECT_SUMS} FROM ${table} WHERE ${where} GROUP BY ${keysOf(request)}`,
      paramsOf(asked),
    );
  // With the time kept apart a row of the table is a row of the answer: nothing to add up.
  const startOf = (value: number): number => (isDays ? calendar.startOfDay(value) : value * QUARTER_MS);
  return store
    .all(
      `SELECT ${keys}, ${isChart ? CHART_COLUMNS : SUM_COLUMNS.join(", ")} FROM ${table} WHERE ${where}`,
      paramsOf(asked),
    )
    .map((row) => ({ ...row, time: startOf(Number(row["time"])) }));
}

/** What each quarter of an hour cost, added up by the database: a month of them is a few thousand rows, of which none has a dim. */
export function costByQuarter(
  deps: SumDeps,
  filter: UsageFilter,
): readonly { readonly at: number; readonly costNanos: number }[] {
  const all = readDims(deps.store);
  const { dims } = wantedDims(deps, all, filter);
  const only = dims.size === all.length ? undefined : JSON.stringify([...dims.keys()]);
  const { from, to } = periodOf(deps, filter);
  const segment = {
    table: "quarters" as const,
    from: Math.floor(from / QUARTER_MS),
    to: Math.ceil(to / QUARTER_MS),
  };
  return deps.store
    .all(
      `SELECT quarter, sum(cost_nanos) AS cost_nanos FROM usage_quarters
       WHERE quarter >= ? AND quarter < ?${dimFilter("dim", only)} GROUP BY quarter`,
      paramsOf({ segment, only }),
    )
    .map((row) => ({ at: Number(row["quarter"]) * QUARTER_MS, costNanos: Number(row["cost_nanos"]) }));
}

/** Sums of a filter over a period: from the sum tables where they answer it, from the entries where only those can. */
import type { UsageFilter } from "#shared/contract/index.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Store } from "#core/store/index.ts";
import { dimSays, matchesDim, readDims } from "./dims.ts";
import type { AncestorsOf, Dim } from "./dims.ts";
import { entryConditions } from "./entryPages.ts";
import { segmentsOf } from "./segments.ts";
import type { Segment } from "./segments.ts";
import { ENTRY_SUMS, QUARTER_MS, SELECT_SUMS, SUM_COLUMNS } from "./sums.ts";

export interface SumDeps {
  readonly store: Pick<Store, "all">;
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
  /** Minutes need the entries; hours and days come from the sums. */
  readonly finest?: "minute" | "quarter";
}

export interface Period {
  readonly from: number;
  readonly to: number;
}

export function periodOf(filter: { from?: string | undefined; to?: string | undefined }, nowMs: number): Period {
  const to = filter.to === undefined ? nowMs + 1 : parseTime(filter.to);
  return { from: filter.from === undefined ? 0 : Math.min(parseTime(filter.from), to), to };
}

export function sumRows(deps: SumDeps, request: SumRequest): readonly SumRow[] {
  const { store, calendar } = deps;
  const { filter } = request;
  const all = readDims(store);
  const text = filter.text?.trim() ?? "";
  const matching = all.filter((dim) => matchesDim(dim, filter, deps.ancestorsOf));
  const said = text === "" ? matching : matching.filter((dim) => dimSays(dim, text));
  // Text that no path or model says may be an id; ids are in the entries only.
  const isId = text !== "" && said.length === 0;
  const dims = new Map((isId ? matching : said).map((dim) => [dim.id, dim]));
  if (dims.size === 0) return [];
  const period = periodOf(filter, deps.nowMs);
  const needsEntries =
    request.finest === "minute" || filter.sessionId !== undefined || filter.cliSessionId !== undefined || isId;
  const segments: readonly Segment[] = needsEntries
    ? [{ table: "entries", ...period }]
    : request.bySession
      ? bySessionDay(segmentsOf(calendar, period))
      : segmentsOf(calendar, period);
  const only = dims.size === all.length ? undefined : JSON.stringify([...dims.keys()]);
  return segments.flatMap((segment) =>
    readSegment(deps, { segment, request, only }).flatMap((row) => {
      const dim = dims.get(Number(row["dim"]));
      return dim === undefined
        ? []
        : [{ dim, row, at: Number(row["time"] ?? 0), session: String(row["session"] ?? "") }];
    }),
  );
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
}

function readSegment({ store, calendar }: SumDeps, { segment, request, only }: SegmentRequest): readonly Row[] {
  const { byTime, bySession, filter } = request;
  const dimFilter = (column: string): string =>
    only === undefined ? "" : ` AND ${column} IN (SELECT value FROM json_each(?))`;
  const params: SqlValue[] = [segment.from, segment.to, ...(only === undefined ? [] : [only])];
  const keys = ["dim", ...(byTime ? ["time"] : []), ...(bySession ? ["session"] : [])].join(", ");
  if (segment.table === "entries") {
    const conditions = entryConditions(filter);
    const where = conditions.map(({ sql }) => ` AND ${sql}`).join("");
    return store.all(
      `SELECT ${keys}, ${SELECT_SUMS} FROM (
         SELECT e.dim, e.at / 60000 * 60000 AS time, ifnull(e.session_id, 'cli:' || e.cli_session_id) AS session, ${ENTRY_SUMS}
         FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
         WHERE e.at >= ? AND e.at < ?${dimFilter("e.dim")}${where}
           AND NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id)
       ) GROUP BY ${keys}`,
      [...params, ...conditions.flatMap((condition) => condition.params)],
    );
  }
  const isDays = segment.table === "days";
  const table = isDays ? (bySession ? "usage_session_days" : "usage_days") : "usage_quarters";
  const column = isDays ? "day" : "quarter";
  const time = byTime ? `${column} AS time, ` : "";
  const session = bySession ? "session, " : "";
  // With the time kept apart a row of the table is a row of the answer: nothing to add up.
  const rows = store.all(
    `SELECT dim, ${time}${session}${byTime ? SUM_COLUMNS.join(", ") : SELECT_SUMS} FROM ${table}
     WHERE ${column} >= ? AND ${column} < ?${dimFilter("dim")}${byTime ? "" : ` GROUP BY ${keys}`}`,
    params,
  );
  if (!byTime) return rows;
  const startOf = (value: number): number => (isDays ? calendar.startOfDay(value) : value * QUARTER_MS);
  return rows.map((row) => ({ ...row, time: startOf(Number(row["time"])) }));
}

/**
 * Questions to the ledger. Reads see everything reported so far, since what is gathered is committed first; in the middle
 * of a flood of reports they see what is written of it.
 */
import type { QueryOutput, QueryRequest, StreamItem, StreamRequest } from "#shared/contract/index.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { usageSourceSchema } from "#shared/model/usage.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { readBurn } from "./burn.ts";
import type { Burn } from "./burn.ts";
import { writeCounters } from "./counters.ts";
import type { Shown } from "./counters.ts";
import type { AncestorsOf } from "./dims.ts";
import { driftOf } from "./drift.ts";
import { pageOfEntries } from "./entryPages.ts";
import { forecastOf } from "./forecast.ts";
import type { Ledger } from "./ledger.ts";
import { streamExport, streamUsage } from "./liveUsage.ts";
import { SELECT_ENTRY, showEntry, textOf, toEntry, toReport, withNumber, withText } from "./rows.ts";
import type { SumDeps } from "./sumQuery.ts";
import { seriesOf, totalsOf } from "./totals.ts";

export interface ViewDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** The path itself, and every supervisor and fleet above it. */
  readonly ancestorsOf: AncestorsOf;
}

export class LedgerViews {
  readonly #deps: ViewDeps;
  readonly #shown: Shown = new Map();

  constructor(deps: ViewDeps) {
    this.#deps = deps;
  }

  entries(request: QueryRequest<"usage.entries">): Result<QueryOutput<"usage.entries">> {
    this.#deps.recorder.flush();
    return pageOfEntries(this.#deps, request);
  }

  prices(request: QueryRequest<"prices.list">): QueryOutput<"prices.list"> {
    this.#deps.recorder.flush();
    return this.#deps.ledger.prices.list(request);
  }

  burn(): Burn {
    return readBurn(this.#sums());
  }

  drift(request: QueryRequest<"usage.drift">): Promise<QueryOutput<"usage.drift">> {
    return driftOf({ ...this.#sums(), clock: this.#deps.clock }, request);
  }

  forecast(request: QueryRequest<"usage.forecast">): QueryOutput<"usage.forecast"> {
    return forecastOf(this.#sums(), request);
  }

  /** Prometheus' text format. */
  counters(): string {
    return writeCounters(this.#sums(), this.#shown);
  }

  streamUsage(sink: StreamSink<StreamItem<"usage">>): Result<StreamHandle> {
    const { clock, ledger } = this.#deps;
    return streamUsage({ views: this, clock, watch: (watcher) => ledger.watch(watcher) }, sink);
  }

  streamExport(
    request: StreamRequest<"usageExport">,
    sink: StreamSink<StreamItem<"usageExport">>,
  ): Result<StreamHandle> {
    return streamExport({ views: this, clock: this.#deps.clock }, request, sink);
  }

  totals(request: QueryRequest<"usage.totals">): QueryOutput<"usage.totals"> {
    return totalsOf(this.#sums(), request);
  }

  series(request: QueryRequest<"usage.series">): QueryOutput<"usage.series"> {
    return seriesOf(this.#sums(), request);
  }

  #sums(): SumDeps {
    const { store, recorder, ledger, ancestorsOf, clock } = this.#deps;
    recorder.flush();
    return { store, calendar: ledger.calendar, ancestorsOf, nowMs: clock.wallNow() };
  }

  entry(id: number): Result<QueryOutput<"usage.entry">> {
    const { store, recorder } = this.#deps;
    recorder.flush();
    const row = store.get(`${SELECT_ENTRY} WHERE e.id = ?`, [id]);
    if (row === undefined) return fail("not_found", `The ledger has no entry ${id}.`);
    const history = store.all(
      // Everything that led here, and everything that came after.
      `WITH RECURSIVE
         newer (id) AS (SELECT ? UNION SELECT s.by_entry FROM usage_superseded s JOIN newer n ON s.entry = n.id WHERE s.by_entry IS NOT NULL),
         chain (id) AS (SELECT id FROM newer UNION SELECT s.entry FROM usage_superseded s JOIN chain c ON s.by_entry = c.id)
       ${SELECT_ENTRY} WHERE e.id IN (SELECT id FROM chain) ORDER BY e.id LIMIT 1000`,
      [id],
    );
    const reports = store.all(
      `SELECT r.* FROM usage_reports r WHERE r.request IN (
         SELECT q.id FROM usage_requests q WHERE q.id = ? OR q.twin_of = ?
         UNION SELECT q.id FROM usage_requests q JOIN usage_requests l ON l.id = q.twin_of WHERE l.entry = ?
         UNION SELECT q.id FROM usage_requests q WHERE q.entry = ?) ORDER BY r.at, r.id`,
      [Number(row["request"]), Number(row["request"]), id, id],
    );
    return ok({
      entry: showEntry(toEntry(row)),
      history: history.map((one) => showEntry(toEntry(one))),
      reports: reports.map(toReport).map((word) => ({
        source: word.source,
        confidence: word.confidence,
        outcome: word.outcome,
        at: toIsoTime(word.at),
        sourceKey: word.sourceKey,
        tokens: word.tokens,
        ...withNumber("reportedCostNanos", word.reportedCostNanos),
        marks: [...word.marks],
      })),
    });
  }

  unknown({ from, to, limit }: QueryRequest<"usage.unknown">): QueryOutput<"usage.unknown"> {
    const { store, recorder } = this.#deps;
    recorder.flush();
    const range = [
      from === undefined ? 0 : parseTime(from),
      to === undefined ? Number.MAX_SAFE_INTEGER : parseTime(to),
    ];
    const rows = store.all(
      `SELECT * FROM (
         SELECT r.at, l.path, r.session_id, r.cli_session_id, r.agent, r.model,
           CASE WHEN r.marks LIKE '%absurd%' THEN 'bad_numbers' WHEN r.outcome = 'interrupted' THEN 'interrupted'
                WHEN r.kind = 'auxiliary' THEN 'auxiliary' ELSE 'no_usage_in_answer' END AS why,
           CASE WHEN r.input IS NULL THEN NULL ELSE 'Counted as ' || (r.input + r.output + r.cache_read + r.cache_write)
             || ' tokens, an estimate' END AS detail, r.source, r.request_id, min(r.id)
         FROM usage_requests q JOIN usage_reports r ON r.request = q.id LEFT JOIN lives l ON l.session_id = r.session_id
         WHERE q.is_unknown = 1 AND q.at >= ? AND q.at < ? AND NOT ${COUNTED_ELSEWHERE} GROUP BY q.id
         UNION ALL
         SELECT g.at, l.path, g.session_id, g.cli_session_id, g.agent, g.model, g.why, g.detail, g.source, NULL, 0
         FROM usage_gaps g LEFT JOIN lives l ON l.session_id = g.session_id WHERE g.at >= ? AND g.at < ? AND NOT ${TOLD_BETTER}
       ) ORDER BY at DESC LIMIT ?`,
      [...range, ...range, limit],
    );
    return rows.map((row) => ({
      at: toIsoTime(Number(row["at"])),
      ...withText("path", textOf(row["path"])),
      ...withText("sessionId", textOf(row["session_id"])),
      ...withText("cliSessionId", textOf(row["cli_session_id"])),
      agent: String(row["agent"]),
      ...withText("model", textOf(row["model"])),
      why: whyOf(String(row["why"])),
      ...withText("detail", textOf(row["detail"])),
      source: usageSourceSchema.parse(row["source"]),
      ...withText("requestId", textOf(row["request_id"])),
    }));
  }
}

const hasSource = (session: string, source: string): string => `EXISTS (
  SELECT 1 FROM usage_session_days s JOIN usage_dims d ON d.id = s.dim WHERE s.session = ${session} AND d.source = '${source}')`;
/**
 * What a CLI hides from its own sources or breaks off, and what nobody heard, is counted where its requests go through the
 * gateway; and its telemetry knows of what was broken off better than its transcripts.
 */
const TOLD_BETTER = `((g.why IN ('auxiliary', 'interrupted', 'source_lost') AND ${hasSource("g.session_id", "gateway")})
  OR (g.why = 'interrupted' AND g.source = 'transcript' AND ${hasSource("g.session_id", "otlp")}))`;
/** A broken-off request without numbers has nothing that joins the sources' words on it. */
const COUNTED_ELSEWHERE = `(r.input IS NULL AND r.outcome = 'interrupted' AND (${hasSource("r.session_id", "gateway")}
  OR (r.source = 'transcript' AND EXISTS (
    SELECT 1 FROM usage_reports o WHERE o.source = 'stream_json' AND o.source_key = r.source_key))))`;

type Why = QueryOutput<"usage.unknown">[number]["why"];
const WHYS: readonly Why[] = ["interrupted", "auxiliary", "no_usage_in_answer", "bad_numbers", "source_lost"];

function whyOf(text: string): Why {
  return WHYS.find((why) => why === text) ?? "no_usage_in_answer";
}

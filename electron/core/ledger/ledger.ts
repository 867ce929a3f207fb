/**
 * The ledger: every model request counted once, each number with its source. Reports come from anywhere, in any order
 * and more than once; what they say together is a function of the set of them. Committed with the events of the moment.
 */
import { agentSubject, systemSubject } from "#shared/lib/eventSubjects.ts";
import { createLocalCalendar } from "#shared/lib/localCalendar.ts";
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Clock } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { PriceList } from "#core/ports/priceList.ts";
import type { ArchiveBatch, EntryListener, UsageGap, UsageReport, UsageSink, UsageTotals } from "#core/ports/usage.ts";
import type { Recorder, Store, StoreTx } from "#core/store/index.ts";
import { admit, soundTime } from "./admit.ts";
import { Intake } from "./intake.ts";
import { PriceBook } from "./prices.ts";
import type { SetPrice } from "./prices.ts";
import { repriceBatch } from "./reprice.ts";
import { hasTotals, settleRemainders, takeTotals } from "./remainder.ts";
import { takeReport } from "./requests.ts";
import { showEntry } from "./rows.ts";
import { SumChanges, totalOf } from "./sums.ts";
import { keepDaysLocal } from "./timeZone.ts";
import type { Change, LedgerWork, LifeRef } from "./work.ts";

/** Metrics are exported every second and name no request; the events that do come a moment later. */
const REMAINDER_DELAY_MS = 3000;
/** Sessions whose totals are looked at again after a start: the last run may have been killed before it settled them. */
const RECENT_TOTALS_MS = 7 * 24 * 60 * 60 * 1000;

export interface LedgerDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly priceList: PriceList;
  /** The person's; days begin there. */
  readonly timeZone: string;
  /** Whose life a session of ours is; asked within the transaction. */
  readonly lifeOf: (sessionId: string) => LifeRef | undefined;
}

export type ImportedBatch = Pick<ArchiveBatch, "reports" | "totals" | "marks">;

export interface RecordCounts {
  entries: number;
  duplicates: number;
}

export class Ledger implements UsageSink {
  readonly calendar: LocalCalendar;
  readonly prices: PriceBook;
  readonly #deps: LedgerDeps;
  readonly #intake: Intake;
  readonly #listeners = new Set<EntryListener>();
  readonly #watchers = new Set<() => void>();
  /** Changes by the number of their event, until its commit is told. */
  readonly #uncommitted = new Map<number, Change>();
  readonly #unsettled = new Set<string>();
  #cancelSettling: (() => void) | undefined;
  #cancelRepricing: (() => void) | undefined;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.calendar = createLocalCalendar(deps.timeZone);
    if (keepDaysLocal(deps.store, this.calendar))
      deps.logger.info("The ledger's days were made anew for another time zone.", { timeZone: this.calendar.timeZone });
    this.prices = new PriceBook(deps.store, deps.priceList);
    this.#intake = new Intake({ ...deps, take: (tx, reports) => this.#takeReported(tx, reports) });
    deps.store.onCommit((events) => this.#tell(events));
    const since = deps.clock.wallNow() - RECENT_TOTALS_MS;
    for (const row of deps.store.all("SELECT DISTINCT scope FROM usage_totals WHERE at >= ?", [since]))
      this.#settleSoon(String(row["scope"]));
    const triedWith = deps.store.get("SELECT value FROM usage_state WHERE key = 'prices'");
    if (triedWith?.["value"] !== this.prices.version) this.#repriceSoon();
  }

  /** Entries that have no price get this one in a moment. Error: store_unavailable. */
  setPrice(price: SetPrice, actor: string): Result<{ model: string }> {
    this.#deps.recorder.flush();
    const saved = this.prices.set(price, { actor, nowMs: this.#deps.clock.wallNow() });
    if (!saved.ok) return saved;
    this.#repriceSoon();
    return ok({ model: price.model });
  }

  /** Errors: not_found, store_unavailable. */
  removePrice(ref: { model: string; provider?: string | undefined }, actor: string): Result<{ model: string }> {
    this.#deps.recorder.flush();
    const removed = this.prices.remove(ref, { actor, nowMs: this.#deps.clock.wallNow() });
    return removed.ok ? ok({ model: ref.model }) : removed;
  }

  report(report: UsageReport): void {
    this.#intake.report(report);
  }

  totals(totals: UsageTotals): void {
    this.#deps.recorder.project((tx) =>
      this.#perform(tx, (work) => {
        const scope = takeTotals(work, totals, false);
        if (scope !== undefined) this.#settleSoon(scope);
      }),
    );
  }

  gap(gap: UsageGap): void {
    this.#deps.recorder.project((tx) => {
      tx.run(
        "INSERT OR IGNORE INTO usage_gaps (source, source_key, at, agent, session_id, cli_session_id, model, why, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          gap.source,
          gap.sourceKey.slice(-300),
          soundTime(gap.at, this.#deps.clock.wallNow()).at,
          gap.agent,
          gap.sessionId ?? null,
          gap.cliSessionId ?? null,
          gap.model ?? null,
          gap.why,
          gap.detail.slice(0, 1000),
        ],
      );
    });
  }

  /** After the commit of each change. The returned function ends it. */
  listen(listener: EntryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** After anything that may have changed the sums; says nothing about what. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** History, with how far its files were read; one commit. Error: store_unavailable. */
  importBatch({ reports, totals, marks }: ImportedBatch): Result<RecordCounts> {
    this.#deps.recorder.flush();
    let counts: RecordCounts = { entries: 0, duplicates: 0 };
    const done = this.#deps.store.transact({
      actor: "system",
      work: (tx) =>
        this.#perform(tx, (work) => {
          counts = this.#take(work, reports, true);
          for (const one of totals) {
            const scope = takeTotals(work, one, true);
            if (scope !== undefined) this.#settleSoon(scope);
          }
          for (const { file, mark } of marks)
            tx.run("INSERT OR REPLACE INTO usage_import_marks (file, mark) VALUES (?, ?)", [file, mark]);
        }),
    });
    if (!done.ok) return done;
    for (const watcher of this.#watchers) this.#guard(watcher);
    return ok(counts);
  }

  /** A report that shows a mistake of ours must not take along those it came with. */
  #takeReported(tx: StoreTx, reports: readonly UsageReport[]): void {
    this.#perform(tx, (work) => {
      for (const report of reports) {
        try {
          this.#take(work, [report], false);
        } catch (error) {
          if (error instanceof StoreError) throw error;
          this.#deps.logger.error("A report of usage could not be recorded and was given up.", {
            source: report.source,
            error: String(error),
          });
        }
      }
    });
  }

  #take(work: LedgerWork, reports: readonly UsageReport[], imported: boolean): RecordCounts {
    const counts = { entries: 0, duplicates: 0 };
    for (const report of reports) {
      const isNew = takeReport(work, admit(report, { nowMs: work.nowMs, imported }));
      if (isNew) counts.entries += 1;
      else counts.duplicates += 1;
    }
    return counts;
  }

  /** The remainders of sessions with totals, now instead of in a moment. */
  settle(): void {
    this.#cancelSettling?.();
    this.#cancelSettling = undefined;
    const scopes = [...this.#unsettled];
    this.#unsettled.clear();
    if (scopes.length === 0) return;
    this.#deps.recorder.project((tx) =>
      this.#perform(tx, (work) => {
        for (const scope of scopes) settleRemainders(work, scope);
      }),
    );
  }

  close(): void {
    this.#intake.drain();
    this.settle();
    this.#cancelRepricing?.();
    this.#listeners.clear();
    this.#watchers.clear();
  }

  #perform(tx: StoreTx, work: (work: LedgerWork) => void): void {
    const changes: Change[] = [];
    const { clock, lifeOf } = this.#deps;
    const context: LedgerWork = {
      tx,
      nowMs: clock.wallNow(),
      calendar: this.calendar,
      lifeOf,
      priceOf: (request) => this.prices.priceOf(request),
      changes,
      sums: new SumChanges(),
      dims: new Map(),
    };
    work(context);
    context.sums.save(tx);
    for (const change of changes) {
      // Months of imported history would drown the log; one event tells of an import.
      if (!isHistory(change)) this.#uncommitted.set(appendEvent(tx, change).seq, change);
      for (const scope of scopesOf(change)) if (hasTotals(context, scope)) this.#settleSoon(scope);
    }
  }

  #repriceSoon(after = 0): void {
    this.#cancelRepricing?.();
    this.#cancelRepricing = this.#deps.clock.after(0, () => {
      this.#cancelRepricing = undefined;
      this.#reprice(after);
    });
  }

  /** A batch a turn, so that a price for a much used model does not hold up the core. */
  #reprice(after: number): void {
    let last: number | undefined;
    this.#deps.recorder.project((tx) =>
      this.#perform(tx, (work) => {
        last = repriceBatch(work, after);
        if (last === undefined)
          tx.run("INSERT OR REPLACE INTO usage_state (key, value) VALUES ('prices', ?)", [this.prices.version]);
      }),
    );
    this.#deps.recorder.flush();
    if (last !== undefined) this.#repriceSoon(last);
  }

  #settleSoon(scope: string): void {
    this.#unsettled.add(scope);
    this.#cancelSettling ??= this.#deps.clock.after(REMAINDER_DELAY_MS, () => this.settle());
  }

  #tell(events: readonly StoredEvent[]): void {
    let hasChanged = false;
    for (const event of events) {
      const change = this.#uncommitted.get(event.seq);
      this.#uncommitted.delete(event.seq);
      if (change === undefined || event.type !== USAGE_RECORDED) continue;
      hasChanged = true;
      const entry = change.entry === undefined ? undefined : showEntry(change.entry);
      const previous = change.previous === undefined ? undefined : showEntry(change.previous);
      for (const listener of this.#listeners) this.#guard(() => listener.onEntry(entry, previous));
    }
    if (hasChanged) for (const watcher of this.#watchers) this.#guard(watcher);
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#deps.logger.error("A listener of the ledger failed on an entry.", { error: String(error) });
    }
  }
}

/** The sessions whose remainder a request may have changed: where it counts now, and where it did. */
function scopesOf({ entry, previous }: Change): ReadonlySet<string> {
  const requests = [entry, previous].filter((one) => one?.isRemainder === false);
  return new Set(requests.flatMap((one) => [one?.sessionId ?? [], one?.cliSessionId ?? []].flat()));
}

/** Neither what counts nor what counted was seen by us as it happened. */
function isHistory({ entry, previous }: Change): boolean {
  return (entry === undefined || entry.imported) && (previous === undefined || previous.imported);
}

const USAGE_RECORDED = "usage.recorded";

/** One line for each change: what a reader needs to add up, and where to look for the rest. */
function appendEvent(tx: StoreTx, { entry, previous }: Change): StoredEvent {
  const shown = entry ?? previous;
  const path = shown?.path ?? "";
  return tx.append({
    subject: path === "" ? systemSubject("usage", "recorded") : agentSubject(path, "usage"),
    type: USAGE_RECORDED,
    data: {
      ...(path === "" ? {} : { path }),
      ...(shown?.sessionId == null ? {} : { sessionId: shown.sessionId }),
      ...(entry === undefined
        ? {}
        : {
            entry: entry.id,
            agent: entry.agent,
            model: entry.model,
            source: entry.source,
            tokens: totalOf(entry.tokens),
            costNanos: entry.costNanos,
          }),
      ...(previous === undefined ? {} : { replaces: previous.id, replacedTokens: totalOf(previous.tokens) }),
    },
  });
}

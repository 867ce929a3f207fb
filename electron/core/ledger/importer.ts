/**
 * Brings past transcripts into the ledger, once: what was read is committed with how far it was read, so an import that
 * is cancelled or killed goes on where it was, and a second one adds nothing.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { UsageImportState } from "#shared/model/usage.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { ArchiveBatch, TranscriptArchive } from "#core/ports/usage.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import type { Ledger } from "./ledger.ts";

/** Reports of one transaction: some 30 ms, so that an import of months leaves the core responsive. */
const CHUNK = 100;
/** Progress for people; more often than this nobody reads it. */
const TELL_EVERY_MS = 200;

const IDLE: UsageImportState = {
  state: "idle",
  files: 0,
  filesDone: 0,
  bytes: 0,
  bytesDone: 0,
  entries: 0,
  duplicates: 0,
  skippedLines: 0,
};

export interface ImporterDeps {
  readonly archive: TranscriptArchive;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

export class Importer {
  readonly #deps: ImporterDeps;
  readonly #watchers = new Set<(state: UsageImportState) => void>();
  #state: UsageImportState = IDLE;
  #running: { readonly id: string; readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #toldAt = 0;

  constructor(deps: ImporterDeps) {
    this.#deps = deps;
  }

  get state(): UsageImportState {
    return this.#state;
  }

  /** Error: already_started. */
  start(agents: readonly string[] | undefined): Result<{ importId: string }> {
    if (this.#running !== undefined)
      return fail("already_started", "An import is running. Wait for its end, or cancel it first.");
    const id = this.#deps.newId();
    const abort = new AbortController();
    this.#put({ ...IDLE, state: "running" }, true);
    this.#running = { id, abort, done: this.#run(agents, abort.signal) };
    return ok({ importId: id });
  }

  cancel(): { cancelled: boolean } {
    const running = this.#running;
    running?.abort.abort();
    return { cancelled: running !== undefined };
  }

  /** Hears the state as it is, then every change of it. */
  watch(watcher: (state: UsageImportState) => void): () => void {
    watcher(this.#state);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#running?.abort.abort();
    await this.#running?.done;
  }

  async #run(agents: readonly string[] | undefined, signal: AbortSignal): Promise<void> {
    const { archive, store, logger } = this.#deps;
    const markOf = (file: string): string | undefined => {
      const row = store.get("SELECT mark FROM usage_import_marks WHERE file = ?", [file]);
      return row === undefined ? undefined : String(row["mark"]);
    };
    try {
      const request = { markOf, signal, ...(agents === undefined ? {} : { agents }) };
      for await (const batch of archive.read(request)) {
        if (signal.aborted) break;
        const taken = await this.#take(batch, signal);
        if (!taken.ok) return this.#end({ ...this.#state, state: "failed", message: taken.error.message });
      }
      this.#end({ ...this.#state, state: signal.aborted ? "cancelled" : "done" });
    } catch (error) {
      logger.error("An import of transcripts failed.", { error: String(error) });
      const message = `Reading stopped: ${String(error)}. What was read is kept; start the import again to go on.`;
      this.#end({ ...this.#state, state: "failed", message });
    }
  }

  async #take({ reports, totals, marks, progress }: ArchiveBatch, signal: AbortSignal): Promise<Result<void>> {
    const { ledger, clock } = this.#deps;
    for (let from = 0; from === 0 || from < reports.length; from += CHUNK) {
      const isLast = from + CHUNK >= reports.length;
      const rest = isLast ? { totals, marks } : { totals: [], marks: [] };
      const taken = ledger.importBatch({ reports: reports.slice(from, from + CHUNK), ...rest });
      if (!taken.ok) return taken;
      const { entries, duplicates } = taken.value;
      this.#put(
        {
          ...this.#state,
          entries: this.#state.entries + entries,
          duplicates: this.#state.duplicates + duplicates,
          ...(isLast ? progress : { agent: progress.agent }),
        },
        false,
      );
      await new Promise<void>((resolve) => void clock.after(0, resolve));
      if (signal.aborted) break;
    }
    return ok(undefined);
  }

  #end(state: UsageImportState): void {
    this.#running = undefined;
    const { files, filesDone, entries, duplicates, skippedLines } = state;
    this.#deps.recorder.note({
      subject: systemSubject("usage", "imported"),
      type: "usage.imported",
      actor: "system",
      data: { state: state.state, files, filesDone, entries, duplicates, skippedLines },
    });
    this.#put(state, true);
  }

  #put(state: UsageImportState, isNews: boolean): void {
    this.#state = state;
    const now = this.#deps.clock.now();
    if (!isNews && now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    for (const watcher of this.#watchers) watcher(state);
  }
}

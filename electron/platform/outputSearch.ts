/**
 * Search over everything agents printed, in worker threads, at most two at a time. A search that nobody wants any more stops within one chunk.
 */
import { Worker } from "node:worker_threads";
import type { Logger } from "#core/ports/logger.ts";
import type { OutputHit, OutputSearchOutcome, OutputSearchRequest } from "#core/ports/outputLog.ts";
import { createOutputLogReader, sessionLogDir, type OutputLogReader } from "./outputLogReader.ts";
import type { SearchOrder, SearchReport } from "./outputSearchWorker.ts";
import { LEAN_HEAP, workerEntry } from "./workerEntry.ts";

/** One search keeps a core busy; a second person's (or a new one typed over an old) need not wait for it. */
const MAX_WORKERS = 2;
/** Searches that wait; older ones are answered as truncated. */
const MAX_WAITING = 16;
const STOPPED: OutputSearchOutcome = { truncated: true, unsearched: [] };
const SESSION_NAME = /^[\w-]+$/;

export interface SearchableOutputLog extends OutputLogReader {
  search(request: OutputSearchRequest, onHit: (hit: OutputHit) => void): Promise<OutputSearchOutcome>;
  /** Ends the search threads (they never keep the process alive); searches under way answer `truncated`. */
  dispose(): Promise<void>;
}

export interface OutputLogOptions {
  readonly dataDir: string;
  readonly logger: Logger;
}

/**
 * Hits come in the order of the given sessions. `truncated`: the limit was reached, the search was stopped, or a log
 * could not be read (the app's own log says which).
 */
export function createOutputLog(options: OutputLogOptions): SearchableOutputLog {
  const pool = new SearchPool(options);
  return {
    ...createOutputLogReader(options.dataDir),
    search: (request, onHit) => pool.search(request, onHit),
    dispose: () => pool.dispose(),
  };
}

interface Job {
  readonly order: SearchOrder;
  readonly onHit: (hit: OutputHit) => void;
  readonly finish: (outcome: OutputSearchOutcome) => void;
  readonly signal: AbortSignal;
}

class SearchPool {
  readonly #options: OutputLogOptions;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  #isDisposed = false;

  constructor(options: OutputLogOptions) {
    this.#options = options;
  }

  search(request: OutputSearchRequest, onHit: (hit: OutputHit) => void): Promise<OutputSearchOutcome> {
    const { text, caseSensitive, limit, sessionIds, signal } = request;
    if (text.trim() === "" || limit <= 0) return Promise.resolve({ truncated: false, unsearched: [] });
    if (signal.aborted || this.#isDisposed) return Promise.resolve(STOPPED);
    const sessions = sessionIds
      .filter((sessionId) => SESSION_NAME.test(sessionId))
      .map((sessionId) => ({ sessionId, dir: sessionLogDir(this.#options.dataDir, sessionId) }));
    return new Promise((resolve) => {
      const stop = (): void => this.#stop(job);
      const job: Job = {
        order: { text: text.trim(), caseSensitive, limit, sessions },
        onHit,
        signal,
        finish: (outcome) => {
          signal.removeEventListener("abort", stop);
          resolve(outcome);
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(job);
      if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()?.finish(STOPPED);
      this.#assign();
    });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const workers = [...this.#idle, ...this.#busy.keys()];
    for (const job of [...this.#waiting, ...this.#busy.values()]) job.finish(STOPPED);
    this.#waiting.length = 0;
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0 && this.#busy.size < MAX_WORKERS) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      const worker = this.#idle.pop() ?? this.#startWorker();
      this.#busy.set(worker, job);
      worker.postMessage(job.order);
    }
  }

  /** The caller has its answer at once; the worker is free again when it has noticed. */
  #stop(job: Job): void {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
    for (const [worker, its] of this.#busy) if (its === job) worker.postMessage("stop");
    job.finish(STOPPED);
  }

  #startWorker(): Worker {
    const worker = new Worker(workerEntry("outputSearchWorker", import.meta.url), {
      name: "output-search",
      resourceLimits: LEAN_HEAP,
    });
    worker.unref();
    worker.on("message", (report: SearchReport) => this.#hear(worker, report));
    worker.on("error", (error) => this.#options.logger.error("An output search failed.", { error: String(error) }));
    worker.on("exit", () => this.#lost(worker));
    return worker;
  }

  #hear(worker: Worker, report: SearchReport): void {
    const job = this.#busy.get(worker);
    if (job === undefined) return;
    if (report.type === "hits") {
      if (!job.signal.aborted) for (const hit of report.hits) job.onHit(hit);
      return;
    }
    if (report.unread.length > 0)
      this.#options.logger.warn("Some output could not be read.", { sessions: report.unread });
    job.finish({ truncated: report.truncated, unsearched: report.unsearched });
    this.#busy.delete(worker);
    this.#idle.push(worker);
    this.#assign();
  }

  #lost(worker: Worker): void {
    if (this.#isDisposed) return;
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#busy.get(worker)?.finish(STOPPED);
    this.#busy.delete(worker);
    this.#assign();
  }
}

/**
 * What commits wrote to the log is copied into the database on a thread beside: on the thread that commits it took ten
 * milliseconds out of every few hundred while much is written, and everybody waited. SQLite's own checkpoints, which hold
 * the commit they follow, stay as the bound for a thread that cannot keep up or cannot start.
 */
import { Worker } from "node:worker_threads";
import type BetterSqlite from "better-sqlite3";
import { z } from "zod";
import { workerEntry } from "./workerEntry.ts";

/** 8 MB of 4 KB pages: two syncs for each so many. */
const DUE_PAGES = 2000;
/** 64 MB, as large as the log file stays (`journal_size_limit`). */
const BOUND_PAGES = 16_384;
/** SQLite's default, where there is no thread. */
const INLINE_PAGES = 1000;
/** What was written while the thread copied; small enough to be copied at once, so that the log begins anew. */
const REST_PAGES = 256;
/** At 40 MB/s the log grows by 4 MB meanwhile. */
const LOOK_MS = 100;
const MOST_WAIT_MS = 10_000;
const IDLE = 0;
const BUSY = 1;

export interface Checkpoints {
  /** Something may have been committed. */
  wrote(): void;
  /** Blocks until the thread has let go of the file: it is the last connection that removes the log. */
  settle(): void;
  /** The same, and the thread ends. */
  close(): void;
}

const NONE: Checkpoints = { wrote: () => undefined, settle: () => undefined, close: () => undefined };
const pagesSchema = z.object({ log: z.number(), checkpointed: z.number() });

export function checkpointsBeside(db: BetterSqlite.Database): Checkpoints {
  if (db.memory) return NONE;
  const beside = new Beside(db);
  return { wrote: () => beside.wrote(), settle: () => beside.settle(), close: () => beside.close() };
}

class Beside {
  readonly #db: BetterSqlite.Database;
  readonly #look: BetterSqlite.Statement<unknown[], unknown>;
  /** Set here, cleared by the thread: closing waits on it without a turn of the loop. */
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;

  constructor(db: BetterSqlite.Database) {
    this.#db = db;
    db.pragma(`wal_autocheckpoint = ${BOUND_PAGES}`);
    this.#look = db.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  wrote(): void {
    if (this.#timer !== undefined || this.#isBroken) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attempt(() => this.#copyWhenDue());
    }, LOOK_MS);
    this.#timer.unref();
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (Atomics.load(this.#state, 0) === BUSY) Atomics.wait(this.#state, 0, BUSY, MOST_WAIT_MS);
  }

  close(): void {
    this.settle();
    // Asked to, not ended from here: in the middle of loading its addon that would take the whole process with it.
    this.#worker?.postMessage("end");
  }

  #copyWhenDue(): void {
    if (!this.#db.open || this.#isBroken) return;
    if (Atomics.load(this.#state, 0) === BUSY) return this.wrote();
    if (this.#pagesDue() < DUE_PAGES) return;
    this.#worker ??= this.#start();
    Atomics.store(this.#state, 0, BUSY);
    this.#worker.postMessage("copy");
  }

  #pagesDue(): number {
    const { log, checkpointed } = pagesSchema.parse(this.#look.get());
    return log - checkpointed;
  }

  #start(): Worker {
    const workerData = { file: this.#db.name, state: this.#state };
    const worker = new Worker(workerEntry("checkpointWorker", import.meta.url), { name: "checkpoints", workerData });
    worker.unref();
    worker.on("message", (isCopied: boolean) => (isCopied ? this.#attempt(() => this.#copied()) : this.#giveUp()));
    worker.on("error", () => this.#giveUp());
    worker.on("exit", () => {
      Atomics.store(this.#state, 0, IDLE);
      this.#giveUp();
    });
    return worker;
  }

  #copied(): void {
    if (!this.#db.open) return;
    if (this.#pagesDue() <= REST_PAGES) this.#db.pragma("wal_checkpoint(PASSIVE)");
    else this.wrote();
  }

  /** A disk that is full or fails is no end of the app. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch {
      this.#giveUp();
    }
  }

  /** From here on as without the thread; what the disk refuses shows where something is written. */
  #giveUp(): void {
    this.#isBroken = true;
    // A copy that is under way says itself when it is over.
    if (this.#db.open) this.#db.pragma(`wal_autocheckpoint = ${INLINE_PAGES}`);
  }
}

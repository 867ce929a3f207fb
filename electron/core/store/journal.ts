/**
 * Facts of the world (an agent exited) cannot be refused by a full disk: the journal keeps them, in order, until the
 * store takes them. Commands of a person go through store.transact and are refused instead.
 * Bounded; when full, the oldest fact is given up and that is logged.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Store, StoreTx } from "./store.ts";

/** At one failure of an agent per second this is hours of a full disk. */
const CAPACITY = 10_000;
const RETRY_MS = 1000;

export interface Fact {
  readonly actor: string;
  /** May run more than once, but commits once. */
  readonly work: (tx: StoreTx) => void;
  /** See `Transaction`. */
  readonly isUnsynced?: boolean;
}

export interface Journal {
  /**
   * Recorded now if the store can be written and nothing waits before it; later otherwise. True: nothing is left to do
   * (it is durable; or its own work threw, which is logged and given up). Never throws.
   */
  record(fact: Fact): boolean;
  /** Facts that wait for the store. */
  pending(): number;
  /** Tries everything that waits; true when nothing is left. */
  flush(): boolean;
  /** Last attempt, then no more retries. */
  close(): void;
}

export interface JournalDeps {
  readonly store: Pick<Store, "transact">;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createJournal(deps: JournalDeps): Journal {
  return new WaitingJournal(deps);
}

class WaitingJournal implements Journal {
  readonly #deps: JournalDeps;
  readonly #waiting: Fact[] = [];
  #cancelRetry: (() => void) | undefined;
  #isFlushing = false;
  #isClosed = false;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  record(fact: Fact): boolean {
    if (this.flush() && this.#tryOnce(fact)) return true;
    if (this.#waiting.length >= CAPACITY) {
      this.#waiting.shift();
      this.#deps.logger.error("The journal is full: the oldest waiting fact was given up.", { capacity: CAPACITY });
    }
    this.#waiting.push(fact);
    this.#scheduleRetry();
    return false;
  }

  pending(): number {
    return this.#waiting.length;
  }

  flush(): boolean {
    // A listener of the commit below may record a fact of its own: it queues behind, nothing is tried twice.
    if (this.#isFlushing) return false;
    this.#isFlushing = true;
    try {
      for (let fact = this.#waiting[0]; fact !== undefined; fact = this.#waiting[0]) {
        if (!this.#tryOnce(fact)) {
          this.#scheduleRetry();
          return false;
        }
        this.#waiting.shift();
      }
      return true;
    } finally {
      this.#isFlushing = false;
    }
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #tryOnce(fact: Fact): boolean {
    try {
      return this.#deps.store.transact(fact).ok;
    } catch (error) {
      // A bug in one fact must not hold back all that follow it.
      this.#deps.logger.error("A fact could not be recorded and was given up.", {
        actor: fact.actor,
        error: String(error),
      });
      return true;
    }
  }

  #scheduleRetry(): void {
    if (this.#isClosed || this.#cancelRetry !== undefined) return;
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.flush();
    });
  }
}

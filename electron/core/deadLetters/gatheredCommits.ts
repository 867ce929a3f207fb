/**
 * Works that arrive together are committed together: a flood of failing messages costs some commits a second, not one
 * each. Every work is answered after its commit, with what it returned or with the store's refusal.
 */
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

/** As the recorder's: long enough to gather what a busy consumer fails at once. */
const GATHER_MS = 3;
/** So that one commit stays short; the rest goes into the next one. */
const MOST_AT_ONCE = 500;

interface Waiting {
  readonly work: (tx: StoreTx) => void;
  readonly done: (result: Result<void>) => void;
}

export class GatheredCommits {
  readonly #deps: { readonly store: Store; readonly clock: Clock };
  // Bounded by its callers: a message fails once at a time, so by all consumers' unacknowledged messages.
  #waiting: Waiting[] = [];
  #cancel: (() => void) | undefined;

  constructor(deps: { readonly store: Store; readonly clock: Clock }) {
    this.#deps = deps;
  }

  /** Error: store_unavailable. */
  commit<T>(work: (tx: StoreTx) => T): Promise<Result<T>> {
    return new Promise((resolve) => {
      let value: { readonly it: T } | undefined;
      this.#waiting.push({
        work: (tx) => void (value = { it: work(tx) }),
        done: (result) => {
          if (!result.ok) resolve(result);
          else if (value !== undefined) resolve({ ok: true, value: value.it });
        },
      });
      this.#cancel ??= this.#deps.clock.after(GATHER_MS, () => this.flush());
    });
  }

  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MOST_AT_ONCE);
      this.#waiting = this.#waiting.slice(MOST_AT_ONCE);
      const written = this.#write(batch);
      for (const { done } of batch) done(written);
    }
  }

  /** A bug in one work takes those gathered with it along; each is told so, and asked for again by its caller. */
  #write(batch: readonly Waiting[]): Result<void> {
    try {
      return this.#deps.store.transact({
        actor: "system",
        work: (tx) => {
          for (const { work } of batch) work(tx);
        },
      });
    } catch (error) {
      return fail("internal", `This could not be recorded: ${String(error)}`);
    }
  }
}

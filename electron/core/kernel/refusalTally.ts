/**
 * Refusals as a person reads them: the first of a kind at once, those after it once a minute as a number. A flood is some
 * records an hour, whatever its size. Bounded: kinds past the limit are counted as one.
 */
import type { Clock } from "#core/ports/clock.ts";

const EVERY_MS = 60_000;
/** More kinds than agents there are; what is beyond was made up. */
const MOST_KINDS = 1000;
const THE_REST = "";

export interface TallyDeps<T> {
  readonly clock: Clock;
  /** `count`: how many since the last record of this kind. */
  readonly record: (refusal: T, count: number) => void;
}

interface Open<T> {
  readonly newest: T;
  readonly more: number;
  readonly cancel: () => void;
}

export class RefusalTally<T> {
  readonly #deps: TallyDeps<T>;
  readonly #open = new Map<string, Open<T>>();

  constructor(deps: TallyDeps<T>) {
    this.#deps = deps;
  }

  add(kind: string, refusal: T): void {
    const key = this.#open.has(kind) || this.#open.size < MOST_KINDS ? kind : THE_REST;
    const open = this.#open.get(key);
    if (open !== undefined) {
      this.#open.set(key, { ...open, newest: refusal, more: open.more + 1 });
      return;
    }
    this.#deps.record(refusal, 1);
    this.#begin(key, refusal);
  }

  /** What is counted and not said yet is said. */
  close(): void {
    for (const { newest, more, cancel } of this.#open.values()) {
      cancel();
      if (more > 0) this.#deps.record(newest, more);
    }
    this.#open.clear();
  }

  #begin(key: string, newest: T): void {
    const cancel = this.#deps.clock.after(EVERY_MS, () => this.#minuteOver(key));
    this.#open.set(key, { newest, more: 0, cancel });
  }

  #minuteOver(key: string): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (open === undefined || open.more === 0) return;
    this.#deps.record(open.newest, open.more);
    this.#begin(key, open.newest);
  }
}

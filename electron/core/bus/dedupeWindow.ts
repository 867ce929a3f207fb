/** Message ids of the last while and the numbers their messages got. After a start it is filled from the stream itself. */
import type { Clock } from "#core/ports/clock.ts";

interface Seen {
  readonly seq: number;
  /** Monotonic: a clock that is set must neither forget nor keep an id for ever. */
  readonly atMs: number;
}

/** About 150 MB of ids; beyond it messages with an id are refused rather than their de-duplication given up. */
const MAX_IDS = 1_000_000;
/** Ids that are too old are dropped so often in a window. */
const SWEEPS = 100;

export class DedupeWindow {
  readonly #clock: Clock;
  /** In the order of their time. */
  readonly #seen = new Map<string, Seen>();
  #staged: string[] = [];
  #sweptAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(id: string, windowMs: number): number | undefined {
    const now = this.#clock.now();
    if (now - this.#sweptAtMs > windowMs / SWEEPS) this.#sweep(now, windowMs);
    const seen = this.#seen.get(id);
    if (seen === undefined || seen.atMs > now - windowMs) return seen?.seq;
    this.#seen.delete(id);
    return undefined;
  }

  get isFull(): boolean {
    return this.#seen.size >= MAX_IDS;
  }

  stage(id: string, seq: number): void {
    this.#seen.set(id, { seq, atMs: this.#clock.now() });
    this.#staged.push(id);
  }

  restore(id: string, seq: number, ageMs: number): void {
    this.#seen.set(id, { seq, atMs: this.#clock.now() - ageMs });
  }

  #sweep(now: number, windowMs: number): void {
    this.#sweptAtMs = now;
    for (const [id, { atMs }] of this.#seen) {
      if (atMs > now - windowMs) return;
      this.#seen.delete(id);
    }
  }

  settle(isCommitted: boolean): void {
    if (!isCommitted) for (const id of this.#staged) this.#seen.delete(id);
    this.#staged = [];
  }
}

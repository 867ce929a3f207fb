/** Message ids of the last while and the numbers their messages got. After a start it is filled from the stream itself. */
import type { Clock } from "#core/ports/clock.ts";

interface Seen {
  readonly seq: number;
  /** Monotonic: a clock that is set must neither forget nor keep an id for ever. */
  readonly atMs: number;
}

/** About 150 MB of ids; beyond it messages with an id are refused rather than their de-duplication given up. */
const MAX_IDS = 1_000_000;

export class DedupeWindow {
  readonly #clock: Clock;
  /** In the order of their time. */
  readonly #seen = new Map<string, Seen>();
  #staged: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(id: string, windowMs: number): number | undefined {
    const oldest = this.#clock.now() - windowMs;
    for (const [known, { atMs }] of this.#seen) {
      if (atMs > oldest) break;
      this.#seen.delete(known);
    }
    return this.#seen.get(id)?.seq;
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

  settle(isCommitted: boolean): void {
    if (!isCommitted) for (const id of this.#staged) this.#seen.delete(id);
    this.#staged = [];
  }
}

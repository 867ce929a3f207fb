/** How many messages wait behind a consumer's cursor. Counted once and then kept up to date, a piece at a time. */
import type { StreamSource, SubjectFilter } from "./streamSource.ts";

export class LagMeter {
  #count = 0;
  #countedTo = 0;
  #first = 0;

  reset(): void {
    this.#countedTo = 0;
  }

  /** The cursor went past so many that match. */
  passed(count: number): void {
    this.#count = Math.max(0, this.#count - count);
  }

  /** Exact for what was counted; what is not counted yet counts in full, so it is never too small. */
  measure(source: StreamSource, filter: SubjectFilter, cursor: number): number {
    const from = Math.max(cursor + 1, source.firstSeq);
    const { lastSeq } = source;
    if (filter.matches === undefined) return Math.max(0, lastSeq - from + 1);
    if (this.#countedTo < from - 1 || this.#first !== source.firstSeq) {
      this.#count = 0;
      this.#countedTo = from - 1;
      this.#first = source.firstSeq;
    }
    if (this.#countedTo < lastSeq) {
      const counted = source.count(filter, this.#countedTo + 1, lastSeq);
      this.#count += counted.count;
      this.#countedTo = counted.countedTo;
    }
    return this.#count + (lastSeq - this.#countedTo);
  }
}

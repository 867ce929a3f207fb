/** A rate: a burst, then one more in each `refillMs`. Time comes in with each question. */
export interface Rate {
  readonly burst: number;
  readonly refillMs: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** 0: taken. Otherwise nothing was taken, and there is room for it in so many milliseconds. */
  take(nowMs: number, weight = 1): number {
    const waitMs = this.waitMs(nowMs, weight);
    if (waitMs === 0) this.#left -= Math.min(weight, this.#rate.burst);
    return waitMs;
  }

  /** The same without taking. What is heavier than a burst weighs one. */
  waitMs(nowMs: number, weight = 1): number {
    const { burst, refillMs } = this.#rate;
    this.#left = Math.min(burst, this.#left + (nowMs - this.#atMs) / refillMs);
    this.#atMs = nowMs;
    const missing = Math.min(weight, burst) - this.#left;
    // A refill is a sum of fractions: what is short by less than they can be wrong is there.
    return missing > 1e-9 ? Math.ceil(missing * refillMs) : 0;
  }
}

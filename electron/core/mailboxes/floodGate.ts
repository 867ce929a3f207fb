/** How much one agent may send: a burst, then a steady rate. What is beyond is refused by name. */
import { TokenBucket } from "#shared/lib/tokenBucket.ts";
import type { Clock } from "#core/ports/clock.ts";

/** A lead that briefs a team of twenty at once; then one every three seconds, which no reader keeps up with anyway. */
const RATE = { burst: 20, refillMs: 3_000 };
/** Of senders that are long gone; the oldest one goes first. */
const MOST_SENDERS = 1000;

export class FloodGate {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0: admitted; else in how many milliseconds it would be. `weight`: a message to all counts once for each receiver. */
  admit(sender: string, weight: number): number {
    return this.#bucket(sender).take(this.#clock.now(), weight);
  }

  /** The same without counting. */
  waitMs(sender: string, weight: number): number {
    return this.#bucket(sender).waitMs(this.#clock.now(), weight);
  }

  #bucket(sender: string): TokenBucket {
    const known = this.#buckets.get(sender);
    if (known !== undefined) return known;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size >= MOST_SENDERS) this.#buckets.delete(oldest);
    const bucket = new TokenBucket(RATE, this.#clock.now());
    this.#buckets.set(sender, bucket);
    return bucket;
  }
}

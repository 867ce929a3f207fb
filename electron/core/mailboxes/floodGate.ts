/** How much one agent may send: a burst, then a steady rate. A flood is refused by name and recorded once a minute, not once a message. */
import type { Clock } from "#core/ports/clock.ts";

/** A lead that briefs a team of twenty at once; then one every three seconds, which no reader keeps up with anyway. */
const BURST = 20;
const REFILL_MS = 3_000;
const REPORT_EVERY_MS = 60_000;

interface Bucket {
  left: number;
  atMs: number;
  reportedAtMs: number;
  refused: number;
}

export type Admission =
  | { readonly type: "ok" }
  /** `report`: how many were refused since the last report, where it is time for one. */
  | { readonly type: "refused"; readonly againInS: number; readonly report?: number };

export class FloodGate {
  readonly #clock: Clock;
  /** By sender; as many as there are agents. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `weight`: a message to all counts once for each receiver. */
  admit(sender: string, weight: number): Admission {
    const now = this.#clock.now();
    const bucket = this.#bucket(sender, now);
    bucket.left = Math.min(BURST, bucket.left + (now - bucket.atMs) / REFILL_MS);
    bucket.atMs = now;
    const wanted = Math.min(weight, BURST);
    if (bucket.left >= wanted) {
      bucket.left -= wanted;
      return { type: "ok" };
    }
    bucket.refused += 1;
    const againInS = Math.ceil(((wanted - bucket.left) * REFILL_MS) / 1000);
    if (now - bucket.reportedAtMs < REPORT_EVERY_MS) return { type: "refused", againInS };
    const report = bucket.refused;
    bucket.refused = 0;
    bucket.reportedAtMs = now;
    return { type: "refused", againInS, report };
  }

  #bucket(sender: string, now: number): Bucket {
    const known = this.#buckets.get(sender);
    if (known !== undefined) return known;
    const bucket = { left: BURST, atMs: now, reportedAtMs: -REPORT_EVERY_MS, refused: 0 };
    this.#buckets.set(sender, bucket);
    return bucket;
  }
}

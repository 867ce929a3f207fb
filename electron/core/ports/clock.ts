/** Time is injected: core never touches Date, setTimeout or performance. Tests use ManualClock. */
export interface Clock {
  /** Monotonic milliseconds; for durations, timeouts and order. */
  now(): number;
  /** Wall-clock milliseconds since 1970; for people and for what must survive a restart. */
  wallNow(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels and is idempotent. */
  after(delayMs: number, task: () => void): () => void;
}

/** Uniform in [0, 1); injected so that jitter is testable. */
export type Random = () => number;

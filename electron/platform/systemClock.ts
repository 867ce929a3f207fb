/** The Clock port over the machine's own clocks. */
import { performance } from "node:perf_hooks";
import type { Clock } from "#core/ports/clock.ts";

/** setTimeout fires at once beyond this; longer waits are cut into pieces. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  return { now: () => performance.now(), wallNow: () => Date.now(), after };
}

function after(delayMs: number, task: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (restMs: number): void => {
    const stepMs = Math.min(Math.max(0, restMs), LONGEST_TIMEOUT_MS);
    timer = setTimeout(() => (restMs > stepMs ? wait(restMs - stepMs) : task()), stepMs);
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}

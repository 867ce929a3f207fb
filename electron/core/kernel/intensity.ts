/** The restart budget: at most `intensity` restarts within the inclusive window [now - period, now], in whole seconds. */
import type { Clock } from "../ports/clock.ts";

interface RestartLimits {
  readonly intensity: number;
  readonly periodS: number;
}

export interface RestartWindow {
  /** Asks for one more restart; it is counted only when allowed. `inWindow` includes it. */
  admit(): { readonly allowed: boolean; readonly inWindow: number };
  /** Restarts counted before stay counted. */
  setLimits(limits: RestartLimits): void;
}

/**
 * `earlier` are wall-clock seconds of restarts counted before this supervisor existed. The monotonic clock began
 * elsewhere then, so their age is taken once, here; one that lies in the future (the wall clock was set back) has age 0.
 */
export function createRestartWindow(
  { earlier, ...initial }: RestartLimits & { readonly earlier: readonly number[] },
  clock: Clock,
): RestartWindow {
  const startS = wholeSeconds(clock.now());
  const startWallS = wholeSeconds(clock.wallNow());
  let limits: RestartLimits = initial;
  let restarts = earlier
    .map((wallS) => startS - Math.max(0, startWallS - Math.floor(wallS)))
    .toSorted((left, right) => left - right);
  return {
    admit() {
      const nowS = wholeSeconds(clock.now());
      restarts = restarts.filter((at) => at >= nowS - limits.periodS);
      if (restarts.length >= limits.intensity) return { allowed: false, inWindow: restarts.length };
      restarts.push(nowS);
      return { allowed: true, inWindow: restarts.length };
    },
    setLimits(next) {
      limits = next;
    },
  };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

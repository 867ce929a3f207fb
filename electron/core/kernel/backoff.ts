/**
 * How long a child waits before it is started again (semantics.md 1.2). Jitter comes on top of the cap, so a delay may
 * exceed `maxMs` by that share; it is what keeps a storm of restarts from marching in step.
 */
import type { Random } from "../ports/clock.ts";
import type { BackoffPolicy } from "./types.ts";

/** min(maxMs, initialMs * factor^n) * (1 + random * jitter), in ms; `n` counts from 0; an overflow gives `maxMs`. */
export function backoffDelayMs(policy: BackoffPolicy, n: number, random: Random): number {
  const grown = policy.initialMs === 0 ? 0 : policy.initialMs * policy.factor ** n;
  const capped = Number.isFinite(grown) ? Math.min(policy.maxMs, grown) : policy.maxMs;
  return capped * (1 + random() * policy.jitter);
}

/** Where a child stands in its series of failures. */
export interface BackoffState {
  /** 0: the next failure is the first one after a start by hand or after a stable life. */
  readonly attempt: number;
}

export const FIRST_ATTEMPT: BackoffState = { attempt: 0 };

export interface NextStart {
  /** 0 means at once. */
  readonly delayMs: number;
  readonly attempt: number;
  readonly next: BackoffState;
}

/**
 * The wait after one more failure. `lifeMs` is how long the child had been up, undefined when it failed to start at
 * all; a life of at least `resetAfterMs` begins the series anew. Without a policy every restart is immediate.
 */
export function nextStart(
  policy: BackoffPolicy | undefined,
  failure: { readonly state: BackoffState; readonly lifeMs: number | undefined },
  random: Random,
): NextStart {
  if (policy === undefined) return { delayMs: 0, attempt: 0, next: FIRST_ATTEMPT };
  const stable = failure.lifeMs !== undefined && failure.lifeMs >= policy.resetAfterMs;
  const attempt = stable ? 0 : failure.state.attempt;
  const delayMs = attempt === 0 ? 0 : backoffDelayMs(policy, attempt - 1, random);
  return { delayMs, attempt, next: { attempt: attempt + 1 } };
}

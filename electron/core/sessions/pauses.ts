/** Times a life is given, and waiting for them. */
import type { Clock } from "#core/ports/clock.ts";

/** A budget's hard stop: time to leave the turn and write the transcript by which it resumes, then to go. */
export const INTERRUPT_GRACE_MS = 1000;
export const BRAKED_STOP_MS = 2000;

export function passed(clock: Clock, forMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(forMs, resolve));
}

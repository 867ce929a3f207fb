/** What passed, newest first, in bounded memory; what comes while it is held waits aside. Pure. */
import type { BusMessage } from "#shared/model/bus.ts";

/** A message as it passed: the same one can pass twice, so it has a number of its own here. */
export interface Passed {
  readonly at: number;
  readonly message: BusMessage;
}

export interface Tail {
  readonly shown: readonly Passed[];
  readonly waiting: readonly Passed[];
  readonly next: number;
  /** Not delivered to this page because it was too slow, or dropped here because too much waited. */
  readonly missed: number;
}

export const EMPTY_TAIL: Tail = { shown: [], waiting: [], next: 0, missed: 0 };
/** Enough to scroll through; the streams keep the rest. */
export const MAX_PASSED = 2_000;

export function passed(
  tail: Tail,
  { messages, missed }: { readonly messages: readonly BusMessage[]; readonly missed: number },
  isHeld: boolean,
): Tail {
  const fresh = messages.map((message, index) => ({ at: tail.next + index, message })).toReversed();
  const next = tail.next + messages.length;
  const into = isHeld ? tail.waiting : tail.shown;
  const all = [...fresh, ...into];
  const kept = all.slice(0, MAX_PASSED);
  // While it is held, what does not fit is missed; on screen the oldest simply scroll away.
  const lost = isHeld ? all.length - kept.length : 0;
  return { ...tail, ...(isHeld ? { waiting: kept } : { shown: kept }), next, missed: tail.missed + missed + lost };
}

export function letPass(tail: Tail): Tail {
  if (tail.waiting.length === 0) return tail;
  return { ...tail, shown: [...tail.waiting, ...tail.shown].slice(0, MAX_PASSED), waiting: [] };
}

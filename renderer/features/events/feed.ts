/**
 * The events on screen, newest first, in bounded memory. New ones wait aside while the person reads, so that no row moves
 * under the pointer. Pure.
 */
import type { StoredEvent } from "#shared/model/event.ts";

export interface Feed {
  /** Newest first. */
  readonly shown: readonly StoredEvent[];
  /** Arrived while held, newest first. */
  readonly waiting: readonly StoredEvent[];
  /** Older ones may be in the log. */
  readonly hasOlder: boolean;
  /** Arrived while held and dropped to keep memory bounded: going live reads them again. */
  readonly isCut: boolean;
}

export const EMPTY_FEED: Feed = { shown: [], waiting: [], hasOlder: false, isCut: false };
/** Rows kept at most; older ones are read from the log again when scrolled to. */
export const MAX_ROWS = 5000;

/** `events` in any order, some perhaps known already. */
export function arrived(feed: Feed, events: readonly StoredEvent[], isHeld: boolean): Feed {
  const newest = feed.waiting[0]?.seq ?? feed.shown[0]?.seq ?? -1;
  const fresh = events.filter((event) => event.seq > newest).toSorted((left, right) => right.seq - left.seq);
  if (fresh.length === 0) return feed;
  if (isHeld) {
    const waiting = [...fresh, ...feed.waiting];
    return { ...feed, waiting: waiting.slice(0, MAX_ROWS), isCut: feed.isCut || waiting.length > MAX_ROWS };
  }
  return release({ ...feed, waiting: [...fresh, ...feed.waiting] });
}

/** Shows what waited. */
export function release(feed: Feed): Feed {
  if (feed.waiting.length === 0) return feed;
  // A hole would read as "nothing happened": after a cut the older rows are left to the log.
  const all = feed.isCut ? feed.waiting : [...feed.waiting, ...feed.shown];
  return {
    shown: all.slice(0, MAX_ROWS),
    waiting: [],
    hasOlder: feed.hasOlder || feed.isCut || all.length > MAX_ROWS,
    isCut: false,
  };
}

/** Adds a page of older events, newest first. */
export function older(feed: Feed, events: readonly StoredEvent[], pageSize: number): Feed {
  const oldest = feed.shown.at(-1)?.seq ?? Number.POSITIVE_INFINITY;
  const fresh = events.filter((event) => event.seq < oldest);
  return { ...feed, shown: [...feed.shown, ...fresh], hasOlder: events.length >= pageSize };
}

/** "3.2 a second", from the times of the newest events. */
export function rateWords(times: readonly number[], now: number): string {
  const recent = times.filter((time) => now - time <= RATE_MS).length;
  const perSecond = recent / (RATE_MS / 1000);
  return perSecond === 0 ? "quiet" : `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} a second`;
}
const RATE_MS = 10_000;

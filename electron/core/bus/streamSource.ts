/** What a consumer reads: a stream of messages, or the event log seen as one. Reads throw StoreError when the disk fails. */
import { overlapsPattern, subjectMatcher } from "#shared/lib/subjects.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import type { Scan, Scanned } from "./busStorage.ts";

export interface StreamSource {
  readonly name: string;
  readonly subjects: readonly string[];
  /** The oldest message kept; `lastSeq + 1` when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  scan(scan: Scan): Scanned;
  /** How many match in `from`…`to`; a long stretch is counted in pieces, `countedTo` says how far. */
  count(filter: SubjectFilter, from: number, to: number): { readonly count: number; readonly countedTo: number };
  /** The newest message of each subject that passes, in stream order. */
  lastOfEach(filter: SubjectFilter): readonly number[];
  firstSince(sinceMs: number): number | undefined;
}

export interface SubjectFilter {
  /** Empty: everything. */
  readonly patterns: readonly string[];
  /** Undefined: everything passes. */
  readonly matches: ((subject: string) => boolean) | undefined;
}

export function subjectFilter(patterns: readonly string[]): SubjectFilter {
  const matchers = patterns.filter((pattern) => pattern !== ">").map(subjectMatcher);
  const isAll = matchers.length < patterns.length || patterns.length === 0;
  if (isAll) return { patterns: [], matches: undefined };
  const [only] = matchers;
  return {
    patterns,
    matches: matchers.length === 1 ? only : (subject) => matchers.some((matches) => matches(subject)),
  };
}

/** The first two patterns of which some subject would match both. */
export function firstOverlap(patterns: readonly string[]): readonly [string, string] | undefined {
  for (const [index, one] of patterns.entries()) {
    const other = patterns.slice(index + 1).find((pattern) => overlapsPattern(one, pattern));
    if (other !== undefined) return [one, other];
  }
  return undefined;
}

export function messageAt(source: StreamSource, seq: number): BusMessage | undefined {
  if (seq < source.firstSeq || seq > source.lastSeq) return undefined;
  return source.scan({ from: seq, to: seq, limit: 1 }).messages[0];
}

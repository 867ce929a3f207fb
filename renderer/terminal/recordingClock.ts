/** Which byte of a recording was printed when, from the marks beside it. Pure; times are ms since 1970. */
import type { QueryOutput } from "#shared/contract/index.ts";

export type Timeline = QueryOutput<"session.timeline">;

export interface RecordingClock {
  readonly startMs: number;
  readonly endMs: number;
  readonly bytes: number;
  timeAt(offset: number): number;
  offsetAt(ms: number): number;
  /** When something is printed next after `ms`; the end where nothing is. */
  nextOutputAt(ms: number): number;
}

interface Mark {
  readonly offset: number;
  readonly ms: number;
}

/** The keeper writes a mark per second of activity: what follows one was printed within about that second. */
const BURST_MS = 1000;

/** `now` ends a life that still runs. */
export function createRecordingClock({ life, resizes, marks }: Omit<Timeline, "events">, now: number): RecordingClock {
  const startMs = Date.parse(life.startedAt);
  const endMs = Math.max(startMs + 1, life.endedAt === undefined ? now : Date.parse(life.endedAt));
  const bytes = life.outputBytes;
  const isExact = marks !== undefined && marks.length > 0;
  const known = ascending(
    [{ offset: 0, ms: startMs }, ...(marks ?? resizes).map(({ offset, at }) => ({ offset, ms: Date.parse(at) }))],
    { startMs, endMs, bytes },
  );
  const points = [...known, { offset: bytes, ms: endMs }];
  const spanOf = (index: number) => {
    const from = points[index] ?? { offset: 0, ms: startMs };
    const to = points[index + 1] ?? { offset: bytes, ms: endMs };
    return { from, to, burstEnd: isExact ? Math.min(to.ms, from.ms + BURST_MS) : to.ms };
  };
  return {
    startMs,
    endMs,
    bytes,
    timeAt(offset) {
      const { from, to, burstEnd } = spanOf(lastIndex(known, (mark) => mark.offset <= offset));
      if (offset >= bytes) return endMs;
      return from.ms + share(offset, from.offset, to.offset) * (burstEnd - from.ms);
    },
    offsetAt(ms) {
      if (ms >= endMs) return bytes;
      const { from, to, burstEnd } = spanOf(lastIndex(known, (mark) => mark.ms <= ms));
      return Math.round(from.offset + share(ms, from.ms, burstEnd) * (to.offset - from.offset));
    },
    nextOutputAt(ms) {
      const index = lastIndex(known, (mark) => mark.ms <= ms);
      const { from, to, burstEnd } = spanOf(index);
      if (ms < burstEnd && to.offset > from.offset) return ms;
      return to.ms;
    },
  };
}

/** In order of both offset and time, within the life; a clock set back leaves no hole. */
function ascending(
  marks: readonly Mark[],
  { startMs, endMs, bytes }: { readonly startMs: number; readonly endMs: number; readonly bytes: number },
): readonly Mark[] {
  const sorted = marks
    .filter((mark) => Number.isFinite(mark.ms) && mark.offset <= bytes)
    .toSorted((left, right) => left.offset - right.offset);
  let latest = startMs;
  return sorted.map((mark) => {
    latest = Math.min(endMs, Math.max(latest, mark.ms));
    return { offset: mark.offset, ms: latest };
  });
}

/** Index of the last mark that holds, 0 at least; marks are ordered, so this halves. */
function lastIndex(marks: readonly Mark[], holds: (mark: Mark) => boolean): number {
  let low = 0;
  let high = marks.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const mark = marks[middle];
    if (mark !== undefined && holds(mark)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function share(value: number, from: number, to: number): number {
  return to > from ? Math.min(1, Math.max(0, (value - from) / (to - from))) : 1;
}

/** From a stretch of time to a stretch of a recording. */
import type { OutputLog } from "#core/ports/outputLog.ts";
import type { StoredRecording, Stretch } from "#core/ports/recordingArchive.ts";

/**
 * What follows a mark was printed within a second of it (the writer makes the next mark then); twice that covers a batch
 * that waited for the disk.
 */
const MARK_SPAN_MS = 2000;

export interface TimeSpan {
  /** Wall-clock ms; undefined is the beginning, the end. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** Every byte printed in the span, and at most some seconds of output around it. Undefined: the log has lost its times. */
export async function stretchOf(
  outputLog: OutputLog,
  stored: StoredRecording,
  { sinceMs, untilMs }: TimeSpan,
): Promise<Stretch | undefined> {
  const { sessionId, size } = stored;
  const start = sinceMs === undefined ? undefined : await outputLog.marksAround(sessionId, sinceMs - MARK_SPAN_MS);
  const end = untilMs === undefined ? undefined : await outputLog.marksAround(sessionId, untilMs);
  const isLost = [start, end].some(
    (marks) => marks !== undefined && marks.before === undefined && marks.after === undefined,
  );
  if (isLost && size > 0) return undefined;
  const from = start === undefined ? 0 : (start.after?.offset ?? size);
  const to = end === undefined ? size : (end.after?.offset ?? size);
  return { from: Math.min(from, to), to };
}

/** Bytes of a stretch that are still there. */
export function bytesWithin({ segments }: StoredRecording, { from, to }: Stretch): number {
  return segments.reduce(
    (sum, segment) => sum + Math.max(0, Math.min(segment.end, to) - Math.max(segment.start, from)),
    0,
  );
}

/** A log without times goes by its files. */
export function olderFiles({ segments }: StoredRecording, beforeMs: number): Stretch {
  const first = segments.findIndex((segment) => segment.writtenAt >= beforeMs);
  const to = first < 0 ? (segments.at(-1)?.end ?? 0) : (segments[first]?.start ?? 0);
  return { from: 0, to };
}

/** What one recording takes on the disk. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { StoredRecording, StoredSegment } from "#core/ports/recordingArchive.ts";
import { bytesOf } from "./segmentLogCut.ts";
import { isMissing, listSegments, namesIn } from "./segmentLogFiles.ts";
import { readGaps } from "./segmentLog.ts";

export async function surveyRecording(sessionId: string, dir: string): Promise<StoredRecording> {
  const segments: StoredSegment[] = [];
  for (const segment of await listSegments(dir)) {
    try {
      const { size, mtimeMs } = await stat(segment.file);
      // A damaged one takes room, too, and holds nothing.
      const bytes = segment.isPacked ? await bytesOf(segment).catch(() => 0) : size;
      segments.push({
        start: segment.start,
        end: segment.start + bytes,
        diskBytes: size,
        writtenAt: mtimeMs,
        isPacked: segment.isPacked,
      });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  const removed = await readGaps(dir);
  const size = Math.max(segments.at(-1)?.end ?? 0, ...removed.map(({ to }) => to));
  return { sessionId, size, segments, diskBytes: await filesBytes(dir) };
}

/** Files of the recording itself; a session's settings files are none. */
async function filesBytes(dir: string): Promise<number> {
  let total = 0;
  for (const name of await namesIn(dir)) {
    const found = await stat(join(dir, name)).catch(() => undefined);
    if (found?.isFile() === true) total += found.size;
  }
  return total;
}

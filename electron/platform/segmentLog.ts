/** A session's output on disk; the door for keeper, core and search. Format: segmentLogFiles.ts. */
export { addGap, readGaps, type GapReason, type LogGap, type RemovedStretch } from "./segmentLogGaps.ts";
export { listSegments, type Segment } from "./segmentLogFiles.ts";
export {
  listResizes,
  listTimeMarks,
  marksAround,
  MARK_EVERY_MS,
  readTiming,
  type RecordedResize,
  type TimeMark,
} from "./segmentLogIndex.ts";
export { LogReader, readLog, segmentSize, streamSegments, type LogPiece } from "./segmentLogReader.ts";
export { openSegmentWriter, type SegmentWriter } from "./segmentLogWriter.ts";

/** A session's output on disk; the door for keeper, core and search. Format: segmentLogFiles.ts. */
export { readGaps } from "./segmentLogGaps.ts";
export { listSegments } from "./segmentLogFiles.ts";
export { listResizes, listTimeMarks, marksAround, readTiming, type RecordedResize } from "./segmentLogIndex.ts";
export { LogReader, readLog, segmentSize, streamSegments } from "./segmentLogReader.ts";
export { openSegmentWriter, type SegmentWriter } from "./segmentLogWriter.ts";

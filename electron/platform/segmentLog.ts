/** A session's output on disk; the door for keeper, core and search. Format: segmentLogReader.ts. */
export {
  listResizes,
  listSegments,
  listTimeMarks,
  readSegments,
  segmentSize,
  streamSegments,
  type RecordedResize,
  type Segment,
  type SegmentRange,
  type TimeMark,
} from "./segmentLogReader.ts";
export { openSegmentWriter, type SegmentWriter, type SegmentWriterOptions } from "./segmentLogWriter.ts";

/** A session's output on disk; the door for keeper, core and search. Format: segmentLogReader.ts. */
export {
  listResizes,
  listSegments,
  listTimeMarks,
  readSegments,
  segmentSize,
  streamSegments,
} from "./segmentLogReader.ts";
export { openSegmentWriter, type SegmentWriter } from "./segmentLogWriter.ts";

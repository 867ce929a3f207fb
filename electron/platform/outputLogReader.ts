/** The reading half of the OutputLog port over the keeper's segment files; search is added by outputSearch. */
import { join } from "node:path";
import type { OutputLog } from "#core/ports/outputLog.ts";
import { listResizes, listTimeMarks, readSegments, segmentSize } from "./segmentLog.ts";

/** Where a session's log lives below the data directory. */
export function sessionLogDir(dataDir: string, sessionId: string): string {
  return join(dataDir, "sessions", sessionId);
}

export function createOutputLogReader(dataDir: string): Omit<OutputLog, "search"> {
  return {
    size: (sessionId) => segmentSize(sessionLogDir(dataDir, sessionId)),
    read: (sessionId, offset, maxBytes) => readSegments(sessionLogDir(dataDir, sessionId), offset, maxBytes),
    resizes: (sessionId) => listResizes(sessionLogDir(dataDir, sessionId)),
    marks: (sessionId) => listTimeMarks(sessionLogDir(dataDir, sessionId)),
  };
}

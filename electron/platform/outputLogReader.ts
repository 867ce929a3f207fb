/** The reading half of the OutputLog port over the keeper's segment files; search is added by outputSearch. */
import { join } from "node:path";
import type { OutputLog } from "#core/ports/outputLog.ts";
import { LogReader, marksAround, readTiming } from "./segmentLog.ts";

/** Recordings read at once keep their list of files and the frame just unpacked, 256 KiB each. */
const MAX_READERS = 16;

/** Where a session's log lives below the data directory. */
export function sessionLogDir(dataDir: string, sessionId: string): string {
  return join(dataDir, "sessions", sessionId);
}

export interface OutputLogReader extends Omit<OutputLog, "search"> {
  /** Bytes of this session were removed: nothing of it stays in memory. */
  forget(sessionId: string): void;
}

export function createOutputLogReader(dataDir: string): OutputLogReader {
  const readers = new Map<string, LogReader>();
  const readerOf = (sessionId: string): LogReader => {
    const reader = readers.get(sessionId) ?? new LogReader(sessionLogDir(dataDir, sessionId));
    // The one used last stands last.
    readers.delete(sessionId);
    readers.set(sessionId, reader);
    const oldest = readers.size > MAX_READERS ? readers.keys().next().value : undefined;
    if (oldest !== undefined) readers.delete(oldest);
    return reader;
  };
  return {
    size: (sessionId) => readerOf(sessionId).size(),
    read: (sessionId, offset, maxBytes) => readerOf(sessionId).read(offset, maxBytes),
    gaps: (sessionId) => readerOf(sessionId).gaps(),
    timing: (sessionId, maxMarks) => readTiming(sessionLogDir(dataDir, sessionId), maxMarks),
    marksAround: (sessionId, atMs) => marksAround(sessionLogDir(dataDir, sessionId), atMs),
    forget: (sessionId) => readers.get(sessionId)?.forget(),
  };
}

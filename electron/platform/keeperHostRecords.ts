/** What keepers left on disk about their sessions: exits nobody has taken note of. */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { SESSION_META_FILE, type SessionMeta } from "#shared/rpc/keeperFiles.ts";
import type { OutputSink } from "#core/ports/ptyHost.ts";
import type { KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import { readSessionRecord, sessionDir } from "./processTreeLeftovers.ts";
import { streamSegments } from "./segmentLog.ts";

export async function removeSessionRecord(dataDir: string, sessionId: string): Promise<void> {
  await unlink(join(sessionDir(dataDir, sessionId), SESSION_META_FILE)).catch(() => undefined);
}

export function describeRecord(record: SessionMeta): KeeperSession {
  const { sessionId, tag, root, startedAt, cols, rows, exit, outputBytes = 0 } = record;
  return {
    sessionId,
    tag,
    pid: root?.pid ?? 0,
    startedAt,
    cols,
    rows,
    outputBytes,
    ...(exit === undefined ? {} : { exit }),
  };
}

/** A session no keeper holds any more: its log from `fromOffset` on, then its exit where one was recorded. */
export function replayRecord(
  dataDir: string,
  from: { sessionId: string; offset: number },
  sink: OutputSink,
): () => void {
  const abort = new AbortController();
  const replay = async (): Promise<void> => {
    const range = { from: from.offset, signal: abort.signal };
    for await (const { offset, bytes } of streamSegments(sessionDir(dataDir, from.sessionId), range)) {
      if (bytes.byteLength > 0) sink.data(offset, bytes);
    }
    const record = await readSessionRecord(dataDir, from.sessionId);
    if (record?.exit !== undefined && !abort.signal.aborted) sink.exit(record.exit);
  };
  // A log that cannot be read now can be read later; the exit is in list() all the same.
  replay().catch(() => undefined);
  return () => abort.abort();
}

/** What keepers left on disk about their sessions: exits nobody has taken note of, and trees whose keeper died. */
import { readFile, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SESSION_META_FILE, SESSIONS_DIR, sessionMetaSchema, type SessionMeta } from "#shared/rpc/keeperFiles.ts";
import type { OutputSink } from "#core/ports/ptyHost.ts";
import type { KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import { killSessions } from "./processTree.ts";
import { streamSegments } from "./segmentLog.ts";

export function sessionDir(dataDir: string, sessionId: string): string {
  return join(dataDir, SESSIONS_DIR, sessionId);
}

/** Sessions not yet forgotten. Most directories hold only a log, so this stays quick over years of sessions. */
export async function readSessionRecords(dataDir: string): Promise<readonly SessionMeta[]> {
  const names = await readdir(join(dataDir, SESSIONS_DIR)).catch(() => []);
  const records: SessionMeta[] = [];
  for (const name of names) {
    const record = await readSessionRecord(dataDir, name);
    if (record !== undefined) records.push(record);
  }
  return records;
}

export async function readSessionRecord(dataDir: string, sessionId: string): Promise<SessionMeta | undefined> {
  try {
    const text = await readFile(join(sessionDir(dataDir, sessionId), SESSION_META_FILE), "utf8");
    return sessionMetaSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

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

/** Ends what is left of sessions whose keeper is gone. */
export async function sweepRecords(records: readonly SessionMeta[]): Promise<number> {
  if (records.length === 0) return 0;
  const { killed } = await killSessions(
    records.map(({ sessionId, root }) => ({ sessionId, seen: new Map(), ...(root === undefined ? {} : { root }) })),
  );
  return killed;
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
      sink.data(offset, bytes);
    }
    const record = await readSessionRecord(dataDir, from.sessionId);
    if (record?.exit !== undefined && !abort.signal.aborted) sink.exit(record.exit);
  };
  // A log that cannot be read now can be read later; the exit is in list() all the same.
  replay().catch(() => undefined);
  return () => abort.abort();
}

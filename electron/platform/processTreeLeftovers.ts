/**
 * What sessions left running whose keeper is gone, or which nobody holds any more: found from the records and folders
 * of a data directory and ended. Invariant: only processes of sessions of this data directory and of this boot.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { SESSION_META_FILE, SESSIONS_DIR, sessionMetaSchema, type SessionMeta } from "#shared/rpc/keeperFiles.ts";
import { isOfThisBoot, killSessions, scanProcesses, type KillOutcome, type SessionProcesses } from "./processTree.ts";
import { toolServerMarks } from "./processTreeTools.ts";

export function sessionDir(dataDir: string, sessionId: string): string {
  return join(dataDir, SESSIONS_DIR, sessionId);
}

/** Sessions not yet forgotten. Most directories hold only a log, so this stays quick over years of sessions. */
export async function readSessionRecords(dataDir: string): Promise<readonly SessionMeta[]> {
  const records: SessionMeta[] = [];
  for (const name of await sessionFolders(dataDir)) {
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

/**
 * Ends what is left of sessions whose keeper is gone. `keeperEndedAt`, in the unit of start times, where its death was
 * just noticed: what was in the session by then is ours even when the session's first process went with the keeper.
 */
export async function sweepRecords(records: readonly SessionMeta[], keeperEndedAt?: number): Promise<KillOutcome> {
  const sessions: SessionProcesses[] = [];
  for (const { sessionId, root, keeper } of records) {
    if (!(await isOfThisBoot(keeper))) continue;
    sessions.push({
      sessionId,
      seen: new Map(),
      ...(root === undefined ? {} : { root }),
      ...(keeperEndedAt === undefined ? {} : { rootEndedAt: keeperEndedAt }),
    });
  }
  return sessions.length === 0 ? { killed: 0, survivors: [] } : await killSessions(sessions);
}

/**
 * Ends every process that carries the mark of a session or a tool server of this data directory, also of sessions long
 * forgotten, and whatever else the given records name.
 */
export async function sweepDataDir(dataDir: string, records: readonly SessionMeta[]): Promise<KillOutcome> {
  const [entries, folders, tools] = await Promise.all([
    scanProcesses(),
    sessionFolders(dataDir),
    toolServerMarks(dataDir),
  ]);
  const ours = new Set([...folders, ...tools]);
  const marked = new Set(entries.flatMap(({ sessionId }) => (sessionId === undefined ? [] : [sessionId])));
  const byMark = [...marked].filter((id) => ours.has(id)).map((sessionId) => ({ sessionId, seen: new Map() }));
  const named = await sweepRecords(records);
  const rest = byMark.length === 0 ? { killed: 0, survivors: [] } : await killSessions(byMark);
  return { killed: named.killed + rest.killed, survivors: [...named.survivors, ...rest.survivors] };
}

/** Undefined when the data directory never had such a session. */
export async function sweepForgotten(dataDir: string, sessionId: string): Promise<KillOutcome | undefined> {
  if (!(await sessionFolders(dataDir)).includes(sessionId)) return undefined;
  return killSessions([{ sessionId, seen: new Map() }]);
}

async function sessionFolders(dataDir: string): Promise<readonly string[]> {
  return await readdir(join(dataDir, SESSIONS_DIR)).catch(() => []);
}

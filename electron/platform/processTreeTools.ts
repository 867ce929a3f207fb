/**
 * Tool servers are children of the app, not of the keeper, and must not outlive it. Each life carries a mark of its own
 * like an agent's, and the mark is noted as `tool-servers/<pid>-<start>/<mark>` before the process starts, where the
 * first part names the app. So the emergency stop finds them, and so does whoever looks after an app's sudden death.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  identifyProcess,
  isProcessAlive,
  killSessions,
  type KillOutcome,
  type ProcessIdentity,
} from "./processTree.ts";

const TOOL_SERVERS_DIR = "tool-servers";

/** Undefined where a process cannot learn its own start time. */
export async function myIdentity(): Promise<ProcessIdentity | undefined> {
  const me = await identifyProcess(process.pid);
  return typeof me === "object" ? me : undefined;
}

export async function noteToolServer(dataDir: string, app: ProcessIdentity, mark: string): Promise<void> {
  const dir = appDir(dataDir, app);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, mark), "", { mode: 0o600 });
}

export async function forgetToolServer(dataDir: string, app: ProcessIdentity, mark: string): Promise<void> {
  await rm(join(appDir(dataDir, app), mark), { force: true });
}

/** The app leaves, and all its servers have ended. */
export async function forgetToolServers(dataDir: string, app: ProcessIdentity): Promise<void> {
  await rm(appDir(dataDir, app), { recursive: true, force: true });
}

/** Of every app that has not gone in order. */
export async function toolServerMarks(dataDir: string): Promise<readonly string[]> {
  const root = join(dataDir, TOOL_SERVERS_DIR);
  const apps = await readdir(root).catch(() => []);
  const marks = await Promise.all(apps.map((app) => readdir(join(root, app)).catch(() => [])));
  return marks.flat();
}

/** Ends what apps that are dead left running; those of a living app are its own. */
export async function sweepToolServers(dataDir: string): Promise<KillOutcome> {
  const root = join(dataDir, TOOL_SERVERS_DIR);
  const outcome = { killed: 0, survivors: [] as ProcessIdentity[] };
  for (const name of await readdir(root).catch(() => [])) {
    const [pid = 0, startTime = 0] = name.split("-").map(Number);
    if (await isProcessAlive({ pid, startTime })) continue;
    const dir = join(root, name);
    const marks = await readdir(dir).catch(() => []);
    if (marks.length > 0) {
      const ended = await killSessions(marks.map((sessionId) => ({ sessionId, seen: new Map() })));
      outcome.killed += ended.killed;
      outcome.survivors.push(...ended.survivors);
    }
    await rm(dir, { recursive: true, force: true });
  }
  return outcome;
}

function appDir(dataDir: string, { pid, startTime }: ProcessIdentity): string {
  return join(dataDir, TOOL_SERVERS_DIR, `${pid}-${startTime}`);
}

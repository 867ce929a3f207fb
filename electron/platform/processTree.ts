/**
 * Every process of a session, and ending them all. Found by the mark SIGNALBOX_SESSION in the environment, by the
 * root's session and process group, by descent, and by having been seen in the tree before. Invariant: a signal goes
 * only to a process whose start time is the one that was seen, so never to a recycled pid.
 *
 * Stated gap: a process that clears its environment, leaves the session (setsid) and loses its parent before anyone
 * looked cannot be told from a stranger without privileges; neither can a setuid program that does the same (its
 * environment is unreadable, and a signal to it is refused). A look at the tree just before the stop closes most of it.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readDarwinProcesses } from "./processTreeDarwin.ts";
import type { LastingIdentity, ProcessEntry, ProcessIdentity } from "./processTreeEntry.ts";
import { identifyLinux, linuxBoot, linuxTicksNow, readLinuxProcesses } from "./processTreeLinux.ts";

export type { LastingIdentity, ProcessEntry, ProcessIdentity } from "./processTreeEntry.ts";

/** The mark the keeper puts into every session's environment. */
export const SESSION_VARIABLE = "SIGNALBOX_SESSION";

export interface SessionProcesses {
  readonly sessionId: string;
  readonly root?: ProcessIdentity;
  /** When the root ended, in the unit of startTime; a later process with the root's number is somebody else's. */
  readonly rootEndedAt?: number;
  /** Members seen earlier; grows with every look. */
  readonly seen: Map<number, ProcessIdentity>;
}

/** Uninterruptible processes (a dead network disk) outlive SIGKILL; after this they are reported instead. */
const KILL_DEADLINE_MS = 5000;
const FREEZE_ROUNDS = 6;
const runFile = promisify(execFile);

let current: Promise<readonly ProcessEntry[]> | undefined;
let next: Promise<readonly ProcessEntry[]> | undefined;

/** One look at the process table. Callers at the same moment share one look that begins after their call. */
export function scanProcesses(): Promise<readonly ProcessEntry[]> {
  if (current === undefined) return startScan();
  next ??= current.then(startScan, startScan);
  return next;
}

function startScan(): Promise<readonly ProcessEntry[]> {
  next = undefined;
  current = readProcesses().finally(() => {
    current = undefined;
  });
  return current;
}

/** Windows has no table to read without native code; taskkill knows the tree there. */
async function readProcesses(): Promise<readonly ProcessEntry[]> {
  if (process.platform === "win32") return [];
  return process.platform === "darwin" ? await readDarwinProcesses() : await readLinuxProcesses();
}

/** Now, in the unit of startTime. */
export function processTimeNow(): number {
  return process.platform === "linux" ? linuxTicksNow() : Math.ceil(Date.now() / 1000);
}

/** Undefined when there is no such process (a zombie counts as gone); "unknown" when it cannot be told. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined | "unknown"> {
  if (process.platform === "linux") return identifyLinux(pid);
  if (process.platform === "win32") return identifyByPing(pid);
  const entry = (await readDarwinProcesses()).find((candidate) => candidate.pid === pid);
  return entry === undefined || entry.state === "zombie" ? undefined : { pid, startTime: entry.startTime };
}

/** The current boot where start times begin anew with each; absolute start times need none. */
export async function bootNow(): Promise<string | undefined> {
  return process.platform === "linux" ? await linuxBoot() : undefined;
}

/** False: the machine has been restarted since, so nothing of then is left and every pid is somebody else's. */
export async function isOfThisBoot({ boot }: LastingIdentity): Promise<boolean> {
  return boot === undefined || boot === (await bootNow());
}

/** False only when that very process is certainly gone. */
export async function isProcessAlive(identity: LastingIdentity): Promise<boolean> {
  if (!(await isOfThisBoot(identity))) return false;
  const found = await identifyProcess(identity.pid);
  return found === "unknown" || found?.startTime === identity.startTime;
}

/** Sends the signal if the pid still is that process; false when it is gone or may not be signalled. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  const found = await identifyProcess(identity.pid);
  if (found === undefined || found === "unknown" || found.startTime !== identity.startTime) return false;
  return sendSignal(identity.pid, signal);
}

/** Negative pid: the process group. False when nobody is there or may be signalled. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  if (pid === 0 || pid === 1 || pid === -1 || pid === process.pid) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The living processes of the session in `entries`, ourselves excluded; adds them to `session.seen`. */
export function sessionMembers(entries: readonly ProcessEntry[], session: SessionProcesses): readonly ProcessEntry[] {
  const members = new Map<number, ProcessEntry>();
  const { byPid, children } = indexOf(entries);
  const queue = entries.filter((entry) => isSeed(entry, session, byPid));
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    if (members.has(entry.pid) || entry.pid <= 1 || entry.pid === process.pid) continue;
    members.set(entry.pid, entry);
    queue.push(...(children.get(entry.pid) ?? []));
  }
  const living = [...members.values()].filter((entry) => entry.state !== "zombie");
  for (const { pid, startTime } of living) session.seen.set(pid, { pid, startTime });
  return living;
}

interface EntryIndex {
  readonly byPid: ReadonlyMap<number, ProcessEntry>;
  readonly children: ReadonlyMap<number, readonly ProcessEntry[]>;
}

/** One look serves all sessions that wait for it. */
const indexes = new WeakMap<readonly ProcessEntry[], EntryIndex>();

function indexOf(entries: readonly ProcessEntry[]): EntryIndex {
  const known = indexes.get(entries);
  if (known !== undefined) return known;
  const byPid = new Map(entries.map((entry) => [entry.pid, entry]));
  const index = { byPid, children: Map.groupBy(entries, (entry) => entry.ppid) };
  indexes.set(entries, index);
  return index;
}

function isSeed(entry: ProcessEntry, session: SessionProcesses, byPid: EntryIndex["byPid"]): boolean {
  if (entry.sessionId === session.sessionId) return true;
  if (session.seen.get(entry.pid)?.startTime === entry.startTime) return true;
  const { root } = session;
  if (root === undefined || entry.startTime < root.startTime) return false;
  if (entry.pid === root.pid) return entry.startTime === root.startTime;
  if (entry.sid !== root.pid && entry.pgid !== root.pid) return false;
  const holder = byPid.get(root.pid);
  // Somebody else leads a session of that number by now.
  if (holder !== undefined && holder.startTime !== root.startTime) return false;
  return session.rootEndedAt === undefined ? holder !== undefined : entry.startTime <= session.rootEndedAt;
}

export interface KillOutcome {
  /** Processes that were ended. */
  readonly killed: number;
  /** Processes that outlived SIGKILL or belong to another user. */
  readonly survivors: readonly ProcessIdentity[];
}

/**
 * Freezes and kills every process of the given sessions and looks again until two looks in a row find nobody.
 * Resolves with survivors instead of waiting for a process that SIGKILL cannot end.
 */
export async function killSessions(sessions: readonly SessionProcesses[]): Promise<KillOutcome> {
  if (process.platform === "win32") return killWindowsTrees(sessions);
  const deadline = performance.now() + KILL_DEADLINE_MS;
  const ended = new Set<string>();
  const refused = new Map<string, ProcessIdentity>();
  let emptyLooks = 0;
  while (emptyLooks < 2) {
    const members = await frozenMembers(sessions, refused);
    if (members.length === 0) {
      emptyLooks += 1;
      continue;
    }
    emptyLooks = 0;
    if (performance.now() > deadline) return { killed: ended.size, survivors: [...members, ...refused.values()] };
    await Promise.all(
      members.map(async (member) => {
        if (await signalProcess(member, "SIGKILL")) ended.add(keyOf(member));
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return { killed: ended.size, survivors: [...refused.values()] };
}

/** Stops them first, so that none can fork away between the look and the kill; looks again while new ones appear. */
async function frozenMembers(
  sessions: readonly SessionProcesses[],
  refused: Map<string, ProcessIdentity>,
): Promise<readonly ProcessEntry[]> {
  const frozen = new Map<string, ProcessEntry>();
  for (let round = 0; round < FREEZE_ROUNDS; round += 1) {
    const entries = await scanProcesses();
    const members = sessions.flatMap((session) => sessionMembers(entries, session));
    const fresh = members.filter((member) => !frozen.has(keyOf(member)) && !refused.has(keyOf(member)));
    if (fresh.length === 0) break;
    for (const member of fresh) {
      if (await signalProcess(member, "SIGSTOP")) frozen.set(keyOf(member), member);
      else if (await isProcessAlive(member))
        refused.set(keyOf(member), { pid: member.pid, startTime: member.startTime });
    }
  }
  return [...frozen.values()];
}

function keyOf(identity: ProcessIdentity): string {
  return `${identity.pid}:${identity.startTime}`;
}

/**
 * Windows: taskkill walks the tree by parent pid. A process that re-parented itself escapes it; a job object would
 * hold it, but assigning one needs native code that node-pty does not export: a stated gap.
 */
async function killWindowsTrees(sessions: readonly SessionProcesses[]): Promise<KillOutcome> {
  const roots = sessions.flatMap((session) => (session.root === undefined ? [] : [session.root]));
  let killed = 0;
  for (const root of roots) {
    if (identifyByPing(root.pid) === undefined) continue;
    try {
      await runFile("taskkill", ["/PID", String(root.pid), "/T", "/F"], { windowsHide: true });
      killed += 1;
    } catch {
      // Already gone; the caller learns who is left from survivors.
    }
  }
  return { killed, survivors: roots.filter((root) => identifyByPing(root.pid) !== undefined) };
}

/** Windows offers no start time without native code; the pid is held by our open pty until the session is freed. */
function identifyByPing(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0);
    return { pid, startTime: 0 };
  } catch {
    return undefined;
  }
}

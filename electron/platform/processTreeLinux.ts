/** The process table of Linux, read from /proc. Reads are asynchronous: a stuck process must not stall the keeper. */
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { ProcessEntry, ProcessIdentity } from "./processTreeEntry.ts";

const MARK = Buffer.from("SIGNALBOX_SESSION=");
/** Reads under way at once; /proc answers from memory, more only queue up. */
const PARALLEL_READS = 16;
/** `stat` never waits for the process it describes: read at once it takes microseconds; this many a turn. */
const STATS_PER_TURN = 32;
/** Five seconds after its birth a process is long past the exec that gives a session's child its mark. */
const SETTLED_TICKS = 500;

type Stat = Omit<ProcessEntry, "sessionId">;

/**
 * Start times, by pid, of settled processes without a mark. A mark is inherited at birth and never gained later, so
 * their environment, which can be slow to read, is read once and not at every look.
 */
let unmarked = new Map<number, number>();

export async function readLinuxProcesses(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const settledBefore = linuxTicksNow() - SETTLED_TICKS;
  const known = new Map<number, number>();
  const entries: ProcessEntry[] = [];
  const unread: Stat[] = [];
  for (const [index, pid] of pids.entries()) {
    if (index % STATS_PER_TURN === STATS_PER_TURN - 1) await nextTurn();
    const stat = readStat(pid);
    if (stat === undefined) continue;
    if (unmarked.get(pid) === stat.startTime) {
      known.set(pid, stat.startTime);
      entries.push(stat);
    } else unread.push(stat);
  }
  const readNext = async (): Promise<void> => {
    for (let stat = unread.pop(); stat !== undefined; stat = unread.pop()) {
      const sessionId = await readMark(stat.pid);
      entries.push(sessionId === undefined || sessionId === "" ? stat : { ...stat, sessionId });
      if (sessionId === "" && stat.startTime < settledBefore) known.set(stat.pid, stat.startTime);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, readNext));
  unmarked = known;
  return entries;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function identifyLinux(pid: number): Promise<ProcessIdentity | undefined | "unknown"> {
  try {
    const stat = parseStat(pid, await readFile(`/proc/${pid}/stat`, "latin1"));
    if (stat === undefined) return "unknown";
    return stat.state === "zombie" ? undefined : { pid, startTime: stat.startTime };
  } catch (error) {
    return isGone(error) ? undefined : "unknown";
  }
}

/** Now, in the unit of startTime (clock ticks since boot; USER_HZ is 100 on every Linux that Node runs on). */
export function linuxTicksNow(): number {
  // Answered from memory; the thread pool would only add a wait to every exit.
  const uptime = Number.parseFloat(readFileSync("/proc/uptime", "latin1"));
  return Math.ceil(uptime * 100);
}

function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** "" when the environment holds no mark; undefined when it cannot be read. */
async function readMark(pid: number): Promise<string | undefined> {
  let environ: Buffer;
  try {
    environ = await readFile(`/proc/${pid}/environ`);
  } catch {
    return undefined;
  }
  for (let at = environ.indexOf(MARK); at !== -1; at = environ.indexOf(MARK, at + 1)) {
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString("latin1", at + MARK.length, end === -1 ? environ.length : end);
  }
  return "";
}

/** The name in parentheses may hold anything, so the fields are counted from the last closing one (man proc). */
function parseStat(pid: number, text: string): Stat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, ppid, pgid, sid, , foreground] = fields;
  const startTime = Number(fields[19]);
  if (state === undefined || !Number.isFinite(startTime)) return undefined;
  return {
    pid,
    ppid: Number(ppid),
    pgid: Number(pgid),
    sid: Number(sid),
    foreground: Number(foreground),
    startTime,
    state: state === "Z" || state === "X" ? "zombie" : state === "T" || state === "t" ? "stopped" : "other",
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}

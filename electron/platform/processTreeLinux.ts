/**
 * The process table of Linux, read from /proc. `stat` and `uptime` are answered from memory without waiting for the
 * process, so they are read at once: through the thread pool a look costs twenty times as much. `environ` waits for the
 * lock of the process's memory, so it is read asynchronously (a stuck process must not stall the keeper) and only where
 * it is not known already.
 */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { uptime } from "node:os";
import type { ProcessEntry, ProcessIdentity } from "./processTreeEntry.ts";

const MARK = Buffer.from("SIGNALBOX_SESSION=");
/** Reads under way at once; /proc answers from memory, more only queue up. */
const PARALLEL_READS = 16;
/** So many processes are looked at in one turn of the loop: less than half a millisecond. */
const STATS_A_TURN = 32;
/** Clock ticks a second (USER_HZ), the same on every Linux that Node runs on. */
const TICKS = 100;
/**
 * Older than this a process has the environment it will keep until its next exec, which shows as another name. A younger
 * one may still be between its fork and its exec and is asked every time.
 */
const SETTLED_AFTER_TICKS = 2 * TICKS;
/** More than any line of `stat` (about 350 bytes). */
const statBuffer = Buffer.allocUnsafeSlow(4096);

interface Stat extends Omit<ProcessEntry, "sessionId"> {
  readonly name: string;
}

/** What the environment of a settled process held; renewed by every look, so it holds the living alone. */
let marks: ReadonlyMap<number, { readonly of: Stat; readonly sessionId: string | undefined }> = new Map();

export async function readLinuxProcesses(): Promise<readonly ProcessEntry[]> {
  const settledBefore = linuxTicksNow() - SETTLED_AFTER_TICKS;
  const stats = await readStats();
  const known = new Map<number, { of: Stat; sessionId: string | undefined }>();
  const entries: ProcessEntry[] = [];
  const readNext = async (): Promise<void> => {
    for (let stat = stats.pop(); stat !== undefined; stat = stats.pop()) {
      const earlier = marks.get(stat.pid);
      const isKnown = earlier?.of.startTime === stat.startTime && earlier.of.name === stat.name;
      const { sessionId, isFinal } = isKnown ? { ...earlier, isFinal: true } : await readMark(stat.pid);
      if (isKnown || (isFinal && stat.startTime < settledBefore)) known.set(stat.pid, { of: stat, sessionId });
      entries.push(sessionId === undefined ? stat : { ...stat, sessionId });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, readNext));
  marks = known;
  return entries;
}

async function readStats(): Promise<Stat[]> {
  const stats: Stat[] = [];
  let inTurn = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (typeof stat === "object") stats.push(stat);
    inTurn += 1;
    if (inTurn % STATS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return stats;
}

export function identifyLinux(pid: number): ProcessIdentity | undefined | "unknown" {
  const stat = readStat(pid);
  if (typeof stat !== "object") return stat;
  return stat.state === "zombie" ? undefined : { pid, startTime: stat.startTime };
}

/** Now, in the unit of startTime; known, to the second, also without a descriptor left to read /proc with. */
export function linuxTicksNow(): number {
  return Math.ceil(uptime() * TICKS);
}

let boot: Promise<string | undefined> | undefined;

/** Which boot of the machine this is. */
export function linuxBoot(): Promise<string | undefined> {
  boot ??= readFile("/proc/sys/kernel/random/boot_id", "latin1").then(
    (text) => text.trim(),
    () => undefined,
  );
  return boot;
}

/** Undefined: gone. */
function readStat(pid: number): Stat | undefined | "unknown" {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, "r");
    const length = readSync(file, statBuffer, 0, statBuffer.byteLength, 0);
    return parseStat(pid, statBuffer.toString("latin1", 0, length)) ?? "unknown";
  } catch (error) {
    return isGone(error) ? undefined : "unknown";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

interface Mark {
  readonly sessionId: string | undefined;
  /** False: it could not be read this time, for want of a descriptor or of memory; another look may. */
  readonly isFinal: boolean;
}

async function readMark(pid: number): Promise<Mark> {
  try {
    return { sessionId: markIn(await readFile(`/proc/${pid}/environ`)), isFinal: true };
  } catch (error) {
    return { sessionId: undefined, isFinal: codeOf(error) === "EACCES" };
  }
}

function markIn(environ: Buffer): string | undefined {
  for (let at = environ.indexOf(MARK); at !== -1; at = environ.indexOf(MARK, at + 1)) {
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString("latin1", at + MARK.length, end === -1 ? environ.length : end);
  }
  return undefined;
}

/** The name in parentheses may hold anything, so the fields are counted from the last closing one (man proc). */
function parseStat(pid: number, text: string): Stat | undefined {
  const nameEnd = text.lastIndexOf(")");
  const fields = text.slice(nameEnd + 2).split(" ");
  const [state, ppid, pgid, sid, , foreground] = fields;
  const startTime = Number(fields[19]);
  if (state === undefined || !Number.isFinite(startTime)) return undefined;
  return {
    pid,
    name: text.slice(text.indexOf("("), nameEnd),
    ppid: Number(ppid),
    pgid: Number(pgid),
    sid: Number(sid),
    foreground: Number(foreground),
    startTime,
    state: state === "Z" || state === "X" ? "zombie" : state === "T" || state === "t" ? "stopped" : "other",
  };
}

function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ESRCH";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

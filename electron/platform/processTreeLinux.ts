/** The process table of Linux, read from /proc. Reads are asynchronous: a stuck process must not stall the keeper. */
import { readdir, readFile } from "node:fs/promises";
import type { ProcessEntry, ProcessIdentity } from "./processTreeEntry.ts";

const MARK = Buffer.from("SIGNALBOX_SESSION=");
/** Reads under way at once; /proc answers from memory, more only queue up. */
const PARALLEL_READS = 16;

type Stat = Omit<ProcessEntry, "sessionId">;

export async function readLinuxProcesses(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries: ProcessEntry[] = [];
  const readNext = async (): Promise<void> => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const entry = await readEntry(pid);
      if (entry !== undefined) entries.push(entry);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, readNext));
  return entries;
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
export async function linuxTicksNow(): Promise<number> {
  const uptime = Number.parseFloat(await readFile("/proc/uptime", "latin1"));
  return Math.ceil(uptime * 100);
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

async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const [text, sessionId] = await Promise.all([readFile(`/proc/${pid}/stat`, "latin1"), readMark(pid)]);
    const stat = parseStat(pid, text);
    if (stat === undefined || sessionId === undefined) return stat;
    return { ...stat, sessionId };
  } catch {
    return undefined;
  }
}

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
  return undefined;
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

/** The process table of macOS, read with ps (asynchronously); the environment is only shown for our own processes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ProcessEntry } from "./processTreeEntry.ts";

const runFile = promisify(execFile);
const PS_OUTPUT_BYTES = 64 * 1024 * 1024;
// pid ppid pgid tpgid stat, then lstart as five words: Mon Nov 30 12:00:00 2026
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(\S+ \S+\s+\d+ \S+ \d+)\s*$/;
const MARKED_ROW = /^\s*(\d+)\s.*\sSIGNALBOX_SESSION=([0-9a-f-]{36})(?:\s|$)/;

export async function readDarwinProcesses(): Promise<readonly ProcessEntry[]> {
  const [table, marks] = await Promise.all([
    ps(["-axo", "pid=,ppid=,pgid=,tpgid=,stat=,lstart="]),
    ps(["-axEwwo", "pid=,command="]),
  ]);
  const sessionIds = new Map<number, string>();
  for (const line of marks) {
    const [, pid, sessionId] = MARKED_ROW.exec(line) ?? [];
    if (pid !== undefined && sessionId !== undefined) sessionIds.set(Number(pid), sessionId);
  }
  return table.flatMap((line) => {
    const entry = parseRow(line);
    if (entry === undefined) return [];
    const sessionId = sessionIds.get(entry.pid);
    return [sessionId === undefined ? entry : { ...entry, sessionId }];
  });
}

function parseRow(line: string): ProcessEntry | undefined {
  const [, pid, ppid, pgid, tpgid, stat = "", started = ""] = ROW.exec(line) ?? [];
  const startTime = Math.floor(Date.parse(started) / 1000);
  if (pid === undefined || !Number.isFinite(startTime)) return undefined;
  return {
    pid: Number(pid),
    ppid: Number(ppid),
    pgid: Number(pgid),
    // macOS prints no usable session id; group, descent and the mark do the work there.
    sid: 0,
    foreground: Number(tpgid),
    startTime,
    state: stat.startsWith("Z") ? "zombie" : stat.startsWith("T") ? "stopped" : "other",
  };
}

async function ps(args: readonly string[]): Promise<readonly string[]> {
  // The C locale fixes the words of lstart.
  const { stdout } = await runFile("/bin/ps", [...args], { env: { LC_ALL: "C" }, maxBuffer: PS_OUTPUT_BYTES });
  return stdout.split("\n");
}

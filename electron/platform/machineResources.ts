/**
 * The resources port. Linux: what the kernel itself calls available, bounded by the control groups this program is in,
 * and pressure stall information. Elsewhere: what Node knows. A session's memory is that of its whole process tree.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { freemem } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { MachineLoad, MeasuredSession, Resources } from "#core/ports/resources.ts";
import { scanProcesses, sessionMembers, type ProcessIdentity, type ProcessEntry } from "./processTree.ts";

const runFile = promisify(execFile);
const KIB = 1024;
/** Where the kernel counts what a group uses and may use: version 2, then 1. */
const GROUP_FILES = [
  { line: /^0::(.*)$/m, root: "/sys/fs/cgroup", limit: "memory.max", used: "memory.current" },
  {
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    root: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
  },
] as const;

export function createMachineResources(): Resources {
  const seenOf = new Map<string, Map<number, ProcessIdentity>>();
  return {
    load: async () => (process.platform === "linux" ? linuxLoad() : { memoryFree: freemem() }),
    memoryOf: async (sessions) => {
      // Without a table of processes there is no tree to measure.
      if (process.platform === "win32" || sessions.length === 0) return new Map();
      for (const known of seenOf.keys()) {
        if (!sessions.some(({ sessionId }) => sessionId === known)) seenOf.delete(known);
      }
      const entries = await scanProcesses();
      const used = new Map<string, number>();
      for (const session of sessions) {
        const seen = seenOf.get(session.sessionId) ?? new Map<number, ProcessIdentity>();
        seenOf.set(session.sessionId, seen);
        const members = membersOf(entries, session, seen);
        if (members.length > 0) used.set(session.sessionId, await memoryOfAll(members.map(({ pid }) => pid)));
      }
      return used;
    },
  };
}

function membersOf(
  entries: readonly ProcessEntry[],
  { sessionId, pid }: MeasuredSession,
  seen: Map<number, ProcessIdentity>,
): readonly ProcessEntry[] {
  const root = entries.find((entry) => entry.pid === pid && entry.sessionId === sessionId);
  return sessionMembers(entries, { sessionId, seen, ...(root === undefined ? {} : { root }) });
}

async function memoryOfAll(pids: readonly number[]): Promise<number> {
  if (process.platform !== "linux") return residentByPs(pids);
  const each = await Promise.all(pids.map(proportionalMemory));
  return each.reduce((sum, bytes) => sum + bytes, 0);
}

/** Shared pages counted in parts, so that ten copies of one program are not ten times its libraries. */
async function proportionalMemory(pid: number): Promise<number> {
  // Walks the memory of the process and waits for its lock.
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "latin1").catch(() => "");
  const kib = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? /^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * KIB;
}

async function residentByPs(pids: readonly number[]): Promise<number> {
  const asked = await runFile("/bin/ps", ["-o", "rss=", "-p", pids.join(",")]).catch(() => ({ stdout: "" }));
  return asked.stdout.split("\n").reduce((sum, line) => sum + (Number(line.trim()) || 0) * KIB, 0);
}

/** The kernel answers these from memory, so they are read at once: a start that waits in line for the thread pool is late. */
function linuxLoad(): MachineLoad {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf("/proc/meminfo"))?.[1];
  const machine = available === undefined ? freemem() : Number(available) * KIB;
  const group = freeInGroups(textOf("/proc/self/cgroup"));
  const cpu = /^some avg10=([\d.]+)/m.exec(textOf("/proc/pressure/cpu"))?.[1];
  return { memoryFree: Math.min(machine, group), ...(cpu === undefined ? {} : { cpuPressure: Number(cpu) }) };
}

/** The tightest of the groups this program is in, up to the root; infinite without a limit. */
function freeInGroups(membership: string): number {
  let free = Number.POSITIVE_INFINITY;
  for (const { line, root, limit, used } of GROUP_FILES) {
    const path = line.exec(membership)?.[1];
    for (let at = path; at !== undefined && at !== "/" && at !== "."; at = dirname(at)) {
      const bound = Number(textOf(join(root, at, limit)).trim() || "max");
      if (!Number.isFinite(bound)) continue;
      const current = Number(textOf(join(root, at, used)).trim());
      free = Math.min(free, Math.max(0, bound - current));
    }
  }
  return free;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

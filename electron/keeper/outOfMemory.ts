/**
 * Evidence of the kernel's out-of-memory killer: its own counters, compared before and after. A SIGKILL alone says
 * nothing about who sent it, and each counted kill explains one ended session only.
 */
import { readFileSync } from "node:fs";

/** A storm of kills is told one by one; a look taken in the middle of it must not swallow the rest. */
const STORM_MS = 2000;

export interface OutOfMemoryEvidence {
  /** Take note of the counter as it is now: earlier kills are not ours to explain. */
  refresh(): void;
  /** True when the kernel has counted a kill since the last look that no other session has claimed. */
  claim(): boolean;
}

/** `counter` is replaced in tests. */
export function createOutOfMemoryEvidence(counter: () => number | undefined = countKills): OutOfMemoryEvidence {
  let claimed: number | undefined;
  let lastClaimAt = Number.NEGATIVE_INFINITY;
  return {
    refresh: () => {
      if (performance.now() - lastClaimAt > STORM_MS) claimed = counter();
    },
    claim: () => {
      lastClaimAt = performance.now();
      const now = counter();
      if (now === undefined || claimed === undefined || now <= claimed) return false;
      claimed += 1;
      return true;
    },
  };
}

/** Kills in the keeper's own control group, which its children share; of the whole machine where it has none. */
function countKills(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const group = /^0::(.*)$/m.exec(textOf("/proc/self/cgroup"))?.[1] ?? "/";
  return counterIn(textOf(`/sys/fs/cgroup${group}/memory.events`)) ?? counterIn(textOf("/proc/vmstat"));
}

function counterIn(text: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** The kernel answers these from memory; nothing is waited for. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/**
 * Evidence of the kernel's out-of-memory killer: its own counters, compared before and after. A SIGKILL alone says
 * nothing about who sent it, and each counted kill explains one ended session only.
 */
import { readFile } from "node:fs/promises";

/** A storm of kills is told one by one; a look taken in the middle of it must not swallow the rest. */
const STORM_MS = 2000;

export interface OutOfMemoryEvidence {
  /** Take note of the counter as it is now: earlier kills are not ours to explain. */
  refresh(): Promise<void>;
  /** True when the kernel has counted a kill since the last look that no other session has claimed. */
  claim(): Promise<boolean>;
}

/** `counter` is replaced in tests. */
export function createOutOfMemoryEvidence(
  counter: () => Promise<number | undefined> = countKills,
): OutOfMemoryEvidence {
  let claimed: number | undefined;
  let lastClaimAt = Number.NEGATIVE_INFINITY;
  let work: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = work.then(task);
    work = result.catch(() => undefined);
    return result;
  };
  return {
    refresh: () =>
      inTurn(async () => {
        if (performance.now() - lastClaimAt > STORM_MS) claimed = await counter();
      }),
    claim: () =>
      inTurn(async () => {
        lastClaimAt = performance.now();
        const now = await counter();
        if (now === undefined || claimed === undefined || now <= claimed) return false;
        claimed += 1;
        return true;
      }),
  };
}

/** Kills in the keeper's own control group, which its children share; of the whole machine where it has none. */
async function countKills(): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  const group = /^0::(.*)$/m.exec(await textOf("/proc/self/cgroup"))?.[1] ?? "/";
  const inGroup = counterIn(await textOf(`/sys/fs/cgroup${group}/memory.events`));
  return inGroup ?? counterIn(await textOf("/proc/vmstat"));
}

function counterIn(text: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "latin1");
  } catch {
    return "";
  }
}

/**
 * `keeper --data DIR --sweep WHOM`: not a keeper, but the end of what keepers left. WHOM is `all` (the emergency stop
 * without an app: everything of this data directory), `PID:START`, one keeper that just died, or `tools:PID:START`, the
 * tool servers of an app that just died. Prints `{"killed":N}`.
 */
import { identifyProcess, isProcessAlive } from "#platform/processTree.ts";
import { readSessionRecords, sweepDataDir, sweepRecords } from "#platform/processTreeLeftovers.ts";
import { sweepToolServers } from "#platform/processTreeTools.ts";

/** How many processes were ended; the record of each session stays, so that the next app learns how it ended. */
export async function sweep(dataDir: string, whom: string): Promise<{ killed: number; survivors: number }> {
  if (whom.startsWith("tools:")) {
    const ended = await sweepToolServers(dataDir);
    return { killed: ended.killed, survivors: ended.survivors.length };
  }
  const records = await readSessionRecords(dataDir);
  const { killed, survivors } =
    whom === "all"
      ? await sweepDataDir(dataDir, records)
      : await sweepRecords(
          records.filter(({ keeper, exit }) => exit === undefined && whom === `${keeper.pid}:${keeper.startTime}`),
          await whenKeeperDied(whom),
        );
  return { killed, survivors: survivors.length };
}

/** The guard's shell started this process the moment it saw the keeper die. */
async function whenKeeperDied(whom: string): Promise<number | undefined> {
  const [pid = 0, startTime = 0] = whom.split(":").map(Number);
  if (await isProcessAlive({ pid, startTime })) throw new Error(`the keeper ${pid} lives; its sessions are its own`);
  const me = await identifyProcess(process.pid);
  return typeof me === "object" ? me.startTime : undefined;
}

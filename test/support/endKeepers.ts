/** Ends the keepers of a data directory, and with them everything they hold; resolves when they are gone. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { KEEPER_RUNNING_DIR, keeperEndpointSchema } from "#shared/rpc/keeperFiles.ts";
import { eventually } from "./deadline.ts";

export async function endKeepers(dataDir: string): Promise<void> {
  const folder = join(dataDir, KEEPER_RUNNING_DIR);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    const endpoint = keeperEndpointSchema.safeParse(JSON.parse(await readFile(join(folder, name), "utf8")));
    if (!endpoint.success) continue;
    signal(endpoint.data.pid, "SIGTERM");
    await eventually(`keeper ${endpoint.data.pid} leaves`, () => !signal(endpoint.data.pid, 0));
  }
}

/** False when there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

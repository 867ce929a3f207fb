/** Spawn and exit, over and over, failed spawns between them: descriptors (a pty is one), threads and processes are back where they were. */
import { readdir, readlink } from "node:fs/promises";
import { processesWith, run as live, shellRequest, startHarness, until } from "#test/support/keeperHarness.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const cycles: SoakRow = {
  name: "cycles",
  purpose: "spawn and exit a thousand times, failed spawns too: no descriptor, pty, thread or process is left behind",
  run,
};

const AT_ONCE = 5;

async function run(soak: Soak): Promise<SoakFinding> {
  const harness = await startHarness();
  soak.defer(() => harness.dispose());
  const host = await harness.newHost();
  const ids: string[] = [];
  const problems: string[] = [];
  const oneLife = async (): Promise<void> => {
    const request = shellRequest("echo hi; sleep 0.01 & exit 0");
    ids.push(request.sessionId);
    await (await live(host, request)).untilExit();
    await host.stop({ sessionId: request.sessionId, graceMs: 0 });
    await host.forget(request.sessionId);
  };
  const oneFailure = async (): Promise<void> => {
    const answer = await host.spawn(shellRequest("true", { file: "no-such-command" }));
    if (answer.ok) problems.push("a command that does not exist was started");
  };
  await oneLife();
  const pid = await harness.keeperPid();
  const before = { fds: await descriptors(pid), threads: await threads(pid) };
  for (const _ of soak.rounds({ short: 10, long: 200 })) {
    await Promise.all(Array.from({ length: AT_ONCE }, oneLife));
    await Promise.all(Array.from({ length: AT_ONCE }, oneFailure));
  }
  await until(async () => (await threads(pid)) === before.threads, "the threads to end");
  const after = await descriptors(pid);
  if (after.join() !== before.fds.join())
    problems.push(`descriptors: ${before.fds.join()} before, ${after.join()} after`);
  for (const id of ids) {
    const left = await processesWith(id);
    if (left.length > 0) problems.push(`${left.length} processes of session ${id} are left`);
  }
  return { figures: { lives: ids.length, "failed spawns": ids.length - 1, descriptors: after.length }, problems };
}

async function descriptors(pid: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return targets.filter((target) => target !== "").toSorted();
}

async function threads(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/task`)).length;
}

import { readdir, readlink } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeeperHost } from "#platform/keeperHost.ts";
import {
  processesWith,
  run,
  shellRequest,
  startHarness,
  until,
  type KeeperHarness,
} from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
let host: KeeperHost;

beforeAll(async () => {
  harness = await startHarness();
  host = await harness.newHost();
});
afterAll(() => harness.dispose());

async function descriptors(pid: number): Promise<readonly string[]> {
  const targets: string[] = [];
  for (const name of await readdir(`/proc/${pid}/fd`)) {
    targets.push(await readlink(`/proc/${pid}/fd/${name}`).catch(() => ""));
  }
  return targets.filter((target) => target !== "").toSorted();
}

async function threads(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/task`)).length;
}

const lives: string[] = [];

async function oneLife(): Promise<void> {
  const request = shellRequest("echo hi; sleep 0.01 & exit 0");
  lives.push(request.sessionId);
  await (await run(host, request)).untilExit();
  await host.stop({ sessionId: request.sessionId, graceMs: 0 });
  await host.forget(request.sessionId);
}

test("100 lives and 100 failed spawns leave no descriptor, thread or process behind", async () => {
  await oneLife();
  const pid = await harness.keeperPid();
  const before = { fds: await descriptors(pid), threads: await threads(pid) };
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 5 }, oneLife));
    await Promise.all(Array.from({ length: 5 }, () => host.spawn(shellRequest("true", { file: "no-such-command" }))));
  }
  await until(async () => (await threads(pid)) === before.threads, "the threads to end");
  expect(await descriptors(pid)).toEqual(before.fds);
  expect((await Promise.all(lives.map(processesWith))).flat()).toEqual([]);
});

/** Whatever ends an agent, nothing of it is left after five seconds, and nothing of anybody else is touched. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { listRunningKeepers } from "#platform/keeperLaunch.ts";
import { identifyProcess, isProcessAlive, signalProcess, type ProcessIdentity } from "#platform/processTree.ts";
import { readSessionRecord, sweepRecords } from "#platform/processTreeLeftovers.ts";
import type { SpawnRequest } from "#shared/rpc/keeperProtocol.ts";
import { HYDRA_HEADS, hydra } from "#test/support/hydra.ts";
import {
  processesWith,
  run,
  shellRequest,
  startHarness,
  until,
  type KeeperHarness,
} from "#test/support/keeperHarness.ts";

/** The promise, on a machine that has a processor for us; a busy one gets as much longer as its processors are shared. */
const SWEPT_WITHIN_MS = 5000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
/** Seconds to sleep, unlike any other's on this machine. */
const MARK = 7100 + (process.pid % 1000) / 1000;

let harness: KeeperHarness;
let host: KeeperHost;
let bystander: ChildProcess;

beforeEach(async () => {
  harness = await startHarness();
  host = await harness.newHost();
  // The same program with the same arguments in the same folder, of nobody.
  bystander = spawn("sleep", [String(MARK)], { cwd: tmpdir(), stdio: "ignore", detached: true });
  await once(bystander, "spawn");
});
afterEach(async () => {
  const isUntouched = bystander.exitCode === null && bystander.signalCode === null;
  bystander.kill("SIGKILL");
  await harness.dispose();
  expect(isUntouched, "the bystander lives").toBe(true);
});

async function startHydra(): Promise<SpawnRequest> {
  const request = shellRequest(hydra(MARK));
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  await until(async () => (await processesWith(request.sessionId)).length >= HYDRA_HEADS, "all heads");
  return request;
}

/** One process, marked, for tests that need no more. */
async function startSleeper(): Promise<SpawnRequest> {
  const request = shellRequest(`echo ready; exec sleep ${MARK}`);
  await (await run(host, request)).untilText("ready");
  return request;
}

async function gone({ sessionId }: SpawnRequest): Promise<void> {
  const tookMs = await until(async () => (await processesWith(sessionId)).length === 0, "every head to be gone");
  expect(tookMs).toBeLessThan(SWEPT_WITHIN_MS);
}

test("a stop with no grace and one with grace leave nobody", async () => {
  for (const graceMs of [0, 300]) {
    const request = await startHydra();
    expect(await host.stop({ sessionId: request.sessionId, graceMs })).toEqual({ ok: true, value: undefined });
    expect(await processesWith(request.sessionId)).toEqual([]);
  }
});

test("the emergency stop leaves nobody, nor what ended and forgotten sessions left", async () => {
  const living = await startHydra();
  const ended = shellRequest(`setsid nohup sleep ${MARK} >/dev/null 2>&1 & sleep 0.5; exit 0`);
  await (await run(host, ended)).untilExit();
  await host.forget(ended.sessionId);
  expect(await processesWith(ended.sessionId)).toHaveLength(1);
  const killed = await host.killAll();
  expect(killed.ok && killed.value.killed).toBeGreaterThan(HYDRA_HEADS);
  expect([...(await processesWith(living.sessionId)), ...(await processesWith(ended.sessionId))]).toEqual([]);
});

test("a keeper that hangs does not hold the emergency stop up", async () => {
  const request = await startHydra();
  const keeper = await harness.keeperPid();
  process.kill(keeper, "SIGSTOP");
  const startedAt = performance.now();
  await host.killAll();
  expect(performance.now() - startedAt).toBeLessThan(4000);
  await gone(request);
  process.kill(keeper, "SIGCONT");
});

test("a stop after the exit was recorded and forgotten still finds what was left, also with a cleared environment", async () => {
  const request = shellRequest(
    `(setsid sleep ${MARK} &) ; env -i nohup /bin/sleep ${MARK} >/dev/null 2>&1 & sleep 0.5; exit 3`,
  );
  await (await run(host, request)).untilExit();
  const unmarked = async (): Promise<number> => (await processesWith(`/bin/sleep\u0000${MARK}`)).length;
  expect([(await processesWith(request.sessionId)).length, await unmarked()]).toEqual([1, 1]);
  await host.forget(request.sessionId);
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 0 })).toEqual({ ok: true, value: undefined });
  expect([(await processesWith(request.sessionId)).length, await unmarked()]).toEqual([0, 0]);
});

describe("kill -9 of the keeper", () => {
  test("with an app connected leaves nobody", async () => {
    const request = await startHydra();
    process.kill(await harness.keeperPid(), "SIGKILL");
    await gone(request);
  });

  test("with no app at all leaves nobody: its guard sweeps", async () => {
    const request = await startHydra();
    const keeper = await harness.keeperPid();
    host.close();
    process.kill(keeper, "SIGKILL");
    await gone(request);
    const logFile = join(harness.dataDir, "logs", "keeper.log");
    const isTold = async (): Promise<boolean> => /left: \d+ ended, 0 still there/.test(await readFile(logFile, "utf8"));
    await until(isTold, "the guard's line in the log");
    // How the session ended is still to be told to the next app.
    expect(await readSessionRecord(harness.dataDir, request.sessionId)).toMatchObject({ sessionId: request.sessionId });
  });

  test("in one blow with its guard: the next app's start sweeps", async () => {
    const request = await startHydra();
    const keeper = await harness.keeperPid();
    host.close();
    for (const pid of await guardsOf(keeper)) process.kill(pid, "SIGKILL");
    process.kill(keeper, "SIGKILL");
    await until(async () => (await listRunningKeepers(harness.dataDir)).length === 0, "the keeper to be gone");
    await harness.newHost();
    expect(await processesWith(request.sessionId)).toEqual([]);
  });
});

test("a guard that was ended is posted again, and leaves with its keeper", async () => {
  await startSleeper();
  const keeper = await harness.keeperPid();
  const [first] = await guardsOf(keeper);
  process.kill(first ?? 0, "SIGKILL");
  await until(async () => (await guardsOf(keeper)).some((pid) => pid !== first), "another guard");
  process.kill(keeper, "SIGTERM");
  await until(async () => (await listRunningKeepers(harness.dataDir)).length === 0, "the keeper to leave");
  await until(async () => (await processesWith(harness.dataDir)).length === 0, "the guard to leave");
});

describe("nobody else's process is ever touched", () => {
  async function identityOfBystander(): Promise<ProcessIdentity> {
    const found = await identifyProcess(bystander.pid ?? 0);
    if (typeof found !== "object") throw new Error("the bystander cannot be identified");
    return found;
  }

  test("not by a signal to a pid that another process had before", async () => {
    const { pid, startTime } = await identityOfBystander();
    expect(await signalProcess({ pid, startTime: startTime - 1 }, "SIGKILL")).toBe(false);
    expect(await isProcessAlive({ pid, startTime: startTime - 1 })).toBe(false);
  });

  test("not by the record of a session whose process had the pid before, in this boot or an earlier one", async () => {
    const request = await startSleeper();
    const record = await readSessionRecord(harness.dataDir, request.sessionId);
    if (record === undefined) throw new Error("no record");
    const { pid, startTime } = await identityOfBystander();
    const recycled = { ...record, sessionId: crypto.randomUUID(), root: { pid, startTime: startTime - 1 } };
    const rebooted = { ...recycled, root: { pid, startTime }, keeper: { ...record.keeper, boot: "an earlier one" } };
    const none = { killed: 0, survivors: [] };
    expect(await sweepRecords([recycled, rebooted])).toEqual(none);
    expect(await sweepRecords([recycled, rebooted], startTime + 1_000_000)).toEqual(none);
    expect(await isProcessAlive({ pid, startTime, boot: "an earlier one" })).toBe(false);
    await host.stop({ sessionId: request.sessionId, graceMs: 0 });
  });

  test("not by a mark of somebody else's data directory", async () => {
    const other = await startHarness();
    const elsewhere = await other.newHost();
    const request = shellRequest("echo ready; exec sleep 7300");
    await (await run(elsewhere, request)).untilText("ready");
    const ours = await startSleeper();
    await host.killAll();
    expect(await processesWith(ours.sessionId)).toEqual([]);
    expect(await processesWith(request.sessionId)).toHaveLength(1);
    await other.dispose();
  });
});

test("agents are what the system ends when memory runs out: keeper and guard stay as they were", async () => {
  const request = await startHydra();
  const scoreOf = async (pid: number | "self"): Promise<number> =>
    Number(await readFile(`/proc/${pid}/oom_score_adj`, "latin1"));
  const own = await scoreOf("self");
  const keeper = await harness.keeperPid();
  for (const pid of [keeper, ...(await guardsOf(keeper))]) expect(await scoreOf(pid)).toBe(own);
  const raised = Math.min(1000, own + 500);
  const agents = await processesWith(request.sessionId);
  expect(new Set(await Promise.all(agents.map(scoreOf)))).toEqual(new Set([raised]));
});

/** Children of the keeper that are none of its sessions. */
async function guardsOf(keeper: number): Promise<readonly number[]> {
  const candidates = await processesWith("signalbox-guard");
  const parents = await Promise.all(candidates.map((pid) => readFile(`/proc/${pid}/stat`, "latin1").catch(() => "")));
  return candidates.filter((_, index) => new RegExp(`\\) \\S ${keeper} `).test(parents[index] ?? ""));
}

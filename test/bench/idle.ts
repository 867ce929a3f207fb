/** What fifty agents cost that do nothing: processor and memory of core and keeper, a bare Node and tmux beside them. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { agent } from "#test/support/liveSuite.ts";
import { startApp } from "./app.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { missing, pause } from "./bench.ts";
import { findProgram } from "./peers.ts";
import { cpuMs, residentMb, runProgram } from "./programs.ts";

const SESSIONS = 50;
const SETTLE_MS = 5000;

export const idle: Row = {
  name: "idle",
  about: `processor and memory of core and keeper, ${SESSIONS} idle sessions`,
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const app = await startApp(bench);
  await app.up(
    "idle",
    Array.from({ length: SESSIONS }, (_, i) => agent(`a${i}`, "echo ready; exec sleep 100000")),
  );
  for (let i = 0; i < SESSIONS; i += 1) await app.sessionOf(`a${i}`);
  const node = await bareNode(bench);
  const tmux = await tmuxServer(bench);
  await pause(SETTLE_MS);
  const core = app.app.pid;
  const keeper = await app.keeperPid();
  const share = async (pids: readonly number[]): Promise<readonly number[]> => {
    const shares: number[] = [];
    for (let round = 0; round < bench.rounds; round += 1)
      shares.push(await cpuShare(pids, bench.isQuick ? 3000 : 8000));
    return shares;
  };
  const tmuxName = `tmux, ${SESSIONS} sessions`;
  const memoryOf = async (pid: number): Promise<readonly number[]> => [await residentMb(pid)];
  return [
    { what: "core and keeper", unit: "% of a core", ours: await share([core, keeper]), goal: { atMost: 0.5 } },
    {
      what: "core, resident",
      unit: "MB",
      ours: await memoryOf(core),
      other: { name: "bare Node", values: await memoryOf(node) },
      goal: { atMost: 150 },
    },
    {
      what: "keeper, resident",
      unit: "MB",
      ours: await memoryOf(keeper),
      other: { name: "bare Node", values: await memoryOf(node) },
      goal: { atMost: 80 },
    },
    tmux === undefined
      ? missing("keeper against tmux", "tmux is not installed")
      : {
          what: "keeper, resident",
          unit: "MB",
          ours: await memoryOf(keeper),
          other: { name: tmuxName, values: await memoryOf(tmux) },
        },
  ];
}

async function cpuShare(pids: readonly number[], forMs: number): Promise<number> {
  const total = async (): Promise<number> => {
    let sum = 0;
    for (const pid of pids) sum += await cpuMs(pid);
    return sum;
  };
  const began = performance.now();
  const before = await total();
  await pause(forMs);
  return (((await total()) - before) / (performance.now() - began)) * 100;
}

/** What a Node that waits weighs on this machine. */
async function bareNode(bench: Bench): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  bench.defer(() => child.kill("SIGKILL"));
  return child.pid ?? 0;
}

async function tmuxServer(bench: Bench): Promise<number | undefined> {
  const tmux = await findProgram("tmux");
  if (tmux === undefined) return undefined;
  const call = (...args: readonly string[]) =>
    runProgram(tmux, ["-S", join(bench.dir, "tmux"), "-f", "/dev/null", ...args]);
  for (let i = 0; i < SESSIONS; i += 1) await call("new-session", "-d", "-s", `s${i}`, "sleep 100000");
  bench.defer(() => call("kill-server"));
  const { stdout } = await call("display-message", "-p", "#{pid}");
  return Number(stdout);
}

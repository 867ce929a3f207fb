/** A child is killed: how long until its successor runs? The whole app, a bare node-pty loop, a C loop, and pm2. */
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freshDataDir, LiveApp } from "#test/support/liveApp.ts";
import { agent, fleetText } from "#test/support/liveSuite.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { missing, pause } from "./bench.ts";
import { plainEnv, spawnBare } from "./builtKeeper.ts";
import { MarkFifo } from "./marks.ts";
import type { Mark } from "./marks.ts";
import { percentile } from "./numbers.ts";
import { fromNpm } from "./peers.ts";
import { compileC, monotonicMs, runProgram } from "./programs.ts";

/** Gives the dead time to be mourned: each kill finds everything at rest. */
const REST_MS = 150;
/** Kills are repeated without the waiting that a person would want. */
const AT_ONCE = "restart: permanent, backoff: { initial: 0ms, max: 0ms, jitter: 0 }";

export const restart: Row = {
  name: "restart",
  about: "child killed → its successor runs; storms of 50 and 200; against node-pty and pm2",
  run,
};

/** Something that keeps `count` children alive. */
interface Keeper {
  readonly name: string;
  start(count: number): Promise<Supervised>;
}

interface Supervised {
  readonly fifo: MarkFifo;
  end(): Promise<void>;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const program = await compileC(bench.dir);
  const pm2 = await fromNpm("pm2");
  const rivals = [ours(bench, program), nodePty(bench, program), cLoop(bench, program)];
  if (pm2 !== undefined) rivals.push(pm2Of(bench, program, pm2));
  const kills = bench.isQuick ? 10 : 30;
  const storm = new Map<string, number[]>();
  const one = await killInTurns(rivals, kills);
  for (const rival of rivals) {
    bench.say(`50 at once: ${rival.name}`);
    storm.set(rival.name, await killTogether(rival, { count: 50, times: bench.rounds }));
  }
  bench.say("200 at once");
  const all = await killAllAtOnce(ours(bench, program), bench.isQuick ? 50 : 200);
  const p50 = (name: string): readonly number[] => [percentile(one.get(name) ?? [], 0.5)];
  const p99 = (name: string): readonly number[] => [percentile(one.get(name) ?? [], 0.99)];
  const theirs = (name: string, values: readonly number[]) => ({ other: { name, values } });
  const what = "killed → successor runs, p50";
  const unit = "ms";
  return [
    { what, unit, ours: p50("ours"), ...theirs("node-pty", p50("node-pty")), goal: { ratioAtMost: 1.3 } },
    { what, unit, ours: p50("ours"), ...theirs("C loop", p50("C loop")) },
    { what: "the same, p99", unit, ours: p99("ours"), ...theirs("node-pty", p99("node-pty")) },
    pm2 === undefined
      ? missing(what, "pm2 could not be installed")
      : { what, unit, ours: p50("ours"), ...theirs("pm2", p50("pm2")), goal: { ratioAtMost: 0.5 } },
    {
      what: "50 killed at once, the last is back",
      unit,
      ours: storm.get("ours") ?? [],
      ...theirs("node-pty", storm.get("node-pty") ?? []),
    },
    pm2 === undefined
      ? missing("50 killed at once", "pm2 could not be installed")
      : {
          what: "50 killed at once, the last is back",
          unit,
          ours: storm.get("ours") ?? [],
          ...theirs("pm2", storm.get("pm2") ?? []),
          goal: { ratioAtMost: 0.6 },
        },
    { what: `${all.length} killed at once, p99`, unit, ours: [percentile(all, 0.99)], goal: { atMost: 1000 } },
  ];
}

/** Each keeps one child, all at the same time; one kill here, one kill there. */
async function killInTurns(keepers: readonly Keeper[], kills: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const tookMs = new Map<string, number[]>();
  const supervised = new Map<string, Supervised>();
  try {
    const alive = new Map<string, Mark>();
    for (const keeper of keepers) {
      const one = await keeper.start(1);
      supervised.set(keeper.name, one);
      tookMs.set(keeper.name, []);
      const [mark] = await one.fifo.next(1);
      if (mark !== undefined) alive.set(keeper.name, mark);
    }
    for (let i = 0; i < kills; i += 1) {
      for (const [name, { fifo }] of supervised) {
        await pause(REST_MS);
        const killedAt = monotonicMs();
        const victim = alive.get(name);
        if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
        const [next] = await fifo.next(1);
        if (next === undefined) continue;
        alive.set(name, next);
        tookMs.get(name)?.push(next.atMs - killedAt);
      }
    }
    return tookMs;
  } finally {
    for (const one of supervised.values()) await one.end();
  }
}

/** Each value: from the first kill until the last successor ran. */
async function killTogether(keeper: Keeper, plan: { count: number; times: number }): Promise<number[]> {
  const supervised = await keeper.start(plan.count);
  try {
    let alive = await supervised.fifo.next(plan.count);
    const tookMs: number[] = [];
    for (let i = 0; i < plan.times; i += 1) {
      await pause(1000);
      const killedAt = killEvery(alive);
      alive = await supervised.fifo.next(plan.count);
      tookMs.push(Math.max(...alive.map(({ atMs }) => atMs)) - killedAt);
    }
    return tookMs;
  } finally {
    await supervised.end();
  }
}

/** One value for each child. */
async function killAllAtOnce(keeper: Keeper, count: number): Promise<readonly number[]> {
  const supervised = await keeper.start(count);
  try {
    const alive = await supervised.fifo.next(count);
    await pause(1500);
    const killedAt = killEvery(alive);
    return (await supervised.fifo.next(count)).map(({ atMs }) => atMs - killedAt);
  } finally {
    await supervised.end();
  }
}

function killEvery(alive: readonly Mark[]): number {
  const killedAt = monotonicMs();
  for (const { pid } of alive) process.kill(pid, "SIGKILL");
  return killedAt;
}

function ours(bench: Bench, program: string): Keeper {
  return {
    name: "ours",
    start: async (count) => {
      const fifo = await MarkFifo.make(bench.dir);
      const data = await freshDataDir();
      const app = await LiveApp.start(data.dir);
      const children = Array.from({ length: count }, (_, i) =>
        agent(`a${i}`, `exec ${program} mark ${fifo.file} a${i}`, AT_ONCE),
      );
      const file = await app.fleet(
        "storm",
        fleetText({ name: "storm", supervisor: "{ intensity: 100000, period: 3600s }", children }),
      );
      const up = await app.cli("up", file);
      if (up.code !== 0) throw new Error(up.stderr);
      return {
        fifo,
        end: async () => {
          await data.end();
          await app.kill("SIGTERM");
          fifo.close();
        },
      };
    },
  };
}

function nodePty(bench: Bench, program: string): Keeper {
  return {
    name: "node-pty",
    start: async (count) => {
      const fifo = await MarkFifo.make(bench.dir);
      let isOver = false;
      const pids = new Map<string, number>();
      const live = (name: string): void => {
        const pty = spawnBare([program, "mark", fifo.file, name]);
        pids.set(name, pty.pid);
        pty.onExit(() => {
          if (!isOver) live(name);
        });
      };
      for (let i = 0; i < count; i += 1) live(`n${i}`);
      return {
        fifo,
        end: async () => {
          isOver = true;
          for (const pid of pids.values()) process.kill(pid, "SIGKILL");
          await pause(50);
          fifo.close();
        },
      };
    },
  };
}

function cLoop(bench: Bench, program: string): Keeper {
  return {
    name: "C loop",
    start: async (count) => {
      const fifo = await MarkFifo.make(bench.dir);
      const loop = spawn(program, ["supervise", String(count), fifo.file], { stdio: "ignore", detached: true });
      return {
        fifo,
        end: async () => {
          if (loop.pid !== undefined) process.kill(-loop.pid, "SIGKILL");
          await pause(50);
          fifo.close();
        },
      };
    },
  };
}

function pm2Of(bench: Bench, program: string, pm2: string): Keeper {
  return {
    name: "pm2",
    start: async (count) => {
      const fifo = await MarkFifo.make(bench.dir);
      const home = join(bench.dir, `pm2-${crypto.randomUUID()}`);
      await mkdir(home);
      const env = { ...plainEnv(), HOME: home, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true" };
      const call = (...args: readonly string[]) => runProgram(process.execPath, [pm2, ...args], { env });
      const limits = { max_restarts: 1_000_000, min_uptime: 0, restart_delay: 0, autorestart: true };
      const app = {
        name: "p",
        script: program,
        interpreter: "none",
        exec_mode: "fork",
        args: ["mark", fifo.file, "p"],
      };
      const file = join(home, "ecosystem.json");
      await writeFile(file, JSON.stringify({ apps: [{ ...app, ...limits, instances: count }] }));
      await call("start", file);
      return {
        fifo,
        end: async () => {
          await call("kill").catch(() => undefined);
          fifo.close();
        },
      };
    },
  };
}

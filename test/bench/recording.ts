/** How fast output gets from ptys into files: the keeper, a C program that does nothing else, and tmux pipe-pane. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OutputSink } from "#core/ports/ptyHost.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave, missing, pause } from "./bench.ts";
import { startKeeper } from "./builtKeeper.ts";
import type { BuiltKeeper } from "./builtKeeper.ts";
import { findProgram } from "./peers.ts";
import { compileC, logFiles, runProgram, untilFilesHold, writePayload } from "./programs.ts";
import type { Payload } from "./programs.ts";

const MIB = 1024 * 1024;

export const recording: Row = { name: "recording", about: "pty to file, 1 and 20 sessions, against C and tmux", run };

interface Setup {
  readonly bench: Bench;
  readonly keeper: BuiltKeeper;
  readonly program: string;
  readonly tmux: string | undefined;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const setup: Setup = {
    bench,
    keeper: await startKeeper(bench),
    program: await compileC(bench.dir),
    tmux: await findProgram("tmux"),
  };
  const findings: Finding[] = [];
  const plans = [
    { sessions: 1, bytes: (bench.isQuick ? 16 : 64) * MIB, ofTmux: 1.6 },
    { sessions: 20, bytes: (bench.isQuick ? 1 : 6) * MIB, ofTmux: 3.5 },
  ];
  for (const plan of plans) {
    const payload = await writePayload(join(bench.dir, `payload-${plan.sessions}`), plan.bytes);
    findings.push(...(await compare(setup, payload, plan)));
  }
  return findings;
}

async function compare(
  setup: Setup,
  payload: Payload,
  { sessions, ofTmux }: { sessions: number; ofTmux: number },
): Promise<readonly Finding[]> {
  const { bench, tmux } = setup;
  const measured = await interleave(bench.rounds, {
    ours: () => throughKeeper(setup, payload, { sessions, isWatched: false }),
    watched: () => throughKeeper(setup, payload, { sessions, isWatched: true }),
    c: () => throughC(setup, payload, sessions),
    tmux: async () => (tmux === undefined ? [] : throughTmux(bench, tmux, { payload, sessions })),
  });
  const what = sessions === 1 ? "1 session" : `${sessions} sessions`;
  const unit = "MB/s";
  const c = { name: "C recorder", values: measured.c };
  return [
    { what: `${what} recorded`, unit, ours: measured.ours, other: c, goal: { ratioAtLeast: 0.85 } },
    { what: `${what} recorded and followed by a core`, unit, ours: measured.watched, other: c },
    tmux === undefined
      ? missing(`${what} against tmux`, "tmux is not installed")
      : {
          what: `${what} recorded`,
          unit,
          ours: measured.ours,
          other: { name: "tmux pipe-pane", values: measured.tmux },
          goal: { ratioAtLeast: ofTmux },
        },
  ];
}

function rate(bytes: number, ms: number): number {
  return bytes / 1000 / ms;
}

async function throughKeeper(
  { keeper }: Setup,
  payload: Payload,
  { sessions, isWatched }: { sessions: number; isWatched: boolean },
): Promise<number> {
  const ended: Promise<void>[] = [];
  const follow = (): OutputSink => {
    const exit = Promise.withResolvers<void>();
    ended.push(exit.promise);
    return { data: () => undefined, exit: () => exit.resolve() };
  };
  const began = performance.now();
  const ids = await Promise.all(
    Array.from({ length: sessions }, () => keeper.spawn(["cat", payload.file], isWatched ? follow() : undefined)),
  );
  const held = await untilFilesHold(
    async () => (await Promise.all(ids.map((id) => logFiles(keeper.logDir(id))))).flat(),
    payload.printed * sessions,
  );
  if (held.bytes !== payload.printed * sessions) throw new Error(`the keeper recorded ${held.bytes} bytes`);
  await Promise.all(ended);
  const endedAt = isWatched ? performance.now() : held.at;
  await keeper.clear();
  for (const id of ids) await rm(keeper.logDir(id), { recursive: true, force: true });
  return rate(held.bytes, endedAt - began);
}

async function throughC({ bench, program }: Setup, payload: Payload, sessions: number): Promise<number> {
  const dir = join(bench.dir, "c");
  await mkdir(dir, { recursive: true });
  const { stdout } = await runProgram(program, ["record", dir, String(sessions), "cat", payload.file]);
  await rm(dir, { recursive: true });
  return rate(payload.printed * sessions, Number(stdout));
}

interface TmuxJob {
  readonly payload: Payload;
  readonly sessions: number;
}

/** Panes wait at a fifo until each has its pipe; then all print at once. */
async function throughTmux(bench: Bench, tmux: string, { payload, sessions }: TmuxJob): Promise<number> {
  const dir = join(bench.dir, `tmux-${crypto.randomUUID()}`);
  await mkdir(dir);
  const socket = join(dir, "s");
  const go = join(dir, "go.sh");
  const gate = join(dir, "gate");
  await writeFile(go, `while [ ! -e ${gate} ]; do sleep 0.01; done; cat ${payload.file}; sleep 600\n`);
  const call = (...args: readonly string[]) => runProgram(tmux, ["-S", socket, "-f", "/dev/null", ...args]);
  try {
    for (let i = 0; i < sessions; i += 1) {
      await call("new-session", "-d", "-x", "80", "-y", "24", "-s", `s${i}`, `sh ${go}`);
      await call("pipe-pane", "-t", `s${i}`, `cat > ${join(dir, `${i}.log`)}`);
    }
    await pause(200);
    const began = performance.now();
    await writeFile(gate, "");
    const held = await untilFilesHold(() => logFiles(dir), payload.printed * sessions);
    return rate(held.bytes, held.at - began);
  } finally {
    await call("kill-server").catch(() => undefined);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

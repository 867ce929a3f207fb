/** Does every byte arrive? The cases in which node-pty is known to lose, and the keeper in the same ones. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, Finding, Row } from "./bench.ts";
import { pause } from "./bench.ts";
import { spawnBare, startKeeper } from "./builtKeeper.ts";
import type { BuiltKeeper } from "./builtKeeper.ts";
import { logFiles, writePayload } from "./programs.ts";
import type { Payload } from "./programs.ts";

interface Case {
  readonly what: string;
  readonly sessions: number;
  readonly bytes: number;
  /** The reader does nothing for this long while the children print and end. */
  readonly stallMs: number;
}

const CASES: readonly Case[] = [
  { what: "50 sessions × 64 KiB", sessions: 50, bytes: 64 * 1024, stallMs: 0 },
  { what: "10 × 64 KiB, reader stalled 50 ms", sessions: 10, bytes: 64 * 1024, stallMs: 50 },
  { what: "50 × 1 MiB", sessions: 50, bytes: 1024 * 1024, stallMs: 0 },
  { what: "10 × 2 KiB, reader stopped at the exit", sessions: 10, bytes: 2048, stallMs: 300 },
];
/** node-pty is given this long after the exit event. */
const GRACE_MS = 500;

export const bytes: Row = { name: "bytes", about: "bytes lost between child and log; node-pty beside it", run };

async function run(bench: Bench): Promise<readonly Finding[]> {
  const keeper = await startKeeper(bench);
  const findings: Finding[] = [];
  for (const one of CASES) {
    const payload = await writePayload(join(bench.dir, `payload-${one.bytes}`), one.bytes);
    const total = payload.printed * one.sessions;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      ours.push(total - (await throughKeeper(keeper, one, payload)));
      theirs.push(((total - (await throughNodePty(one, payload))) / total) * 100);
    }
    bench.say(`${one.what}: ${Math.max(...ours)} lost of ${total}`);
    findings.push({
      what: one.what,
      unit: "bytes lost",
      ours: [Math.max(...ours)],
      other: { name: "node-pty, % lost", values: theirs },
      goal: { atMost: 0 },
    });
  }
  return findings.map((finding) => ({ ...finding, note: "worst round; SHA-256 of each log compared" }));
}

/** Bytes in logs that are exactly what was printed; a log that differs counts for nothing. */
async function throughKeeper(keeper: BuiltKeeper, one: Case, payload: Payload): Promise<number> {
  const expected = createHash("sha256")
    .update((await readFile(payload.file)).toString("latin1").replaceAll("\n", "\r\n"), "latin1")
    .digest("hex");
  const ended: Promise<void>[] = [];
  const spawned: Promise<string>[] = [];
  for (let i = 0; i < one.sessions; i += 1) {
    const exit = Promise.withResolvers<void>();
    ended.push(exit.promise);
    spawned.push(keeper.spawn(["cat", payload.file], { data: () => undefined, exit: () => exit.resolve() }));
  }
  const sessions = await Promise.all(spawned);
  if (one.stallMs > 0) await stallKeeper(await keeper.harness.keeperPid(), one.stallMs);
  await Promise.all(ended);
  let exact = 0;
  for (const sessionId of sessions) if ((await hashOf(keeper.logDir(sessionId))) === expected) exact += payload.printed;
  await keeper.clear();
  return exact;
}

/** The whole keeper stands still: what its event loop does when it is blocked, and more. */
async function stallKeeper(pid: number, ms: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await pause(ms);
  process.kill(pid, "SIGCONT");
}

async function hashOf(dir: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of (await logFiles(dir)).toSorted())
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

async function throughNodePty(one: Case, payload: Payload): Promise<number> {
  let received = 0;
  const isPaused = one.stallMs > 100;
  const ptys = Array.from({ length: one.sessions }, () => spawnBare(["cat", payload.file]));
  const ended = ptys.map(async (pty) => {
    const exit = Promise.withResolvers<void>();
    pty.onData((chunk) => (received += chunk.length));
    if (isPaused) pty.pause();
    pty.onExit(() => {
      exit.resolve();
    });
    await exit.promise;
    if (isPaused) {
      await pause(one.stallMs);
      pty.resume();
    }
  });
  if (!isPaused) block(one.stallMs);
  await Promise.all(ended);
  await pause(GRACE_MS);
  return received;
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

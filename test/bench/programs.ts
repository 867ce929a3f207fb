/** Programs the rows run: bench.c compiled at run time, payload files, and what /proc says about processes. */
import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { pause } from "./bench.ts";

export const runProgram = promisify(execFile);
const SOURCE = join(import.meta.dirname, "bench.c");

/** Compiles bench.c into `dir`; needs a C compiler. */
export async function compileC(dir: string): Promise<string> {
  const file = join(dir, "bench");
  await runProgram("gcc", ["-O2", "-o", file, SOURCE, "-lutil"]);
  return file;
}

export interface Payload {
  readonly file: string;
  /** As it comes out of a terminal, which puts a carriage return before each newline. */
  readonly printed: number;
}

/** What an agent prints: colours, a status line drawn again and again, code, box drawing; the same at every run. */
export async function writePayload(file: string, bytes: number): Promise<Payload> {
  let written = 0;
  let newlines = 0;
  let line = 0;
  function* chunks(): Generator<Buffer> {
    while (written < bytes) {
      let text = "";
      for (let i = 0; i < 500; i += 1) text += agentLine(line++);
      const chunk = Buffer.from(text).subarray(0, bytes - written);
      written += chunk.byteLength;
      newlines += chunk.filter((byte) => byte === 10).byteLength;
      yield chunk;
    }
  }
  await pipeline(chunks(), createWriteStream(file));
  return { file, printed: written + newlines };
}

function agentLine(n: number): string {
  switch (n % 6) {
    case 0:
      return `\u001B[2K\r\u001B[36m✻\u001B[0m Thinking… (${n % 90} s · ${n} tokens · esc to interrupt)\n`;
    case 1:
      return `\u001B[38;5;244m${n % 1000} \u001B[0m\u001B[32m+  const answer${n} = await session.send(prompt, { signal });\u001B[0m\n`;
    case 2:
      return `\u001B[38;5;244m${n % 1000} \u001B[0m\u001B[31m-  const answer${n} = session.sendAndForget(prompt);\u001B[0m\n`;
    case 3:
      return `│ ${"─".repeat(n % 40)} \u001B[1mtest/unit/session${n % 17}.test.ts\u001B[22m │\n`;
    case 4:
      return `  ✓ keeps what the agent printed last, however it ends (${n % 50} ms)\n`;
    default:
      return `Reading electron/core/sessions/liveLife.ts, lines ${n % 300} to ${(n % 300) + 40}, to see who ends a life.\n`;
  }
}

/**
 * Waits until the files together hold `expected` bytes; gives up when they stopped growing for `patienceMs`.
 * Answers what they hold and when the last byte was seen (performance.now()).
 */
export async function untilFilesHold(
  files: () => Promise<readonly string[]>,
  expected: number,
  patienceMs = 3000,
): Promise<{ bytes: number; at: number }> {
  let last = { bytes: 0, at: performance.now() };
  for (;;) {
    let bytes = 0;
    for (const file of await files()) bytes += (await stat(file).catch(() => undefined))?.size ?? 0;
    const now = performance.now();
    if (bytes > last.bytes) last = { bytes, at: now };
    if (bytes >= expected || now - last.at > patienceMs) return last;
    await pause(4);
  }
}

/** Every file below `dir` whose name ends in `.log`. */
export async function logFiles(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".log")).map((name) => join(dir, name));
}

const TICKS_PER_S = 100;

/** Processor time in ms, user and system, of the process and its threads. */
export async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
}

export async function residentMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0) / 1024;
}

const SAMPLE_MS = 100;

/** By how much a process, threads included, grew at most since it was first looked at. */
export class PeakMemory {
  readonly #timer: NodeJS.Timeout;
  readonly #before: number;
  #peak: number;

  private constructor(pid: number, before: number) {
    this.#before = before;
    this.#peak = before;
    this.#timer = setInterval(() => {
      residentMb(pid).then(
        (now) => (this.#peak = Math.max(this.#peak, now)),
        () => undefined,
      );
    }, SAMPLE_MS);
  }

  static async of(pid: number): Promise<PeakMemory> {
    return new PeakMemory(pid, await residentMb(pid));
  }

  /** In MB. */
  stop(): number {
    clearInterval(this.#timer);
    return this.#peak - this.#before;
  }
}

/** The clock of bench.c's stamps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

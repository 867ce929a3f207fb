/** The command line as a process of its own, from its sources. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { fileURLToPath } from "node:url";
import { within } from "#test/support/deadline.ts";

const cliFile = fileURLToPath(new URL("../../electron/cli.ts", import.meta.url));

export interface Ran {
  readonly exit: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [cliFile, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

export async function runCli(
  args: readonly string[],
  { env, stdin = "" }: { env: Readonly<Record<string, string>>; stdin?: string },
): Promise<Ran> {
  const child = startCli(args, env);
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(stdin);
  const exit = await within(
    `signalbox ${args.join(" ")}`,
    new Promise<number | null>((resolve) => child.on("close", resolve)),
    25_000,
  );
  return { exit, stdout: Buffer.concat(stdout), stderr };
}

export function jsonLines(ran: Ran): unknown[] {
  return ran.stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

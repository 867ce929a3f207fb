/** What a command is, and what it is given. */
import type { ParseArgsOptionsConfig } from "node:util";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { connectToApp } from "./connection.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { Output } from "./output.ts";

export interface CliContext {
  /** Positional arguments, as many as the command asked for. */
  readonly args: readonly string[];
  /** A flag's text; undefined when it was not given. */
  text(flag: string): string | undefined;
  /** Of a flag that may be given several times. */
  texts(flag: string): readonly string[];
  has(flag: string): boolean;
  readonly dataDir: string;
  readonly out: Output;
}
export interface Command {
  /** As in the issue: `logs ID [--follow]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: ParseArgsOptionsConfig;
  /** How many positional arguments it takes, at least and at most. */
  readonly takes: readonly [number, number];
  run(context: CliContext): Promise<Outcome>;
}

/** Runs `work` with a client of the running app and closes it; exit 3 when none runs. */
export async function withApp(
  context: CliContext,
  work: (client: ConnectedClient) => Promise<Outcome>,
): Promise<Outcome> {
  const connected = await connectToApp(context.dataDir);
  if (!connected.ok) {
    return connected.error.code === "not_running"
      ? { exit: 3, message: connected.error.message }
      : refused(connected.error);
  }
  try {
    return await work(connected.value);
  } finally {
    connected.value.close();
  }
}

/** One call, its value shown as JSON or as the lines `describe` makes of it. */
export async function show<T>(
  context: CliContext,
  result: Result<T>,
  describe: (value: T) => readonly string[],
): Promise<Outcome> {
  if (!result.ok) return refused(result.error);
  if (context.out.isJson) await context.out.json(result.value);
  else for (const line of describe(result.value)) await context.out.line(line);
  return { exit: 0 };
}

/** A flag that must be a whole number of at least 0; undefined when it was not given. */
export function wholeNumber(context: CliContext, flag: string): number | undefined | "invalid" {
  const text = context.text(flag);
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : "invalid";
}

/** The second word of a command: `tools call …`. */
export interface Verb {
  readonly usage: string;
  /** How many arguments it takes at least. */
  readonly takes: number;
  run(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome>;
}

/** Runs the verb that was given, or `usual` where none was, with a client of the running app. */
export function runVerb(
  context: CliContext,
  { command, verbs, usual }: { command: string; verbs: Readonly<Record<string, Verb>>; usual: string },
): Promise<Outcome> {
  const [word = usual, ...args] = context.args;
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  if (verb === undefined)
    return Promise.resolve(usage(`There is no "${command} ${word}". It is one of ${Object.keys(verbs).join(", ")}.`));
  if (args.length < verb.takes) return Promise.resolve(usage(`Usage: signalbox ${command} ${verb.usage}`));
  return withApp(context, (client) => verb.run(client, context, args));
}

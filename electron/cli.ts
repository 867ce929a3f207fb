/** `signalbox …`: a client of the running app, for people and scripts. Reads the command line, runs one command, exits. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";
import { dataDirOf } from "#shared/lib/dataDir.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { attachCommands } from "./cli/attach.ts";
import { budgetCommands } from "./cli/budgets.ts";
import { busCommands } from "./cli/bus.ts";
import type { CliContext, Command } from "./cli/command.ts";
import { deadLetterCommands } from "./cli/deadLetters.ts";
import { doctorCommands } from "./cli/doctor.ts";
import { estopCommands } from "./cli/estop.ts";
import { eventCommands } from "./cli/events.ts";
import { fleetCommands } from "./cli/fleets.ts";
import { logCommands } from "./cli/logs.ts";
import { messageCommands } from "./cli/messages.ts";
import { memoryCommands } from "./cli/memory.ts";
import { nodeCommands } from "./cli/nodes.ts";
import { openCommands } from "./cli/open.ts";
import { usage } from "./cli/outcome.ts";
import type { Outcome } from "./cli/outcome.ts";
import { createOutput, table } from "./cli/output.ts";
import type { Output } from "./cli/output.ts";
import { recordingCommands } from "./cli/recordings.ts";
import { schemaCommands } from "./cli/schema.ts";
import { steerCommands } from "./cli/steer.ts";
import { templateCommands } from "./cli/templates.ts";
import { toolCommands } from "./cli/tools.ts";
import { treeCommands } from "./cli/tree.ts";
import { usageCommands } from "./cli/usage.ts";
import { workflowCommands } from "./cli/workflows.ts";

/** The launcher sends `serve` to the server itself; here it only has its line in the list. */
const serveCommand: Command = {
  usage: "serve [--data DIR] [--port N] [--fleet FILE] [--no-start]",
  summary: "Run without a window, for the browser and the command line",
  options: { port: { type: "string" }, fleet: { type: "string" }, "no-start": { type: "boolean" } },
  takes: [0, 0],
  run: () =>
    Promise.resolve(usage('"serve" is started by the signalbox launcher: run "npx signalbox serve" in the clone.')),
};

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  ...fleetCommands,
  ...treeCommands,
  ...nodeCommands,
  ...estopCommands,
  ...logCommands,
  ...recordingCommands,
  ...steerCommands,
  ...messageCommands,
  ...budgetCommands,
  ...workflowCommands,
  ...memoryCommands,
  ...attachCommands,
  ...eventCommands,
  ...busCommands,
  ...deadLetterCommands,
  ...usageCommands,
  ...toolCommands,
  ...templateCommands,
  ...schemaCommands,
  ...openCommands,
  ...doctorCommands,
};
const GLOBAL_OPTIONS = {
  json: { type: "boolean" },
  data: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsOptionsConfig;

interface CommandLine {
  readonly command: Command;
  readonly context: CliContext;
}

function readCommandLine(name: string, argv: readonly string[], out: Output): CommandLine | Outcome {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const meant = nearest(name, Object.keys(COMMANDS));
    return usage(
      `There is no command "${name}".${meant === undefined ? "" : ` Did you mean "${meant}"?`} "signalbox --help" lists them.`,
    );
  }
  const parsed = parse(argv, command);
  if ("exit" in parsed) return parsed;
  const { values, positionals } = parsed;
  const [least, most] = command.takes;
  const help = values["help"] === true;
  if (!help && (positionals.length < least || positionals.length > most))
    return usage(`Usage: signalbox ${command.usage}`);
  const flagText = (flag: string) => (typeof values[flag] === "string" ? values[flag] : undefined);
  const dataDir = dataDirOf({
    platform: process.platform,
    homeDir: homedir(),
    env: process.env,
    flag: flagText("data"),
  });
  const flagTexts = (flag: string) => {
    const given = values[flag];
    return Array.isArray(given) ? given.map(String) : [];
  };
  const context = {
    args: positionals,
    text: flagText,
    texts: flagTexts,
    has: (flag: string) => values[flag] === true,
    dataDir: resolve(dataDir),
    out,
  };
  return { command: help ? helpFor(command) : command, context };
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function parse(argv: readonly string[], command: Command): Parsed | Outcome {
  try {
    return parseArgs({
      args: [...argv],
      options: { ...command.options, ...GLOBAL_OPTIONS },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return usage(`${reason} Usage: signalbox ${command.usage}`);
  }
}

function helpFor(command: Command): Command {
  return {
    ...command,
    run: async ({ out }) => {
      await out.line(`signalbox ${command.usage}\n${command.summary}.`);
      return { exit: 0 };
    },
  };
}

async function printHelp(out: Output): Promise<void> {
  const rows = Object.values(COMMANDS).map((command) => [`  signalbox ${command.usage}`, command.summary]);
  await out.line(
    [
      "Signalbox: the control centre for the AI agents that run on your machine.",
      "",
      ...table(rows),
      "",
      "Everywhere: --json (one object per line), --data DIR (or SIGNALBOX_DATA).",
      "ID is a child's id, or fleet/id where that is ambiguous. Text that begins with a dash goes after --.",
      "Exit codes: 0 done, 1 refused, 2 usage, 3 no running app.",
    ].join("\n"),
  );
}

/** Flags may stand before the command, too. */
function splitCommand(argv: readonly string[]): { name: string | undefined; rest: readonly string[] } {
  const at = argv.findIndex((arg, index) => !arg.startsWith("-") && argv[index - 1] !== "--data");
  return at < 0 ? { name: undefined, rest: argv } : { name: argv[at], rest: argv.toSpliced(at, 1) };
}

async function run(argv: readonly string[], out: Output): Promise<Outcome> {
  const { name, rest } = splitCommand(argv);
  if (name === undefined || name === "help") {
    await printHelp(out);
    return name === "help" || rest.includes("--help") || rest.includes("-h") ? { exit: 0 } : usage("Say what to do.");
  }
  const line = readCommandLine(name, rest, out);
  return "exit" in line ? line : line.command.run(line.context);
}

async function report(outcome: Outcome, out: Output): Promise<void> {
  if (outcome.exit === 0) return;
  const error =
    "error" in outcome
      ? outcome.error
      : { code: outcome.exit === 3 ? "not_running" : "bad_request", message: outcome.message };
  const prefix = outcome.exit === 1 ? `signalbox: ${error.code}: ` : "signalbox: ";
  out.complain(prefix + error.message);
  if (out.isJson && outcome.exit !== 2) await out.json({ error });
}

const argv = process.argv.slice(2);
const out = createOutput(argv.includes("--json"));
const outcome = await run(argv, out);
await report(outcome, out);
// Not exit(): what is still on its way to a pipe must arrive.
process.exitCode = outcome.exit;

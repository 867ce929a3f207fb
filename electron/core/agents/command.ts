/**
 * `command:` — any shell command line as an agent. It tells nothing about itself, so it is busy while it runs,
 * unless it says otherwise by OSC 7501. It has no polite exit: SIGTERM is the first word it hears.
 */
import type {
  AgentAdapter,
  AgentAdapterDeps,
  AgentObserver,
  LaunchPlan,
  LaunchRequest,
  ObserverContext,
} from "#core/ports/agentAdapter.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { ActivityReporter } from "./activity.ts";
import { classifyExit } from "./exits.ts";
import { lineThenEnter, textBytes } from "./keys.ts";
import { checkFolder } from "./launching.ts";
import { PRINTED_SOURCES, printedUsage } from "./printedUsage.ts";
import { activityOf, parseProgramStatus } from "./programStatus.ts";
import { ownEnvironment } from "./toolInjection.ts";

/** A program that printed nothing for this long has started and waits. */
const SETTLE_MS = 1_000;

export function createCommandAdapter({ machine }: AgentAdapterDeps): AgentAdapter {
  return {
    id: "command",
    name: "Command",
    resumable: false,
    pause: { safe: true },
    interrupt: textBytes("\u0003"),
    detect: () => Promise.resolve({ id: "command", name: "Command", installed: true, signIn: "unknown" }),
    launch: (request) => launchCommand(machine, request),
    createObserver: (context) => new CommandObserver(context),
    messageKeys: lineThenEnter,
    classifyExit: (evidence) => classifyExit(evidence, { readsScreen: false }),
    printed: { sources: PRINTED_SOURCES, of: printedUsage },
    pastSessions: () => Promise.resolve([]),
  };
}

async function launchCommand(
  machine: AgentAdapterDeps["machine"],
  request: LaunchRequest,
): Promise<Result<LaunchPlan>> {
  const command = request.command?.trim() ?? "";
  if (command === "") return fail("bad_request", "The command is empty. Say what to run.");
  const folder = await checkFolder(machine, request.cwd);
  if (!folder.ok) return folder;
  const program = simpleProgram(command);
  if (program !== undefined && (await machine.which(program, request.cwd)) === undefined) {
    return fail("spawn_failed", `${program} was not found. Install it or correct the command.`);
  }
  const line = [command, ...request.args.map(shellQuote)].join(" ");
  const own = { ...(await machine.environment()), ...request.env };
  const env = { ...own, ...ownEnvironment(request, own) };
  const shell = machine.platform === "win32" ? windowsShell(env, line) : posixShell(line, program !== undefined);
  return ok({ ...shell, env, cwd: request.cwd, promptPassed: false, memo: {} });
}

/** `exec` where the line is one plain command, so that the session's pid is the program's own. */
function posixShell(line: string, isSimple: boolean): { file: string; args: readonly string[] } {
  return { file: "/bin/sh", args: ["-c", isSimple ? `exec ${line}` : line] };
}

function windowsShell(env: Readonly<Record<string, string>>, line: string): { file: string; args: readonly string[] } {
  return { file: env["ComSpec"] ?? env["COMSPEC"] ?? "cmd.exe", args: ["/d", "/s", "/c", line] };
}

const BUILTINS: ReadonlySet<string> = new Set(
  ". : [ alias bg break case cd command continue echo eval exec exit export false fg fi for function getopts hash if jobs kill local printf pwd read readonly return set shift source test time times trap true type ulimit umask unalias unset until wait while { ! (".split(
    " ",
  ),
);

/** The program of a line without shell syntax; undefined where only a shell can tell what runs. Pure. */
export function simpleProgram(command: string): string | undefined {
  const words = /^([^\s"'`$\\|&;<>()*?[\]{}~#=!]+)(\s[^|&;<>()`\n]*)?$/.exec(command.trim());
  const program = words?.[1];
  if (program === undefined || BUILTINS.has(program)) return undefined;
  // `$(…)` is excluded above; plain `$NAME` and quotes in the arguments are the shell's to expand, exec keeps that.
  return program;
}

function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

class CommandObserver implements AgentObserver {
  readonly #context: ObserverContext;
  readonly #activity: ActivityReporter;
  #cancel: () => void = () => undefined;
  /** The program speaks for itself; guessing from its output ends. */
  #speaks = false;
  #wasReady: boolean;

  constructor(context: ObserverContext) {
    this.#context = context;
    this.#activity = new ActivityReporter((fact) => context.emit(fact), context.adopted?.activity);
    this.#wasReady = context.adopted !== undefined;
    // Only one that speaks for itself was ever idle or asked; what it said last stands until it says more.
    this.#speaks = !["starting", "busy", undefined].includes(context.adopted?.activity);
    if (!this.#speaks) this.#cancel = context.clock.after(SETTLE_MS, () => this.#settled());
  }

  hint(hint: ScreenHint): void {
    if (hint.type !== "status") return;
    const status = parseProgramStatus(hint.params);
    const activity = status === undefined ? undefined : activityOf(status);
    if (status === undefined || activity === undefined) return;
    this.#speaks = true;
    this.#cancel();
    this.#becomeReady();
    this.#activity.report(activity, status.message);
  }

  output(): void {
    if (this.#speaks) return;
    this.#activity.report("busy", "");
    if (this.#wasReady) return;
    this.#cancel();
    this.#cancel = this.#context.clock.after(SETTLE_MS, () => this.#settled());
  }

  typed(): void {
    // The program's answer, not the key, says that it works.
  }

  hook(_payload: HookPayload): Promise<HookPayload> {
    return Promise.resolve({});
  }

  answer(): Promise<Result<void>> {
    return Promise.resolve(fail("not_found", "A plain command asks nothing here. Type into its terminal."));
  }

  dispose(): void {
    this.#cancel();
  }

  /** Whether a plain program waits or works cannot be told from outside: while it runs, it is busy. */
  #settled(): void {
    this.#becomeReady();
    this.#activity.report("busy", "");
  }

  #becomeReady(): void {
    if (this.#wasReady) return;
    this.#wasReady = true;
    if (this.#context.hasPrompt) this.#context.emit({ type: "ready" });
  }
}

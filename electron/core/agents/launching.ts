/** What every launch checks before a pty is opened, so that a person gets a sentence instead of a dead terminal. */
import type { LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import type { AgentCli } from "#shared/model/agentCli.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";

export interface CliIdentity {
  readonly id: string;
  readonly name: string;
  /** The program's name on PATH. */
  readonly program: string;
  /** One command that installs it. */
  readonly install: string;
}

export interface Prepared {
  readonly file: string;
  /** Login-shell environment plus the child's own. */
  readonly env: Environment;
}

/** Looks the CLI up with the child's own PATH in mind. Errors: `spawn_failed`, `cli_missing`. */
export async function prepareCli(
  machine: Machine,
  cli: CliIdentity,
  request: LaunchRequest,
): Promise<Result<Prepared>> {
  const folder = await checkFolder(machine, request.cwd);
  if (!folder.ok) return folder;
  const file = await machine.which(cli.program, request.cwd);
  if (file === undefined) return fail("cli_missing", missingAdvice(cli));
  return ok({ file, env: { ...(await machine.environment()), ...request.env } });
}

export async function checkFolder(machine: Machine, cwd: string): Promise<Result<void>> {
  const found = await machine.stat(cwd);
  if (found === undefined) return fail("spawn_failed", `The folder ${cwd} does not exist. Create it or correct cwd.`);
  if (found.kind !== "directory") return fail("spawn_failed", `${cwd} is not a folder. Correct cwd.`);
  return ok(undefined);
}

export function missingAdvice(cli: CliIdentity): string {
  return `${cli.name} is not installed: ${cli.program} was not found. Install it with \`${cli.install}\`.`;
}

/** Where the CLI is and which version it is; how one signs in is the adapter's business. */
export async function detectCli(machine: Machine, cli: CliIdentity): Promise<AgentCli & { readonly path?: string }> {
  const path = await machine.which(cli.program);
  if (path === undefined)
    return { id: cli.id, name: cli.name, installed: false, signIn: "unknown", advice: missingAdvice(cli) };
  // Cold starts of these CLIs take seconds on a busy machine; a missing version is better than a missing CLI.
  const answer = await machine.run({ file: path, args: ["--version"], timeoutMs: 15_000 });
  const version = answer.ok ? /\d+\.\d+\.\d+\S*/.exec(answer.value.stdout)?.[0] : undefined;
  const found = { id: cli.id, name: cli.name, installed: true, path, signIn: "unknown" } as const;
  return version === undefined ? found : { ...found, version };
}

/** A cold start of these CLIs was seen to take 25 s on a machine with ten times more work than cores. */
const HELP_TIMEOUT_MS = 60_000;

/** Whether this binary's help knows an option; asked once per binary, because newer options kill older versions. */
export class OptionCheck {
  readonly #machine: Machine;
  /** By path, and by what tells one build at this path from the next: an update replaces a CLI where it stands. */
  readonly #help = new Map<string, { readonly build: string; readonly text: Promise<string> }>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async knows(file: string, option: RegExp): Promise<boolean> {
    const found = await this.#machine.stat(file);
    const build = `${found?.size ?? 0} ${found?.modifiedAt ?? 0}`;
    const known = this.#help.get(file);
    const asked = known?.build === build ? known : { build, text: this.#ask(file) };
    this.#help.set(file, asked);
    const help = await asked.text;
    if (help !== "") return option.test(help);
    // No answer says nothing of its version. What these options prevent (tools that run unasked, servers that stay
    // behind, conversations that cannot be taken up) is worse than a start that fails and is tried again.
    if (this.#help.get(file) === asked) this.#help.delete(file);
    return true;
  }

  async #ask(file: string): Promise<string> {
    const answer = await this.#machine.run({ file, args: ["--help"], timeoutMs: HELP_TIMEOUT_MS });
    // Some CLIs print their help on stderr.
    return answer.ok ? `${answer.value.stdout}${answer.value.stderr}` : "";
  }
}

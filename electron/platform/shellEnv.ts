/**
 * The environment agents start in: the person's login shell's, with PATH repaired as when the app was started from a dock
 * and with our own and other agents' session markers removed. The person's keys and base URLs are never touched.
 */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { delimiter, join } from "node:path";

type Environment = Record<string, string>;

/** Shell start-up files that take longer are not waited for (VS Code waits 10 s and people complain about it). */
const SHELL_BUDGET_MS = 5_000;
const SHELL_GRACE_MS = 2_000;
const SYSTEM_FOLDERS = [
  "/opt/homebrew/bin",
  "/opt/homebrew/sbin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/sbin",
  "/sbin",
];
const MARK = "_signalbox_environment_";

/** Prefixes of variables that belong to the process that started us, not to the person. */
const OWN_PREFIXES = ["ELECTRON_", "npm_", "SIGNALBOX_", "VITEST_"];
const OWN_NAMES = new Set([
  "NODE_OPTIONS",
  "NODE_ENV",
  "INIT_CWD",
  "VITEST",
  "ORIGINAL_XDG_CURRENT_DESKTOP",
  "CHROME_DESKTOP",
  "_",
  "SHLVL",
  "OLDPWD",
]);
/** Marks an agent CLI leaves on its children; they make a nested CLI think it runs inside another. */
const SESSION_MARKS =
  /^(CLAUDECODE|CLAUDE_CODE_(ENTRYPOINT|SSE_PORT|SESSION_ID|SESSION|CHILD_SESSION|SESSION_ACCESS_TOKEN|AGENT_ID|EXECPATH|TMPDIR)|CLAUDE_(SESSION_ID|AGENT_SDK_VERSION|PID)|CODEX_(SANDBOX|SANDBOX_NETWORK_DISABLED|SESSION_ID|THREAD_ID|CI|INTERNAL_ORIGINATOR_OVERRIDE|MANAGED_BY_NPM|MANAGED_PACKAGE_ROOT)|GEMINI_(CLI|SESSION_ID|CLI_NO_RELAUNCH)|OPENCODE|OPENCODE_(PID|SESSION|SERVER)|AGENT_SESSION_ID)$/;

/** Drops what must not leak from our own process into an agent. Pure. */
export function withoutOwnVariables(env: Readonly<Record<string, string | undefined>>): Environment {
  const kept: Environment = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || OWN_NAMES.has(name) || SESSION_MARKS.test(name)) continue;
    if (OWN_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    kept[name] = value;
  }
  return kept;
}

/** Adds `folders` behind the existing PATH entries, each once. Pure. */
export function repairPath(path: string | undefined, folders: readonly string[]): string {
  const entries = (path ?? "").split(delimiter).filter((entry) => entry !== "");
  return [...new Set([...entries, ...folders])].join(delimiter);
}

/** Asks the login shell, repairs PATH, and says which kind of terminal agents find themselves in. Never fails. */
export async function readShellEnvironment(
  own: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Environment> {
  const base = withoutOwnVariables(own);
  const fromShell = process.platform === "win32" ? undefined : await askLoginShell(base);
  const env = withoutOwnVariables({ ...base, ...fromShell });
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  // A start-up file that sets PATH outright must not hide what the app itself was started with.
  const ownPath = (base[pathName] ?? "").split(delimiter).filter((entry) => entry !== "");
  env[pathName] = repairPath(env[pathName], [...ownPath, ...(await usualFolders(env))]);
  delete env["NO_COLOR"];
  return { ...env, TERM: "xterm-256color", COLORTERM: "truecolor", TERM_PROGRAM: "signalbox" };
}

/** Own instead of the shell-env package: that one cannot be bounded in time and breaks values with line ends. */
async function askLoginShell(env: Environment): Promise<Environment | undefined> {
  const shell = loginShell(env);
  if (shell === undefined) return undefined;
  const command = `printf '%s' '${MARK}'; command env -0 2>/dev/null || command env; printf '%s' '${MARK}'; exit`;
  const output = await new Promise<string | undefined>((resolve) => {
    // Its own process group, so that a start-up file that hangs is ended with all it started.
    const child = spawn(shell, ["-ilc", command], {
      env: { ...env, DISABLE_AUTO_UPDATE: "true", ZSH_TMUX_AUTOSTART: "false", TERM: "dumb" },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      endGroup(child.pid);
      resolve(undefined);
    }, SHELL_BUDGET_MS);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", () => settle(undefined));
    child.on("close", () => settle(Buffer.concat(chunks).toString("utf8")));
    function settle(text: string | undefined): void {
      clearTimeout(timer);
      resolve(text);
    }
  });
  return output === undefined ? undefined : parseEnvironment(output);
}

/** Reads `env -0` output between two marks (or plain `env`, where values cannot hold line ends). Pure. */
export function parseEnvironment(output: string): Environment | undefined {
  const text = output.split(MARK)[1];
  if (text === undefined || text === "") return undefined;
  const env: Environment = {};
  for (const entry of text.split(text.includes("\0") ? "\0" : "\n")) {
    const equals = entry.indexOf("=");
    if (equals > 0) env[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return env["PATH"] === undefined ? undefined : env;
}

function loginShell(env: Environment): string | undefined {
  const shell = env["SHELL"] ?? userInfo().shell ?? "/bin/sh";
  // Shells that do not speak POSIX: their environment is what the platform gave us already.
  return /\/(fish|nu|elvish|xonsh|pwsh|nologin|false)$/.test(shell) ? "/bin/sh" : shell;
}

/**
 * Start-up files hold locks that they give back when they are asked to end, and never when they are killed: pyenv's then
 * holds up every shell of this person for a minute. An interactive shell ignores SIGTERM and ends on SIGHUP.
 */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // Already gone.
    }
  };
  send("SIGHUP");
  send("SIGTERM");
  setTimeout(() => send("SIGKILL"), SHELL_GRACE_MS).unref();
}

/** Where agent CLIs are installed by the usual package and version tools. */
async function usualFolders(env: Environment): Promise<readonly string[]> {
  const home = env["HOME"] ?? homedir();
  if (process.platform === "win32") {
    const roaming = env["APPDATA"] ?? join(home, "AppData", "Roaming");
    const local = env["LOCALAPPDATA"] ?? join(home, "AppData", "Local");
    return [
      join(roaming, "npm"),
      join(home, ".local", "bin"),
      join(local, "Volta", "bin"),
      join(local, "pnpm"),
      join(home, "scoop", "shims"),
      ...set(env["NVM_SYMLINK"]),
    ];
  }
  const nvm = env["NVM_DIR"] ?? join(home, ".nvm");
  return [
    join(home, ".local", "bin"),
    ...SYSTEM_FOLDERS,
    join(home, ".claude", "local"),
    join(home, ".opencode", "bin"),
    join(env["VOLTA_HOME"] ?? join(home, ".volta"), "bin"),
    join(env["ASDF_DATA_DIR"] ?? join(home, ".asdf"), "shims"),
    join(home, ".local", "share", "mise", "shims"),
    ...set(env["FNM_MULTISHELL_PATH"]).map((folder) => join(folder, "bin")),
    join(home, ".local", "share", "fnm", "aliases", "default", "bin"),
    join(home, ".bun", "bin"),
    ...set(env["PNPM_HOME"]),
    join(env["NPM_CONFIG_PREFIX"] ?? join(home, ".npm-global"), "bin"),
    ...(await nvmFolders(nvm)),
  ];
}

/** Newest Node of nvm first: a CLI installed there with `npm i -g` lives beside it. */
async function nvmFolders(nvm: string): Promise<readonly string[]> {
  const versions = await readdir(join(nvm, "versions", "node")).catch(() => []);
  return versions
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((version) => join(nvm, "versions", "node", version, "bin"));
}

function set(value: string | undefined): readonly string[] {
  return value === undefined || value === "" ? [] : [value];
}

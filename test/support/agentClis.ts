/**
 * The vendors' real CLIs at pinned versions, from npm, in a cache outside the repository. Never committed or redistributed.
 * Where one cannot be had its suites skip, loudly; SIGNALBOX_REQUIRE_CLIS=claude makes that a failure (CI).
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type CliName = "claude" | "codex" | "gemini" | "opencode";
/** Others that read the same transcripts; what the ledger imports is held against them. */
export type CounterName = "ccusage" | "ccusage-codex";

interface PinnedCli {
  readonly package: string;
  readonly version: string;
  /** The program to run, below node_modules; packages of the platform's own binary need no install script. */
  readonly program: string;
}

const PLATFORM = `${process.platform}-${process.arch}`;
const EXE = process.platform === "win32" ? ".exe" : "";

export const PINNED_CLIS: Readonly<Record<CliName, PinnedCli>> = {
  claude: {
    package: "@anthropic-ai/claude-code",
    version: "2.1.329",
    program: `@anthropic-ai/claude-code-${PLATFORM}/claude${EXE}`,
  },
  codex: { package: "@openai/codex", version: "0.169.0", program: "@openai/codex/bin/codex.js" },
  gemini: { package: "@google/gemini-cli", version: "0.61.0", program: "@google/gemini-cli/bundle/gemini.js" },
  opencode: {
    package: "opencode-ai",
    version: "1.18.33",
    program: `opencode-${PLATFORM.replace("win32", "windows")}/bin/opencode${EXE}`,
  },
};

/** 20 and later are native programs that an install without scripts does not bring. */
const PINNED_COUNTERS: Readonly<Record<CounterName, PinnedCli>> = {
  ccusage: { package: "ccusage", version: "18.0.11", program: "ccusage/dist/index.js" },
  "ccusage-codex": { package: "@ccusage/codex", version: "18.0.11", program: "@ccusage/codex/dist/index.js" },
};
const PINNED: Readonly<Record<CliName | CounterName, PinnedCli>> = { ...PINNED_CLIS, ...PINNED_COUNTERS };

/** Folder with one launcher per CLI, as it would stand on a person's PATH; undefined when it cannot be installed. */
export async function installCli(name: CliName | CounterName): Promise<{ readonly binDir: string } | undefined> {
  const pinned = PINNED[name];
  const root = join(
    process.env["SIGNALBOX_TEST_CACHE"] ?? join(homedir(), ".cache", "signalbox-test"),
    `${name}-${pinned.version}`,
  );
  const program = join(root, "node_modules", ...pinned.program.split("/"));
  if (!existsSync(program)) await npmInstall(root, pinned).catch((error: unknown) => announce(name, String(error)));
  if (!existsSync(program)) {
    if ((process.env["SIGNALBOX_REQUIRE_CLIS"] ?? "").split(",").includes(name))
      throw new Error(`${name} ${pinned.version} is required here and could not be installed.`);
    announce(name, `${program} is not there`);
    return undefined;
  }
  const binDir = join(root, "bin");
  await writeLauncher(join(binDir, name), program);
  return { binDir };
}

/** Suites install at the same time: each in a folder of its own, and the first one's is the one that stays. */
async function npmInstall(root: string, pinned: PinnedCli): Promise<void> {
  const own = `${root}.${randomUUID()}`;
  await mkdir(own, { recursive: true });
  await writeFile(join(own, "package.json"), JSON.stringify({ private: true }));
  const isWindows = process.platform === "win32";
  const wanted = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${pinned.package}@${pinned.version}`];
  try {
    await run(isWindows ? "npm.cmd" : "npm", wanted, { cwd: own, timeout: 240_000, shell: isWindows });
    await rename(own, root).catch(() => undefined);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Another suite may run it now: a program that is open for writing cannot be started (ETXTBSY). */
async function writeLauncher(path: string, program: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const command = program.endsWith(".js") ? `"${process.execPath}" "${program}"` : `"${program}"`;
  const isWindows = process.platform === "win32";
  const text = isWindows ? `@${command} %*\r\n` : `#!/bin/sh\nexec ${command} "$@"\n`;
  const launcher = isWindows ? `${path}.cmd` : path;
  const own = `${launcher}.${randomUUID()}`;
  await writeFile(own, text, { mode: 0o755 });
  await rename(own, launcher);
}

function announce(name: CliName | CounterName, reason: string): void {
  process.stderr.write(
    `\n!! SKIPPED: the suites of the real ${name} CLI ${PINNED[name].version} do not run here (${reason.split("\n")[0] ?? ""}).\n`,
  );
}

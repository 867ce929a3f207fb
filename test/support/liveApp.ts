/** The real app for tests: `signalbox serve` as its own process on a fresh data directory, spoken to through the real CLI. */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { treeNodeSchema } from "#shared/model/node.ts";
import type { TreeNode } from "#shared/model/node.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import { DEFAULT_DEADLINE_MS, eventually } from "./deadline.ts";
import { unfitEvents } from "./eventsFit.ts";

const root = join(import.meta.dirname, "../..");
const OWN_BUILD = join(root, "out");
const runningKeeper = z.object({ pid: z.number() });
const readyLine = z.object({ url: z.string(), dataDir: z.string(), pid: z.number() });

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI as a script would; never throws for an exit code. */
export function runCli(dataDir: string, ...args: readonly string[]): Promise<CliResult> {
  return runCliOf(OWN_BUILD, dataDir, args);
}

/** The CLI of another build. */
function runCliOf(outDir: string, dataDir: string, args: readonly string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, SIGNALBOX_DATA: dataDir };
    execFile(
      process.execPath,
      [join(outDir, "cli.js"), ...args],
      { env, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr });
      },
    );
  });
}

interface LiveAppStart {
  readonly dataDir: string;
  /** The app's whole environment, and with it its agents'; this process's own with an empty home when absent. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Bundles of another build than this clone's. */
  readonly outDir?: string;
}

export class LiveApp {
  readonly dataDir: string;
  readonly url: string;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly #outDir: string;
  #watching: Promise<ConnectedClient> | undefined;

  private constructor(child: ChildProcess, ready: z.infer<typeof readyLine>, outDir: string) {
    this.process = child;
    this.#outDir = outDir;
    this.dataDir = ready.dataDir;
    this.url = ready.url;
    this.pid = ready.pid;
    child.once("exit", () => this.#stopWatching());
  }

  static async start(how: string | LiveAppStart, ...args: readonly string[]): Promise<LiveApp> {
    const {
      dataDir,
      env = await homelessEnvironment(how),
      outDir = OWN_BUILD,
    } = typeof how === "string" ? { dataDir: how } : how;
    const program = [join(outDir, "headless.js"), "--data", dataDir, "--port", "0"];
    const child = spawn(process.execPath, [...program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${errors}`)));
    });
    return new LiveApp(child, readyLine.parse(JSON.parse(line)), outDir);
  }

  cli(...args: readonly string[]): Promise<CliResult> {
    return runCliOf(this.#outDir, this.dataDir, args);
  }

  async fleet(name: string, text: string): Promise<string> {
    const file = join(this.dataDir, `${name}.yaml`);
    await writeFile(file, text);
    return file;
  }

  /** As `tree --json` prints it, over one connection: tests ask for it over and over, and each CLI is a start of Node. */
  async roots(): Promise<readonly TreeNode[]> {
    if (this.#outDir !== OWN_BUILD) return this.#printedRoots();
    this.#watching ??= this.#connect();
    try {
      const client = await this.#watching;
      const fleets = await client.query("fleet.list", {});
      const others = await client.query("machine.list", {});
      if (!fleets.ok) throw new Error(`tree: ${fleets.error.message}`);
      const machines = others.ok ? others.value.machines : [];
      return [...fleets.value, ...machines.flatMap((machine) => machine.fleets)].map(({ root: top }) => top);
    } catch (error) {
      this.#stopWatching();
      throw error;
    }
  }

  async #connect(): Promise<ConnectedClient> {
    const connected = await connectToApp(this.dataDir);
    if (!connected.ok) throw new Error(`tree: ${connected.error.message}`);
    return connected.value;
  }

  #stopWatching(): void {
    void this.#watching?.then(
      (client) => client.close(),
      () => undefined,
    );
    this.#watching = undefined;
  }

  /** Another build may speak another protocol: its own CLI asks it. */
  async #printedRoots(): Promise<readonly TreeNode[]> {
    const { stdout, stderr, code } = await this.cli("tree", "--json");
    if (code !== 0) throw new Error(`tree: ${stderr}`);
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => treeNodeSchema.parse(JSON.parse(line)));
  }

  async node(id: string): Promise<TreeNode> {
    const within = (node: TreeNode): TreeNode | undefined =>
      node.id === id ? node : node.children.map(within).find((found) => found !== undefined);
    const found = (await this.roots()).map(within).find((node) => node !== undefined);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** Waits until the node is as asked; a wait in vain says what was seen last, and what the agent printed. */
  async waitFor(
    id: string,
    what: (node: TreeNode) => boolean,
    label = "state",
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<TreeNode> {
    let seen: TreeNode | undefined;
    const look = async (): Promise<TreeNode | undefined> => {
      seen = await this.node(id).catch(() => undefined);
      return seen !== undefined && what(seen) ? seen : undefined;
    };
    try {
      return await eventually(`${id}: ${label}`, look, deadlineMs);
    } catch (error) {
      const printed = await this.cli("logs", id);
      throw new Error(
        `${String(error)}; last seen ${JSON.stringify(seen)}; it printed: ${printed.stdout.slice(-2000)}`,
        {
          cause: error,
        },
      );
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const gone = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await gone;
  }
}

/**
 * This process's environment, except that the start-up files of whoever runs the tests are nobody's business: they cost
 * seconds per shell, and what is killed in the middle of them leaves locks in the person's home (pyenv's holds every later
 * shell up for a minute). A test that has set HOME keeps it.
 */
async function homelessEnvironment(how: string | LiveAppStart): Promise<NodeJS.ProcessEnv> {
  if (process.env["HOME"] !== userInfo().homedir) return process.env;
  const home = join(typeof how === "string" ? how : how.dataDir, "home");
  await mkdir(home, { recursive: true });
  return { ...process.env, HOME: home };
}

/** A data directory of its own; `end` stops what still runs in it, holds its events against the catalogue and removes it. */
export async function freshDataDir(): Promise<{ dir: string; end: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "signalbox-test-"));
  return {
    dir,
    end: async () => {
      await endAll(dir);
      const unfit = unfitEvents(join(dir, "signalbox.sqlite"));
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
      if (unfit.length > 0) throw new Error(`Events that are not what the catalogue says:\n${unfit.join("\n")}`);
    },
  };
}

/** Keepers end what they hold when they are told to leave; what has none any more, or an app that heals, needs more. */
async function endAll(dir: string): Promise<void> {
  const app = await connectToApp(dir);
  const pids = await keeperPids(dir);
  if (app.ok) app.value.close();
  if (app.ok || !pids.every(isAlive)) return void (await runCli(dir, "estop"));
  for (const pid of pids) process.kill(pid, "SIGTERM");
  const areGone = eventually("the keepers' end", () => !pids.some(isAlive), 5_000);
  await areGone.catch(() => runCli(dir, "estop"));
}

/** Of every keeper that has not left in order. */
export async function keeperPids(dataDir: string): Promise<readonly number[]> {
  const folder = join(dataDir, "keeper", "running");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8").catch(() => "{}")));
  return texts.flatMap((text) => runningKeeper.safeParse(JSON.parse(text)).data?.pid ?? []);
}

/** A process that runs: a zombie that nobody has reaped yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Resident memory in MB. Linux. */
export function rssMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) / 1024;
}

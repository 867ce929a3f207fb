/**
 * Finding the keeper of a data directory, or starting one: detached, from a copy of its own in the data directory, so
 * that an update or an unmount of the app cannot pull it away. A keeper that is alive is never replaced.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, open, readFile, readdir, realpath } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { runtimeDirs, socketPath, type RuntimeFacts } from "#shared/lib/runtimePaths.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import {
  KEEPER_RUNNING_DIR,
  KEEPER_TOKEN_FILE,
  keeperEndpointSchema,
  type KeeperEndpoint,
} from "#shared/rpc/keeperFiles.ts";
import { installKeeper, type InstalledKeeper } from "./keeperLaunchFiles.ts";
import { isProcessAlive } from "./processTree.ts";

export interface KeeperLaunchOptions {
  readonly dataDir: string;
  /** The built keeper, or `electron/keeper/main.ts` in a clone, which then runs where it is. */
  readonly bundle: string;
  /** A plain Node (24), not Electron. */
  readonly nodePath: string;
  /** Directory of node-pty's binding (Windows: of the node-pty package). */
  readonly nativeDir: string;
  readonly version: string;
  /** How long it stays without sessions and apps; the keeper's own 30 s when absent. */
  readonly idleMs?: number;
}

export interface RunningKeeper {
  readonly endpoint: KeeperEndpoint;
  readonly token: string;
}

/** A slow disk has to load Node once; after this something is wrong. */
const READY_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 10;
/** A connect to a unix socket is answered by the kernel; longer means the keeper's backlog is full. */
const CONNECT_WITHIN_MS = 2000;
/** Exit code of a keeper that found another one in its place. */
const KEEPER_HELD = 3;
const LOG_TAIL_CHARACTERS = 600;
/** What the keeper itself needs; agents get their environment with each spawn. SIGNALBOX_SESSION must not get in. */
const KEPT_VARIABLES = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "TEMP", "TMP", "SystemRoot", "windir"];

/** Keepers that hold this data directory, of any version; those that died without cleaning up are left out. */
export async function listRunningKeepers(dataDir: string): Promise<readonly RunningKeeper[]> {
  const running: RunningKeeper[] = [];
  const token = await readToken(dataDir);
  if (token === undefined) return [];
  for (const endpoint of await readKeeperEndpoints(dataDir)) {
    if (await isProcessAlive(endpoint)) running.push({ endpoint, token });
  }
  return running;
}

/** The running keeper of exactly this version, started if there is none. Errors: `keeper_unavailable`. */
export async function ensureKeeper(options: KeeperLaunchOptions): Promise<Result<RunningKeeper>> {
  try {
    const installed = await installKeeper(options);
    return await untilReady(options, installed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("keeper_unavailable", `The session keeper could not be started: ${reason}`);
  }
}

/** In the first private directory that can be made: the user's runtime directory, else a temporary one. */
export async function keeperSocketPath(dataDir: string, version: string): Promise<string> {
  const facts: RuntimeFacts = {
    platform: process.platform,
    xdgRuntimeDir: process.env["XDG_RUNTIME_DIR"],
    tmpDir: tmpdir(),
    uid: userInfo().uid,
    hash: shortHash(await realpath(dataDir)),
  };
  const dirs = runtimeDirs(facts);
  const usable = await Promise.all(dirs.map((dir) => canWrite(dirname(dir))));
  // A hash instead of the version: a long pre-release tag must not make the path too long.
  return socketPath(facts, `keeper-${shortHash(version)}`, dirs.find((_, index) => usable[index] === true) ?? dirs[0]);
}

async function canWrite(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Much passes through it and little stays: with V8's own 16 MB it grows by a hundred MB while agents print gigabytes, with
 * 2 MB it falls behind a hundred of them.
 */
const LEAN = ["--max-semi-space-size=8"];

interface Starting {
  readonly logFile: string;
  /** Exit code once it ended. */
  readonly ended: () => number | undefined;
}

async function startKeeper(options: KeeperLaunchOptions, installed: InstalledKeeper): Promise<Starting> {
  const { dataDir, idleMs } = options;
  await mkdir(join(dataDir, "logs"), { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, "logs", "keeper.log");
  const log = await open(logFile, "a", 0o600);
  const args = [
    ...LEAN,
    installed.bundle,
    "--data",
    dataDir,
    "--socket",
    await keeperSocketPath(dataDir, installed.version),
  ];
  args.push("--version", installed.version, "--native", installed.nativeDir);
  if (idleMs !== undefined) args.push("--idle-ms", String(idleMs));
  try {
    const child = spawn(installed.node, args, {
      cwd: dataDir,
      detached: true,
      env: keeperEnvironment(),
      stdio: ["ignore", log.fd, log.fd],
      windowsHide: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", () => resolve());
      child.once("error", reject);
    });
    child.unref();
    return { logFile, ended: () => child.exitCode ?? (child.signalCode === null ? undefined : 1) };
  } finally {
    await log.close();
  }
}

/**
 * Starts a keeper when none holds the directory, also when one leaves just now. Two apps may start at once: one keeper
 * wins the lock, the other one's exit does not matter then.
 */
async function untilReady(options: KeeperLaunchOptions, installed: InstalledKeeper): Promise<Result<RunningKeeper>> {
  const { dataDir } = options;
  const deadline = performance.now() + READY_WITHIN_MS;
  let starting: Starting | undefined;
  for (;;) {
    const running = await findVersion(dataDir, installed.version);
    if (running !== undefined && (await answers(running.endpoint.socket))) return ok(running);
    if (performance.now() > deadline) return fail("keeper_unavailable", silence(dataDir, running));
    const exitCode = starting?.ended();
    if (running === undefined && (starting === undefined || exitCode === KEEPER_HELD)) {
      starting = await startKeeper(options, installed);
    } else if (running === undefined && starting !== undefined && exitCode !== undefined) {
      return fail("keeper_unavailable", `The session keeper ended at its start: ${await tailOf(starting.logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function silence(dataDir: string, running: RunningKeeper | undefined): string {
  const who = running === undefined ? "The session keeper" : `The session keeper (pid ${running.endpoint.pid})`;
  return `${who} does not answer. See ${join(dataDir, "logs", "keeper.log")}.`;
}

async function findVersion(dataDir: string, version: string): Promise<RunningKeeper | undefined> {
  return (await listRunningKeepers(dataDir)).find(({ endpoint }) => endpoint.version === version);
}

function answers(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socket);
  const settle = (isThere: boolean): void => {
    probe.destroy();
    resolve(isThere);
  };
  probe.setTimeout(CONNECT_WITHIN_MS, () => settle(false));
  probe.once("connect", () => settle(true));
  probe.once("error", () => settle(false));
  return promise;
}

/** Entries of the running directory, of dead keepers too. */
export async function readKeeperEndpoints(dataDir: string): Promise<readonly KeeperEndpoint[]> {
  const dir = join(dataDir, KEEPER_RUNNING_DIR);
  const names = await readdir(dir).catch(() => []);
  const endpoints: KeeperEndpoint[] = [];
  for (const name of names.filter((candidate) => candidate.endsWith(".json"))) {
    try {
      endpoints.push(keeperEndpointSchema.parse(JSON.parse(await readFile(join(dir, name), "utf8"))));
    } catch {
      // Torn by a full disk or removed meanwhile: its keeper, if any, is found again when it rewrites it.
    }
  }
  return endpoints;
}

async function readToken(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, KEEPER_TOKEN_FILE), "utf8")).trim();
  } catch {
    return undefined;
  }
}

function keeperEnvironment(): NodeJS.ProcessEnv {
  const kept = KEPT_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return Object.fromEntries(kept);
}

async function tailOf(file: string): Promise<string> {
  return (await readFile(file, "utf8").catch(() => "")).slice(-LOG_TAIL_CHARACTERS).trim();
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * Entry of the session keeper: `keeper --data DIR --socket PATH [--version V] [--native DIR] [--idle-ms N]`. It holds
 * the ptys and writes their logs so that agents live on when the app does not; it decides nothing about them.
 * `keeper --data DIR --sweep WHOM` ends what dead keepers left.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPtyBindingDir, loadPtyBinding } from "#platform/nodePty.ts";
import { bootNow, identifyProcess } from "#platform/processTree.ts";
import { postGuard } from "#platform/processTreeGuard.ts";
import { KEEPER_RUNNING_DIR, type KeeperEndpoint } from "#shared/rpc/keeperFiles.ts";
import { KEEPER_PROTOCOL } from "#shared/rpc/keeperProtocol.ts";
import { takeKeeperLock } from "./keeperLock.ts";
import { readOrMakeToken } from "./keeperToken.ts";
import { KeeperServer } from "./keeperServer.ts";
import { createOutOfMemoryEvidence } from "./outOfMemory.ts";
import { SessionTable } from "./sessionTable.ts";
import { sweep } from "./sweep.ts";

/** Long enough for an app that restarts, short enough that nothing stays behind. */
const DEFAULT_IDLE_MS = 30_000;
const SETTLE_WITHIN_MS = 3000;
const EXIT_USAGE = 2;
const EXIT_HELD = 3;
const EXIT_FAILED = 1;

interface Options {
  readonly dataDir: string;
  readonly socket: string;
  readonly version: string;
  readonly nativeDir: string;
  readonly idleMs: number;
}

function log(message: string): void {
  process.stderr.write(`${new Date().toISOString()} keeper ${process.pid}: ${message}\n`);
}

interface SweepOptions {
  readonly dataDir: string;
  readonly sweep: string;
}

function readOptions(): Options | SweepOptions | undefined {
  const text = { type: "string" } as const;
  const options = { data: text, socket: text, version: text, native: text, "idle-ms": text, sweep: text };
  const { values } = parseArgs({ options, strict: true });
  if (values.data === undefined) return undefined;
  if (values.sweep !== undefined) return { dataDir: values.data, sweep: values.sweep };
  if (values.socket === undefined) return undefined;
  const idleMs = Number(values["idle-ms"] ?? DEFAULT_IDLE_MS);
  return {
    dataDir: values.data,
    socket: values.socket,
    version: values.version ?? "0",
    nativeDir: values.native ?? findPtyBindingDir(),
    idleMs: Number.isFinite(idleMs) ? idleMs : DEFAULT_IDLE_MS,
  };
}

async function describeMyself({ socket, version }: Options): Promise<KeeperEndpoint> {
  const me = await identifyProcess(process.pid);
  if (typeof me !== "object") throw new Error("The keeper cannot read its own start time.");
  const boot = await bootNow();
  return { ...me, ...(boot === undefined ? {} : { boot }), protocol: KEEPER_PROTOCOL, version, socket };
}

function lockFileOf({ dataDir, version }: Options): string {
  return join(dataDir, KEEPER_RUNNING_DIR, `${version.replaceAll(/[^\w.-]/g, "_")}.json`);
}

async function run(options: Options | SweepOptions): Promise<number> {
  if (!("sweep" in options)) return runKeeper(options);
  const outcome = await sweep(options.dataDir, options.sweep);
  log(`swept what was left: ${outcome.killed} ended, ${outcome.survivors} still there`);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  return 0;
}

async function runKeeper(options: Options): Promise<number> {
  const me = await describeMyself(options);
  const lock = await takeKeeperLock(lockFileOf(options), me);
  if (!lock.taken) {
    log(`a keeper (pid ${lock.holder.pid}) already holds ${options.dataDir}; this one leaves.`);
    return EXIT_HELD;
  }
  const { pid, startTime } = me;
  const program = [process.execPath, process.argv[1] ?? ""] as const;
  const guard = postGuard({ sweep: [...program, "--data", options.dataDir, "--sweep", `${pid}:${startTime}`], log });
  try {
    await keep(options, me);
  } finally {
    guard.dismiss();
    await lock.release();
  }
  log("left");
  return 0;
}

/** Resolves when there is nothing left to keep. */
async function keep(options: Options, me: KeeperEndpoint): Promise<void> {
  const left = Promise.withResolvers<void>();
  const table: SessionTable = new SessionTable({
    dataDir: options.dataDir,
    binding: loadPtyBinding(options.nativeDir),
    keeper: me,
    evidence: createOutOfMemoryEvidence(),
    hasCore: () => server.hasCore,
    onChanged: () => server.reconsiderLeaving(),
    log,
  });
  const token = await readOrMakeToken(options.dataDir);
  const server: KeeperServer = new KeeperServer({ ...options, table, token, log, onIdle: () => left.resolve() });
  obeySignals(table, () => left.resolve());
  await server.listen();
  log(`version ${options.version} listens on ${options.socket}`);
  await left.promise;
  await server.close();
  // A full disk may keep a log waiting for ever; whoever asked us to leave will not.
  await Promise.race([table.settled(), new Promise((resolve) => setTimeout(resolve, SETTLE_WITHIN_MS))]);
}

/** A hang-up or an interrupt is meant for the terminal the app was started in; only SIGTERM means this process. */
function obeySignals(table: SessionTable, leave: () => void): void {
  process.on("SIGHUP", () => log("ignored SIGHUP"));
  process.on("SIGINT", () => log("ignored SIGINT"));
  process.on("SIGTERM", () => {
    log("SIGTERM: ending all sessions");
    void table.killAll().then(leave);
  });
  // One connection's surprise must not end fifty agents.
  process.on("uncaughtException", (error) => log(`uncaught: ${error.stack ?? String(error)}`));
  process.on("unhandledRejection", (reason) => log(`unhandled: ${String(reason)}`));
}

const options = readOptions();
if (options === undefined) {
  log("usage: keeper --data DIR (--socket PATH [--version V] [--native DIR] [--idle-ms N] | --sweep WHOM)");
  process.exit(EXIT_USAGE);
}
try {
  process.exit(await run(options));
} catch (error) {
  log(`could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(EXIT_FAILED);
}

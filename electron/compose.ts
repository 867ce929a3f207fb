/** Joins the core to this machine: the steps that both hosts, desktop and headless, take in the same order. */
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { composeCore } from "#core/app.ts";
import type { Core } from "#core/app.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { McpHost } from "#core/ports/mcpClient.ts";
import type { NetworkAddress, OpenNetwork } from "#core/ports/network.ts";
import type { Transcripts } from "#core/ports/transcripts.ts";
import { SCHEMA_VERSION } from "#core/store/index.ts";
import { openDataDirectory } from "#platform/dataDirectory.ts";
import { createFleetFiles } from "#platform/fleetFiles.ts";
import { openIngest } from "#platform/ingest.ts";
import { machineIdentity } from "#platform/machineIdentity.ts";
import { natsNetwork } from "#platform/nats/natsNetwork.ts";
import { openGateway } from "#platform/gateway/gatewayServer.ts";
import { createHashedNgrams } from "#platform/hashedNgrams.ts";
import { createGenaiPrices } from "#platform/genaiPrices.ts";
import { acquireInstanceLock } from "#platform/instanceLock.ts";
import { createKeeperHost } from "#platform/keeperHost.ts";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { createMachine } from "#platform/machine.ts";
import { createMcpHost } from "#platform/mcp/index.ts";
import { createMachineResources } from "#platform/machineResources.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createOutputLog } from "#platform/outputSearch.ts";
import type { SearchableOutputLog } from "#platform/outputSearch.ts";
import { createFileLogger } from "#platform/pinoLogger.ts";
import { createRecordingArchive } from "#platform/recordingArchive.ts";
import type { DisposableArchive } from "#platform/recordingArchive.ts";
import { createScreens } from "#platform/screensHost.ts";
import type { ScreensHost } from "#platform/screensHost.ts";
import { createTranscripts } from "#platform/transcripts/transcriptsHost.ts";
import { workerEntry } from "#platform/workerEntry.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { createHandlers } from "#rpc/handlers/index.ts";
import type { HostControls } from "#rpc/handlers/index.ts";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import type { ServerWire } from "#shared/rpc/protocol.ts";
import { serveConnection } from "#shared/rpc/server.ts";
import type { RpcLogger } from "#shared/rpc/server.ts";
import { keeperParts } from "./keeperParts.ts";

/** Both stay closed until an agent needs them. */
const LISTENERS = { openIngest, openGateway };

export interface StartOptions {
  readonly dataDir: string;
  readonly host: "desktop" | "headless";
  readonly noStart: boolean;
  /** Asked for at this start; without it the person's setting counts. */
  readonly nats: NetworkAddress | undefined;
  /** Another way into the network than the product's own; for tests. */
  readonly openNetwork?: OpenNetwork;
  readonly version: string;
  readonly controls: HostControls;
}

export interface RunningCore {
  readonly core: Core;
  readonly dataDir: string;
  readonly handlers: Handlers;
  readonly logger: RpcLogger;
  /** What every transport tells its clients of this start. */
  readonly serve: { readonly version: string; readonly generation: string };
  /** Serves a window of this process. */
  connect(wire: ServerWire): void;
  /** Commits and lets go; agents go on in the keeper. Idempotent. */
  close(): Promise<void>;
}

/** Resolves when surviving sessions are adopted. Errors: locked, schema_too_new, store_unavailable, keeper_unavailable. */
export async function startCore(options: StartOptions): Promise<Result<RunningCore>> {
  const directory = openDataDirectory(options.dataDir);
  if (!directory.ok) return directory;
  const dataDir = directory.value.dir;
  const lock = acquireInstanceLock(dataDir);
  if (!lock.ok) return lock;
  const logger = createFileLogger({ dataDir });
  if (directory.value.notice !== undefined) logger.warn(directory.value.notice);
  let damage: string | undefined;
  const opened = openDatabase({
    file: join(dataDir, "signalbox.sqlite"),
    newestSchema: SCHEMA_VERSION,
    logger,
    onDamage: (sentence) => (damage = sentence),
  });
  if (!opened.ok) {
    lock.value.release();
    return opened;
  }
  const threads = startThreads(dataDir, options.version, logger);
  const ptyHost = createKeeperHost({ dataDir, version: options.version, ...keeperParts() }, logger);
  await connectKeeper(ptyHost, logger);
  const composed = await composeCore(
    {
      database: opened.value.database,
      ptyHost,
      ...threads,
      resources: createMachineResources(),
      fleetFiles: createFleetFiles(),
      ...LISTENERS,
      openNetwork: options.openNetwork ?? natsNetwork({ dataDir, version: options.version, logger }),
      priceList: createGenaiPrices(),
      embedder: createHashedNgrams(),
      clock: createSystemClock(),
      logger,
      random: Math.random,
      newId: randomUUID,
      newToken: () => randomBytes(24).toString("base64url"),
    },
    {
      ...options,
      dataDir,
      pid: process.pid,
      machine: { id: machineIdentity(dataDir), name: hostname() },
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      storeNotice: () => damage ?? opened.value.notice,
    },
  );
  const release = async (): Promise<void> => {
    ptyHost.close();
    const { screens, outputLog, archive, transcripts } = threads;
    await Promise.all([screens.dispose(), outputLog.dispose(), archive.dispose(), transcripts.dispose()]);
    lock.value.release();
  };
  if (!composed.ok) {
    await release();
    return composed;
  }
  return listen({ core: composed.value, dataDir, options, logger, release });
}

interface Threads {
  readonly machine: Machine;
  readonly screens: ScreensHost;
  readonly outputLog: SearchableOutputLog;
  readonly archive: DisposableArchive;
  readonly transcripts: Transcripts;
  readonly mcp: McpHost;
}

/** What works beside the main loop; each begins at its first need. */
function startThreads(dataDir: string, version: string, logger: Logger): Threads {
  const machine = createMachine();
  const { nodePath, bundle: sweeper } = keeperParts();
  const outputLog = createOutputLog({ dataDir, logger });
  return {
    machine,
    screens: createScreens({ logger }),
    mcp: createMcpHost({ dataDir, version, machine, nodePath, sweeper, logger }),
    outputLog,
    archive: createRecordingArchive({ dataDir, logger, onRemoved: (sessionId) => outputLog.forget(sessionId) }),
    transcripts: createTranscripts({
      worker: workerEntry("transcriptWorker", import.meta.url),
      homeDir: machine.homeDir,
      environment: () => machine.environment(),
      logger,
    }),
  };
}

async function connectKeeper(ptyHost: Pick<KeeperHost, "connect">, logger: RpcLogger): Promise<void> {
  const connected = await ptyHost.connect();
  if (!connected.ok) logger.error("A session keeper lives but does not answer.", { error: connected.error.message });
}

interface Listening {
  readonly core: Core;
  readonly dataDir: string;
  readonly options: StartOptions;
  readonly logger: RpcLogger;
  readonly release: () => Promise<void>;
}

/** The CLI's socket is part of every start, desktop and headless. */
async function listen({ core, dataDir, options, logger, release }: Listening): Promise<Result<RunningCore>> {
  const handlers = createHandlers(core, options.controls);
  const serve = { version: options.version, generation: randomUUID() };
  const socket = await createLocalSocket({ dataDir, handlers, serve, logger });
  if (!socket.ok) {
    await core.close();
    await release();
    return socket;
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await socket.value.close();
    await core.close();
    await release();
  };
  return ok({
    core,
    dataDir,
    handlers,
    serve,
    logger,
    connect: (wire) => void serveConnection(wire, handlers, { ...serve, actor: "person", logger }),
    close: () => (closing ??= close()),
  });
}

/** The version of package.json, wherever this program was built to. */
export function appVersion(packageFile: URL): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile, "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "0.0.0";
}

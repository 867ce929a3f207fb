/** `signalbox serve`: the core in plain Node, with the window served to a browser on loopback. Prints one JSON line when ready. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createHttpServer } from "#rpc/transports/http.ts";
import type { HttpServer } from "#rpc/transports/http.ts";
import { fileTokenStore } from "#rpc/transports/fileTokenStore.ts";
import { dataDirOf } from "#shared/lib/dataDir.ts";
import { fail } from "#shared/model/result.ts";
import type { Rejection } from "#shared/model/result.ts";
import { appVersion, startCore } from "./compose.ts";
import type { RunningCore } from "./compose.ts";

const USAGE = "usage: signalbox serve [--data DIR] [--port N] [--fleet FILE] [--no-start]";
/** Where a browser finds the app when no port is asked for. */
const DEFAULT_PORT = 4720;

interface ServeOptions {
  readonly dataDir: string;
  readonly port: number;
  /** A port nobody asked for may be another one when it is taken. */
  readonly isPortAsked: boolean;
  readonly fleet: string | undefined;
  readonly noStart: boolean;
}

function readOptions(args: readonly string[]): ServeOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        port: { type: "string" },
        fleet: { type: "string" },
        "no-start": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return `--port takes a number from 0 to 65535; 0 takes a free port.\n${USAGE}`;
    const dataDir = resolve(
      dataDirOf({ platform: process.platform, homeDir: homedir(), env: process.env, flag: values.data }),
    );
    return { dataDir, port, isPortAsked: values.port !== undefined, fleet: values.fleet, noStart: values["no-start"] };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
}

async function serve(options: ServeOptions): Promise<void> {
  let http: HttpServer | undefined;
  let running: RunningCore | undefined;
  const leave = async (): Promise<void> => {
    await http?.close();
    await running?.close();
    process.exit(0);
  };
  const started = await startCore({
    dataDir: options.dataDir,
    host: "headless",
    noStart: options.noStart,
    version: appVersion(new URL("../package.json", import.meta.url)),
    controls: {
      quit: () => void leave(),
      mint: async () =>
        http === undefined
          ? fail("unsupported", "The server is still starting.")
          : { ok: true, value: http.mintCode() },
    },
  });
  if (!started.ok) return refuse(started.error);
  running = started.value;
  process.on("SIGTERM", () => void leave());
  process.on("SIGINT", () => void leave());
  const first = await openHttp(running, options.port);
  const opened = first.ok || options.isPortAsked ? first : await openHttp(running, 0);
  if (!opened.ok) {
    await running.close();
    return refuse(opened.error);
  }
  http = opened.value;
  if (options.fleet !== undefined) {
    const by = options.noStart ? "learn" : "launch";
    const up = await running.core.fleets.up({ file: options.fleet, actor: "cli", by });
    if (!up.ok) process.stderr.write(`${up.error.message}\n`);
  }
  process.stdout.write(`${JSON.stringify({ url: http.mintCode().url, dataDir: running.dataDir, pid: process.pid })}\n`);
}

function openHttp(running: RunningCore, port: number): ReturnType<typeof createHttpServer> {
  return createHttpServer({
    port,
    rendererDir: fileURLToPath(new URL("./renderer", import.meta.url)),
    handlers: running.handlers,
    serve: running.serve,
    tokens: fileTokenStore(`${running.dataDir}/browser-tokens.json`),
    logger: running.logger,
  });
}

/** Exits at once: what was opened before the refusal must not keep the process. */
function refuse({ code, message }: Rejection): never {
  process.stderr.write(`${code}: ${message}\n`);
  process.exit(1);
}

const options = readOptions(process.argv.slice(2));
if (typeof options === "string") {
  process.stderr.write(`${options}\n`);
  process.exitCode = 2;
} else await serve(options);

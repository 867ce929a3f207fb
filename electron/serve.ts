/** The headless host: a core, and the window served over HTTP on loopback. Prints one JSON line when it is ready. */
import { createHttpServer } from "#rpc/transports/http.ts";
import type { HttpServer } from "#rpc/transports/http.ts";
import { fileTokenStore } from "#rpc/transports/fileTokenStore.ts";
import type { NetworkAddress, OpenNetwork } from "#core/ports/network.ts";
import { fail } from "#shared/model/result.ts";
import type { Rejection } from "#shared/model/result.ts";
import { startCore } from "./compose.ts";
import type { RunningCore } from "./compose.ts";

export interface ServeOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly rendererDir: string;
  readonly port: number;
  /** A port nobody asked for may be another one when it is taken. */
  readonly isPortAsked: boolean;
  readonly fleet: string | undefined;
  readonly noStart: boolean;
  readonly nats: NetworkAddress | undefined;
  /** Another way into the network than the product's own; for tests. */
  readonly openNetwork?: OpenNetwork;
}

export async function serve(options: ServeOptions): Promise<void> {
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
    nats: options.nats,
    ...(options.openNetwork === undefined ? {} : { openNetwork: options.openNetwork }),
    version: options.version,
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
  const first = await openHttp(running, options, options.port);
  const opened = first.ok || options.isPortAsked ? first : await openHttp(running, options, 0);
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

function openHttp(
  running: RunningCore,
  { rendererDir }: ServeOptions,
  port: number,
): ReturnType<typeof createHttpServer> {
  return createHttpServer({
    port,
    rendererDir,
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

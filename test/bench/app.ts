/** The whole app for a row: `signalbox serve` on a data directory of its own, its keeper, and an end to both. */
import { join } from "node:path";
import { freshDataDir, LiveApp } from "#test/support/liveApp.ts";
import { fleetText, keeperPid } from "#test/support/liveSuite.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { Bench } from "./bench.ts";

export interface BenchApp {
  readonly app: LiveApp;
  up(name: string, children: readonly string[]): Promise<void>;
  keeperPid(): Promise<number>;
  client(): Promise<ConnectedClient>;
  sessionOf(id: string): Promise<string>;
}

/** `env`: the app's whole environment, where it must be another than this one. */
export async function startApp(bench: Bench, env?: NodeJS.ProcessEnv): Promise<BenchApp> {
  const data = await freshDataDir();
  const app = await LiveApp.start(env === undefined ? data.dir : { dataDir: data.dir, env });
  bench.defer(async () => {
    await data.end();
    await app.kill("SIGTERM");
  });
  return {
    app,
    up: async (name, children) => {
      const file = await app.fleet(name, fleetText({ name, children }));
      const up = await app.cli("up", file);
      if (up.code !== 0) throw new Error(up.stderr);
    },
    keeperPid: () => keeperPid(data.dir),
    client: async () => {
      const connected = await connectToApp(app.dataDir);
      if (!connected.ok) throw new Error(connected.error.message);
      bench.defer(() => connected.value.close());
      return connected.value;
    },
    sessionOf: async (id) => {
      const node = await app.waitFor(id, (one) => one.sessionId !== undefined && one.pid !== undefined, "runs");
      return node.sessionId ?? "";
    },
  };
}

export const OUT = join(import.meta.dirname, "../../out");

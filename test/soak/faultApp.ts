/** The real app for a row: `signalbox serve` on a data directory below the row's own, and an end to all it started. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiveApp, runCli } from "#test/support/liveApp.ts";
import type { Soak } from "./soak.ts";

export interface FaultApp {
  readonly dataDir: string;
  serve(...args: readonly string[]): Promise<LiveApp>;
}

export async function faultApp(soak: Soak, name = "data"): Promise<FaultApp> {
  const dataDir = join(soak.dir, name);
  await mkdir(dataDir, { mode: 0o700 });
  const apps: LiveApp[] = [];
  soak.defer(async () => {
    await runCli(dataDir, "estop");
    for (const app of apps) await app.kill("SIGKILL");
    await runCli(dataDir, "estop");
  });
  return {
    dataDir,
    serve: async (...args) => {
      const app = await LiveApp.start(dataDir, ...args);
      apps.push(app);
      return app;
    },
  };
}

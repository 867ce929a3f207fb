/**
 * `signalbox serve --nats` for tests where no NATS server can be had that fleets are allowed on: the same host from source,
 * with the one allowance that no person can give. Arguments: data directory, NATS URL, credentials file (optional).
 */
import { join } from "node:path";
import { appVersion } from "../../electron/compose.ts";
import { natsNetwork } from "#platform/nats/natsNetwork.ts";
import { serve } from "../../electron/serve.ts";
import { silentLogger } from "./silentLogger.ts";

const [dataDir = "", url = ""] = process.argv.slice(2);
const root = join(import.meta.dirname, "../..");
const version = appVersion(new URL("../../package.json", import.meta.url));

await serve({
  dataDir,
  version,
  rendererDir: join(root, "out/renderer"),
  port: 0,
  isPortAsked: true,
  fleet: undefined,
  noStart: false,
  nats: { url },
  openNetwork: natsNetwork({ dataDir, version, logger: silentLogger, allowOldServerForTests: true }),
});

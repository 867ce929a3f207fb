/** `signalbox serve`: the core in plain Node, with the window served to a browser on loopback. Prints one JSON line when ready. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { NetworkAddress } from "#core/ports/network.ts";
import { dataDirOf } from "#shared/lib/dataDir.ts";
import { appVersion } from "./compose.ts";
import { serve } from "./serve.ts";
import type { ServeOptions } from "./serve.ts";

const USAGE =
  "usage: signalbox serve [--data DIR] [--port N] [--fleet FILE] [--no-start]\n                       [--nats URL] [--nats-credentials FILE]";
/** Where a browser finds the app when no port is asked for. */
const DEFAULT_PORT = 4720;

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
        nats: { type: "string" },
        "nats-credentials": { type: "string" },
      },
    });
    const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return `--port takes a number from 0 to 65535; 0 takes a free port.\n${USAGE}`;
    const dataDir = resolve(
      dataDirOf({ platform: process.platform, homeDir: homedir(), env: process.env, flag: values.data }),
    );
    const nats = readNats(values.nats ?? process.env["SIGNALBOX_NATS"], values["nats-credentials"]);
    if (typeof nats === "string") return nats;
    const isPortAsked = values.port !== undefined;
    const rendererDir = fileURLToPath(new URL("./renderer", import.meta.url));
    const version = appVersion(new URL("../package.json", import.meta.url));
    return { dataDir, port, isPortAsked, fleet: values.fleet, noStart: values["no-start"], nats, rendererDir, version };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
}

/** The address may come by the environment, where other users of the machine do not see it. */
function readNats(url: string | undefined, credentialsFile: string | undefined): NetworkAddress | string | undefined {
  if (url !== undefined && url !== "") return { url, credentialsFile };
  return credentialsFile === undefined ? undefined : `--nats-credentials goes with --nats URL.\n${USAGE}`;
}

const options = readOptions(process.argv.slice(2));
if (typeof options === "string") {
  process.stderr.write(`${options}\n`);
  process.exitCode = 2;
} else await serve(options);

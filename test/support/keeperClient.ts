/** A core that is going to be killed: spawns the session named on stdin and prints how much it has received. */
import { text } from "node:stream/consumers";
import { createKeeperHost } from "#platform/keeperHost.ts";

const { options, request } = JSON.parse(await text(process.stdin));
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const host = createKeeperHost(options, quiet);
await host.connect();
const spawned = await host.spawn(request);
if (!spawned.ok) throw new Error(spawned.error.message);
host.attach(request.sessionId, 0, {
  data: (offset, bytes) => process.stdout.write(`${offset + bytes.byteLength}\n`),
  exit: () => undefined,
});

/** A process that runs a server as the app does, says so, and then only lives; the test kills it. */
import { openRegistry, ROGUE, stdioSpec } from "#test/support/registryRig.ts";

const [dataDir = "", pidFile = ""] = process.argv.slice(2);
const { registry } = await openRegistry(dataDir);
registry.servers.add(stdioSpec("stubborn", [ROGUE, "stubborn", pidFile]), "person");
const verified = await registry.servers.verify("stubborn", "person");
process.stdout.write(verified.ok ? "up\n" : `${verified.error.message}\n`);
setInterval(() => undefined, 60_000);

/**
 * The third row of the bus's contract: a real nats-server with JetStream, one for the whole file, started and ended by its
 * pid. Each bus has a machine id of its own there. Debian ships a server that fleets are refused on; where no newer one is
 * installed the row runs on it by the tests' own allowance, and its name says so.
 */
import { randomUUID } from "node:crypto";
import { createJoinedBus, createLocalBus, createMemoryStorage } from "#core/bus/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { openNatsBus } from "#platform/nats/natsBus.ts";
import { isNewEnough } from "#platform/nats/natsConnect.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { NatsServer, natsServerVersion } from "#test/support/natsServer.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import type { BusEngine } from "./messageBusEngines.ts";

const version = natsServerVersion();
export const isOldNats = version !== undefined && !isNewEnough(version);

const differences = isOldNats
  ? { "hears only what its filters let through, several of them in stream order": "several filters need server 2.10" }
  : {};

let server: Promise<NatsServer> | undefined;

export const natsEngine: BusEngine = {
  name: nameOf(version),
  differences,
  open: async () => {
    if (version === undefined) return { skipped: "nats-server is not installed: apt-get install nats-server." };
    const { url } = await (server ??= NatsServer.start());
    const scope = { id: randomUUID(), common: { streams: [], roots: [] } };
    const open = (): Promise<MessageBus> => openBus(url, scope);
    let current = await open();
    return {
      bus: current,
      reopen: async () => {
        await current.close();
        current = await open();
        return current;
      },
      close: () => current.close(),
    };
  },
};

/** After the last test of the file. */
export async function endNats(): Promise<void> {
  await (await server)?.end();
}

function nameOf(installed: string | undefined): string {
  if (installed === undefined) return "nats (SKIPPED: nats-server is not installed)";
  return isOldNats ? `nats ${installed} (too old for fleets, allowed to this test only)` : `nats ${installed}`;
}

async function openBus(url: string, scope: Parameters<typeof openNatsBus>[0]["scope"]): Promise<MessageBus> {
  const opened = await openNatsBus({
    url,
    scope,
    clientName: "contract",
    logger: silentLogger,
    allowOldServerForTests: true,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const local = createLocalBus({
    storage: createMemoryStorage(),
    clock: createSystemClock(),
    logger: silentLogger,
    newId: randomUUID,
  });
  const joined = await createJoinedBus({ local, remote: opened.value.bus });
  if (!joined.ok) throw new Error(joined.error.message);
  return joined.value;
}

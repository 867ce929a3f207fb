/** Opens the network of this machine: a NATS bus in the name of its identity. */
import type { Logger } from "#core/ports/logger.ts";
import type { OpenNetwork } from "#core/ports/network.ts";
import { MACHINE_ROOT, MACHINE_STREAM } from "#shared/model/machine.ts";
import { machineIdentity } from "../machineIdentity.ts";

export interface NatsNetworkOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly logger: Logger;
  /** See NatsConnectOptions. */
  readonly allowOldServerForTests?: boolean;
}

export function natsNetwork({ dataDir, version, logger, allowOldServerForTests }: NatsNetworkOptions): OpenNetwork {
  return async ({ url, credentialsFile }) => {
    // A machine alone never reads the client.
    const { openNatsBus } = await import("./natsBus.ts");
    return openNatsBus({
      url,
      credentialsFile,
      clientName: `signalbox ${version}`,
      logger,
      scope: { id: machineIdentity(dataDir), common: { streams: [MACHINE_STREAM], roots: [MACHINE_ROOT] } },
      ...(allowOldServerForTests === undefined ? {} : { allowOldServerForTests }),
    });
  };
}

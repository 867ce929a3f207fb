/** How a core joins other machines: over the NATS server of this start, else over that of the person's setting, else not. */
import { ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { Settings } from "#shared/model/settings.ts";
import { Machines } from "#core/machines/index.ts";
import type { MachinesDeps } from "#core/machines/index.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Network, NetworkAddress, OpenNetwork } from "#core/ports/network.ts";

export interface Joining {
  readonly openNetwork: OpenNetwork;
  /** Of this start. */
  readonly asked: NetworkAddress | undefined;
  readonly settings: Pick<Settings, "natsUrl" | "natsCredentials">;
  readonly logger: Logger;
}

/** What a core has of other machines; of a machine alone nothing. */
export class Joined {
  readonly network: Network | undefined;
  /** Why the network of the person's setting is not used, in one sentence. */
  readonly notice: string | undefined;
  #machines: Machines | undefined;

  constructor(network: Network | undefined, notice?: string) {
    this.network = network;
    this.notice = notice;
  }

  /** Undefined on a machine alone, and until it is announced. */
  get machines(): Machines | undefined {
    return this.#machines;
  }

  /** Why nothing is done about a node or a fleet of another machine. */
  readonly elsewhere = (ref: string): Rejection | undefined => this.#machines?.refusal(ref);

  async announce(deps: Omit<MachinesDeps, "link" | "bus">): Promise<void> {
    if (this.network === undefined) return;
    this.#machines = new Machines({ ...deps, ...this.network });
    const opened = await this.#machines.open();
    if (!opened.ok) deps.logger.error("This machine cannot be announced to others.", { error: opened.error.message });
  }

  async close(): Promise<void> {
    await this.#machines?.close();
  }
}

/** What was asked for at the start is wanted: without it there is none. A setting that fails leaves the machine alone. */
export async function joinNetwork({ openNetwork, asked, settings, logger }: Joining): Promise<Result<Joined>> {
  if (asked !== undefined) {
    const opened = await openNetwork(asked);
    return opened.ok ? ok(new Joined(opened.value)) : opened;
  }
  const { natsUrl: url, natsCredentials } = settings;
  if (url === "") return ok(new Joined(undefined));
  const opened = await openNetwork({ url, ...(natsCredentials === "" ? {} : { credentialsFile: natsCredentials }) });
  if (opened.ok) return ok(new Joined(opened.value));
  logger.error("The NATS server of the settings is not used.", { error: opened.error.message });
  return ok(
    new Joined(undefined, `${opened.error.message} Until Signalbox is started again this machine works alone.`),
  );
}

/** Errors: those of OpenNetwork. */
export async function tryNetwork(
  openNetwork: OpenNetwork,
  address: NetworkAddress,
): Promise<Result<{ server: string; version: string; warnings: string[] }>> {
  const opened = await openNetwork(address);
  if (!opened.ok) return opened;
  const { bus, link } = opened.value;
  const { server, version, warnings } = link;
  await bus.close();
  return ok({ server, version, warnings: [...warnings] });
}

/** How a core joins other machines: a bus they share, and the connection to it. */
import type { Result } from "#shared/model/result.ts";
import type { BusLink } from "./busLink.ts";
import type { MessageBus } from "./messageBus.ts";

export interface NetworkAddress {
  readonly url: string;
  readonly credentialsFile?: string | undefined;
}

export interface Network {
  readonly bus: MessageBus;
  readonly link: BusLink;
}

/**
 * Errors: bad_request (the address), not_found (the credentials file), unauthorized, unsupported (too old a server, or one
 * without JetStream), disconnected, timeout. Each says what to do.
 */
export type OpenNetwork = (address: NetworkAddress) => Promise<Result<Network>>;

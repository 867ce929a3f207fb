/**
 * Connects to a NATS server with JetStream and says in one sentence what is missing: nobody there, wrong credentials, no
 * JetStream, too old. For a fleet of machines a server is 2.10 or newer; see docs/nats.md.
 */
import { jetstreamManager } from "@nats-io/jetstream";
import type { JetStreamManager } from "@nats-io/jetstream";
import { connect, errors } from "@nats-io/transport-node";
import type { Authenticator, NatsConnection } from "@nats-io/transport-node";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { readNatsAddress, readNatsCredentials } from "./natsAddress.ts";
import type { NatsAddress } from "./natsAddress.ts";
import { durabilityWarning } from "./natsDurability.ts";

export interface NatsConnectOptions {
  /** `nats://host:4222`, several separated by commas; may hold credentials. */
  readonly url: string;
  readonly credentialsFile?: string | undefined;
  /** Shown in the server's own monitoring. */
  readonly clientName: string;
  /**
   * Tests only, where no newer server can be had: takes a server that fleets are refused on. Such a server has no
   * consumers with several filters, and nobody promises how it behaves in a cluster.
   */
  readonly allowOldServerForTests?: boolean;
}

export interface NatsSession {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** For people and logs: without credentials. */
  readonly shown: string;
  readonly warnings: readonly string[];
}

/** Several filters for one consumer came with it, and what before it was lost at a crash was mended in the 2.10 line. */
export const OLDEST_SERVER = { major: 2, minor: 10 } as const;
/** A server on the same continent answers in a tenth of it. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A cable that was pulled is noticed after about this time, twice over. */
const PING_EVERY_MS = 5_000;
const RECONNECT_EVERY_MS = 500;

export async function connectNats(options: NatsConnectOptions): Promise<Result<NatsSession>> {
  const address = readNatsAddress(options.url);
  if (!address.ok) return address;
  const file = options.credentialsFile;
  const credentials = file === undefined ? undefined : await readNatsCredentials(file);
  if (credentials?.ok === false) return credentials;
  const opened = await open(address.value, credentials?.value ?? address.value.authenticator, options.clientName);
  if (!opened.ok) return opened;
  const connection = opened.value;
  const checked = await check(connection, address.value.shown, options.allowOldServerForTests ?? false);
  if (!checked.ok) {
    await connection.close();
    return checked;
  }
  const warning = await durabilityWarning(connection);
  return ok({
    connection,
    manager: checked.value,
    shown: address.value.shown,
    warnings: warning === undefined ? [] : [warning],
  });
}

async function open(
  { servers, shown, isTls }: NatsAddress,
  authenticator: Authenticator | undefined,
  name: string,
): Promise<Result<NatsConnection>> {
  try {
    const connection = await connect({
      servers: [...servers],
      name,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_EVERY_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_EVERY_MS,
      ignoreAuthErrorAbort: true,
      ...(isTls ? { tls: {} } : {}),
      ...(authenticator === undefined ? {} : { authenticator }),
    });
    return ok(connection);
  } catch (error) {
    return connectRefusal(error, shown);
  }
}

function connectRefusal(error: unknown, shown: string): Result<never> {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return fail(
      "unauthorized",
      `NATS at ${shown} does not accept these credentials. Check the user and the password, or the credentials file.`,
    );
  const why = error instanceof Error ? error.message : String(error);
  if (why.includes("'tls'"))
    return fail(
      "unsupported",
      `NATS at ${shown} does not speak TLS. Use nats:// instead, or set TLS up on the server.`,
    );
  if (why.includes("unexpected response"))
    return fail("disconnected", `What answers at ${shown} is not a NATS server. Check the address and the port.`);
  if (why.includes("ENOTFOUND"))
    return fail("disconnected", `NATS at ${shown} cannot be found: no machine has that name. Check the address.`);
  return fail(
    "disconnected",
    `NATS at ${shown} cannot be reached (${why}). Start nats-server there, or check the address.`,
  );
}

async function check(
  connection: NatsConnection,
  shown: string,
  isOldAllowed: boolean,
): Promise<Result<JetStreamManager>> {
  const version = connection.info?.version ?? "unknown";
  if (!isNewEnough(version) && !isOldAllowed)
    return fail(
      "unsupported",
      `NATS at ${shown} is version ${version}; a fleet of machines needs ${OLDEST_SERVER.major}.${OLDEST_SERVER.minor} or newer. Upgrade nats-server there.`,
    );
  try {
    const manager = await jetstreamManager(connection, { timeout: CONNECT_TIMEOUT_MS });
    await manager.getAccountInfo();
    return ok(manager);
  } catch (error) {
    if (error instanceof errors.TimeoutError)
      return fail(
        "timeout",
        `NATS at ${shown} answers, but its JetStream does not. In a cluster it may have no leader; look at the server's log.`,
      );
    return fail(
      "unsupported",
      `NATS at ${shown} has no JetStream for this user. Start it with nats-server -js, or enable JetStream for the account.`,
    );
  }
}

/** "2.10.0-RC.1" counts as 2.10. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > OLDEST_SERVER.major || (major === OLDEST_SERVER.major && minor >= OLDEST_SERVER.minor);
}

/** What a NATS server or its client refuses, in this product's closed codes and in sentences a person can act on. */
import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import { fail } from "#shared/model/result.ts";
import type { ErrorCode, Rejection } from "#shared/model/result.ts";

export interface Refused {
  readonly ok: false;
  readonly error: Rejection;
}

/** JetStream's own error numbers (nats-server's errors.json); what is not here is a request the server did not like. */
const API_CODES: Readonly<Record<number, ErrorCode>> = {
  10003: "bad_request", // bad request
  10008: "throttled", // JetStream system temporarily unavailable
  10013: "already_present", // consumer name already in use
  10014: "not_found", // consumer not found
  10023: "store_unavailable", // insufficient resources
  10025: "bad_request", // invalid JSON
  10026: "throttled", // maximum consumers limit reached
  10027: "throttled", // maximum number of streams reached
  10028: "store_unavailable", // insufficient memory resources available
  10037: "not_found", // no message found
  10039: "unsupported", // JetStream not enabled for account
  10043: "not_found", // message not found in an interest stream
  10047: "store_unavailable", // insufficient storage resources available
  10052: "bad_request", // stream configuration is not valid
  10054: "too_large", // message size exceeds maximum allowed
  10058: "already_present", // stream name in use with a different configuration
  10059: "not_found", // stream not found
  10060: "conflict", // expected stream does not match
  10065: "conflict", // subjects overlap with an existing stream
  10070: "conflict", // wrong last msg id
  10071: "conflict", // wrong last sequence
  10074: "store_unavailable", // replicas > 1 not supported in non-clustered mode
  10076: "unsupported", // JetStream not enabled
  10077: "store_unavailable", // stream store failed
  10093: "bad_request", // consumer filter is not a subset of the stream's subjects
  10116: "bad_request", // max deliver is less than the backoff list is long
  10148: "already_present", // consumer already exists
  10164: "conflict", // wrong last sequence, unknown
};

const LOST = "The connection to NATS is lost. Signalbox keeps trying to reconnect; send it again when it answers.";

/** Rethrows what neither server nor client is known to say: a bug. */
export function natsRefusal(error: unknown): Refused {
  if (error instanceof JetStreamApiError) {
    const known = API_CODES[error.code] ?? (error.status === 404 ? "not_found" : "bad_request");
    // A full stream that keeps its old messages: the server's word for it is a store that failed.
    const code = error.message.startsWith("maximum ") ? "throttled" : known;
    return fail(code, `NATS refused it: ${error.message}.`, { errCode: error.code });
  }
  if (isNoResponders(error)) return fail("not_found", "No stream takes this subject on the NATS server.");
  const refused = accessRefusal(error) ?? connectionRefusal(error) ?? argumentRefusal(error);
  if (refused !== undefined) return refused;
  if (error instanceof JetStreamError || error instanceof errors.RequestError)
    return fail("internal", `NATS answered what was not expected: ${error.message}.`);
  throw error;
}

function accessRefusal(error: unknown): Refused | undefined {
  if (error instanceof errors.PermissionViolationError)
    return fail("forbidden", `NATS forbids this user to ${verbOf(error)} ${error.subject}. Ask who runs the server.`);
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return fail("unauthorized", "NATS does not accept these credentials any more. Give valid ones and start again.");
  return undefined;
}

function connectionRefusal(error: unknown): Refused | undefined {
  if (error instanceof errors.TimeoutError || (error instanceof errors.RequestError && isTimeout(error)))
    return fail("timeout", "The NATS server did not answer in time. Try again when it does.");
  return isLost(error) ? fail("disconnected", LOST) : undefined;
}

export function isNoResponders(error: unknown): boolean {
  // The JetStream client's word for it; it exports no class.
  if (error instanceof errors.NoRespondersError || isNamed(error, "JetStreamNotEnabled")) return true;
  return error instanceof errors.RequestError && error.isNoResponders();
}

/** Whether the connection, not the message, is at fault: the same publish may be tried again. */
export function isLost(error: unknown): boolean {
  return (
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.DrainingConnectionError
  );
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

function isTimeout(error: Error): boolean {
  return error.cause instanceof errors.TimeoutError;
}

function verbOf(error: InstanceType<typeof errors.PermissionViolationError>): string {
  return error.operation === "publish" ? "publish to" : "listen on";
}

function argumentRefusal(error: unknown): Refused | undefined {
  if (error instanceof errors.InvalidSubjectError || isNamed(error, "InvalidNameError"))
    return fail("bad_request", `NATS cannot use this name: ${error.message}.`);
  if (!(error instanceof errors.InvalidArgumentError)) return undefined;
  return error.message.includes("max_payload")
    ? fail("too_large", "The message is larger than this NATS server takes (max_payload).", {
        errCode: BUS_ERRORS.tooLarge,
      })
    : fail("bad_request", `NATS cannot do this: ${error.message}.`);
}

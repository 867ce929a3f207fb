/** What the SDK throws, as the port's closed codes and sentences. */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import type { McpFailure, McpFailureCode } from "#core/ports/mcpClient.ts";
import { TOO_LARGE_MESSAGE } from "./boundedFetch.ts";
import { isTooLarge } from "./stdioWire.ts";

const MOST_CHARS = 1_000;
/** Nothing of the request has left this machine, or nobody was there to take it. */
const UNREACHED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "EACCES",
]);

export function toFailure(error: unknown, timeoutMs: number): McpFailure {
  const message = sentenceOf(error);
  if (message.includes(TOO_LARGE_MESSAGE)) return failure("too_large", TOO_LARGE_MESSAGE);
  if (ProtocolError.isInstance(error)) {
    return failure(isTooLarge(error.code) ? "too_large" : "refused", message);
  }
  const system = systemCode(error);
  if (system !== undefined && UNREACHED.has(system)) return failure("unreached", `It cannot be reached: ${message}`);
  if (SdkHttpError.isInstance(error)) return failure("refused", `It answered with HTTP ${error.status}: ${message}`);
  if (SdkError.isInstance(error)) return ofSdk(error, message, timeoutMs);
  if (error instanceof Error && error.name === "ZodError")
    return failure("bad_answer", `Its answer is not of the protocol: ${message}`);
  return failure("disconnected", message);
}

function ofSdk(error: SdkError, message: string, timeoutMs: number): McpFailure {
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return failure("timeout", `It gave no answer within ${timeoutMs / 1000} s.`);
    case SdkErrorCode.NotConnected:
    case SdkErrorCode.SendFailed:
      return failure("unreached", message);
    case SdkErrorCode.ConnectionClosed:
      return failure("disconnected", "The connection ended before the answer came.");
    case SdkErrorCode.InvalidResult:
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.ListPaginationExceeded:
      return failure("bad_answer", message);
    default:
      return failure("refused", message);
  }
}

/** Node wraps the system's error as the cause of "fetch failed", the SDK once more. */
function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : at;
    if (inner instanceof Error && "code" in inner && typeof inner.code === "string" && UNREACHED.has(inner.code))
      return inner.code;
  }
  return undefined;
}

function sentenceOf(error: unknown): string {
  const words: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : at;
    const text = inner instanceof Error ? inner.message : "";
    if (text !== "" && !words.some((word) => word.includes(text))) words.push(text);
  }
  const message = words.length === 0 ? String(error) : words.join(": ");
  return message.slice(0, MOST_CHARS);
}

export function failure(code: McpFailureCode, message: string): McpFailure {
  return { code, message };
}

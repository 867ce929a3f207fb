/** Whatever was thrown or refused, as a letter keeps it: classified, bounded, without secrets of known shape. */
import { maskSecrets } from "#shared/lib/secrets.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { LetterError } from "#shared/model/deadLetter.ts";
import { classify } from "./classify.ts";

/** A sentence and some of what a program printed; the rest is in its own log. */
const MESSAGE_LENGTH = 2000;
const STACK_LENGTH = 8000;

export function letterErrorOf(thrown: unknown, nowMs: number): LetterError {
  const { message, code, status, name, stack, retryAfterMs } = read(thrown);
  const retryAt = retryAfterMs ?? retryAfterIn(message);
  return {
    class: classify({ message, code, status, name }),
    message: bounded(message, MESSAGE_LENGTH),
    ...(code === undefined ? {} : { code: bounded(String(code), 100) }),
    ...(stack === undefined ? {} : { stack: bounded(stack, STACK_LENGTH) }),
    ...(retryAt === undefined ? {} : { retryAt: toIsoTime(nowMs + retryAt) }),
  };
}

interface Read {
  readonly message: string;
  readonly code?: string | number | undefined;
  readonly status?: number | undefined;
  readonly name?: string | undefined;
  readonly stack?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** An error that is its own cause ends somewhere. */
const MOST_CAUSES = 5;

function read(thrown: unknown, depth = 0): Read {
  switch (typeof thrown) {
    case "string":
      return { message: thrown };
    case "object":
      return thrown === null ? { message: "" } : readObject(thrown, depth);
    case "number":
    case "boolean":
    case "bigint":
      return { message: String(thrown) };
    default:
      return { message: "" };
  }
}

function readObject(thrown: object, depth: number): Read {
  const error = thrown instanceof Error ? thrown : undefined;
  const fields: Readonly<Record<string, unknown>> =
    error === undefined ? { ...thrown } : { ...thrown, message: error.message, name: error.name, stack: error.stack };
  const own: Read = {
    message: textOf(fields["message"]) ?? "",
    code: codeOf(fields["code"]),
    status: numberOf(fields["status"]) ?? numberOf(fields["statusCode"]),
    name: textOf(fields["name"]),
    stack: textOf(fields["stack"]),
    retryAfterMs: numberOf(fields["retryAfterMs"]),
  };
  if (error?.cause === undefined || depth >= MOST_CAUSES) return own;
  // What the error itself does not say, its cause may.
  const { code, status, retryAfterMs } = read(error.cause, depth + 1);
  return {
    ...own,
    code: own.code ?? code,
    status: own.status ?? status,
    retryAfterMs: own.retryAfterMs ?? retryAfterMs,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function codeOf(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** "retry after 30 seconds", "Retry-After: 30", "try again in 2 minutes". */
const RETRY_AFTER =
  /(?:retry.?after|try again in|resets? in)[:\s]+(\d{1,6})\s*(ms|milliseconds?|s|seconds?|m|min|minutes?|h|hours?)?\b/i;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, s: 1000 };

function retryAfterIn(message: string): number | undefined {
  const found = RETRY_AFTER.exec(message);
  if (found === null) return undefined;
  const unit = (found[2] ?? "s").toLowerCase();
  return Number(found[1]) * (unit.startsWith("ms") || unit.startsWith("milli") ? 1 : (UNIT_MS[unit.charAt(0)] ?? 1000));
}

function bounded(text: string, length: number): string {
  const masked = maskSecrets(text.slice(0, length));
  return text.length > length ? `${masked} … (${text.length - length} more characters)` : masked;
}

/**
 * What a refusal for too much use says: why, and when the plan, the quota or the rate resets. Measured against the words of
 * Anthropic, OpenAI (API and ChatGPT plans) and Google; where none of them is said there is a limit without a time.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

import { z } from "zod";

import type { PlanLimit } from "#core/ports/gateway.ts";
import { maskSecrets } from "#shared/lib/secrets.ts";
import type { Answer } from "./passThrough.ts";

/** Refusals are some hundred bytes; of a longer one the beginning has to do. */
const MAX_BODY = 64 * 1024;
/** A monthly quota is the longest there is; what lies beyond is a mistake. */
const MAX_WAIT_MS = 32 * 24 * 60 * 60 * 1000;
const UNSAID = "The provider refuses more requests for now";

/** Keeps what a 429 says, while it passes, without what the request itself was trusted with. */
export class LimitReader {
  readonly #answer: Answer;
  readonly #credentials: readonly string[];
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(answer: Answer, request: Pick<IncomingMessage, "headers" | "url">) {
    this.#answer = answer;
    this.#credentials = credentialsOf(request);
  }

  push(chunk: Uint8Array): void {
    if (this.#bytes >= MAX_BODY) return;
    this.#bytes += chunk.length;
    this.#chunks.push(Buffer.from(chunk));
  }

  limit(nowMs: number): PlanLimit {
    const { headers } = this.#answer;
    return this.#said(decoded(Buffer.concat(this.#chunks), headers["content-encoding"]), nowMs);
  }

  /** Of an answer that began well and was then refused; `error` is the provider's own. */
  limitWithin(error: unknown, nowMs: number): PlanLimit {
    return this.#said(JSON.stringify({ error }), nowMs);
  }

  #said(body: string, nowMs: number): PlanLimit {
    const limit = planLimit({ headers: this.#answer.headers, body, nowMs });
    return { ...limit, detail: maskSecrets(this.#credentials.reduce(without, limit.detail)) };
  }
}

const CREDENTIAL_HEADERS = ["authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"];
/** A shorter word may stand in any sentence, and is no key. */
const SHORTEST = 8;

/** A provider may repeat the key it refuses. */
function credentialsOf({ headers, url = "" }: Pick<IncomingMessage, "headers" | "url">): readonly string[] {
  const values = CREDENTIAL_HEADERS.flatMap((name) => String(headers[name] ?? "").split(/[ ;=]/));
  const key = /[?&]key=([^&#]*)/.exec(url)?.[1] ?? "";
  return [...values, key].filter((value) => value.length >= SHORTEST);
}

function without(text: string, credential: string): string {
  return text.replaceAll(credential, "…");
}

const errorSchema = z.object({
  message: z.string().optional().catch(undefined),
  /** Unix seconds, and seconds from now: ChatGPT plans. */
  resets_at: z.number().optional().catch(undefined),
  resets_in_seconds: z.number().optional().catch(undefined),
  details: z
    .array(z.object({ retryDelay: z.string().optional().catch(undefined) }).catch({}))
    .optional()
    .catch(undefined),
});
const bodySchema = z.object({ error: errorSchema });

export function planLimit(refusal: { headers: IncomingHttpHeaders; body: string; nowMs: number }): PlanLimit {
  const { headers, body, nowMs } = refusal;
  const error = errorIn(body);
  const untilMs = [
    error?.resets_at === undefined ? undefined : error.resets_at * 1000,
    after(error?.resets_in_seconds, nowMs),
    retryAfter(headers, nowMs),
    retryDelay(error, nowMs),
    anthropicReset(headers),
    exhaustedReset(headers, nowMs),
    codexReset(headers, nowMs),
    tryAgain(error?.message ?? "", nowMs),
  ].find((at) => at !== undefined && at > nowMs && at <= nowMs + MAX_WAIT_MS);
  const words = (error?.message ?? "").replaceAll(/\s+/g, " ").trim().slice(0, 200);
  const detail = words === "" ? UNSAID : words;
  return untilMs === undefined ? { detail } : { detail, untilMs: Math.round(untilMs) };
}

function errorIn(body: string): z.infer<typeof errorSchema> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    // Google's streams are arrays, also where they carry an error.
    return bodySchema.safeParse(Array.isArray(json) ? json[0] : json).data?.error;
  } catch {
    return undefined;
  }
}

function after(seconds: number | undefined, nowMs: number): number | undefined {
  return seconds === undefined || !Number.isFinite(seconds) ? undefined : nowMs + seconds * 1000;
}

/** Seconds, milliseconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const ms = said(headers, "retry-after-ms");
  if (ms !== undefined && /^\d+(\.\d+)?$/.test(ms)) return nowMs + Number(ms);
  const text = said(headers, "retry-after");
  if (text === undefined) return undefined;
  return /^\d+(\.\d+)?$/.test(text) ? nowMs + Number(text) * 1000 : time(text);
}

/** Google's RetryInfo: `34.074824224s`. */
function retryDelay(error: z.infer<typeof errorSchema> | undefined, nowMs: number): number | undefined {
  const delay = error?.details?.find((detail) => detail.retryDelay !== undefined)?.retryDelay;
  return delay === undefined ? undefined : after(duration(delay), nowMs);
}

/** A plan's reset in Unix seconds; an API's as a date for each thing that is counted, told with what is left of it. */
function anthropicReset(headers: IncomingHttpHeaders): number | undefined {
  const unified = Number(said(headers, "anthropic-ratelimit-unified-reset"));
  if (Number.isFinite(unified)) return unified * 1000;
  return latest(
    exhausted(headers, /^anthropic-ratelimit-(.+)-remaining$/, (what) => `anthropic-ratelimit-${what}-reset`).map(time),
  );
}

/** OpenAI's and its likes': `x-ratelimit-remaining-tokens: 0` and `x-ratelimit-reset-tokens: 6m0s`. */
function exhaustedReset(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const resets = exhausted(headers, /^x-ratelimit-remaining-(.+)$/, (what) => `x-ratelimit-reset-${what}`);
  return latest(resets.map((text) => after(duration(text), nowMs)));
}

/** OpenAI says it in its sentence where it is too late for headers: `Please try again in 6m0s.` */
function tryAgain(message: string, nowMs: number): number | undefined {
  const wait = /try again in ((?:\d+(?:\.\d+)?(?:ms|[smhd]))+)/i.exec(message)?.[1];
  return wait === undefined ? undefined : after(duration(wait), nowMs);
}

/** ChatGPT plans, with every answer: `x-codex-primary-used-percent: 100`, and when that window is over. */
function codexReset(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const resets = ["primary", "secondary"].map((window) => {
    if (!(Number(said(headers, `x-codex-${window}-used-percent`)) >= 100)) return undefined;
    const at = Number(said(headers, `x-codex-${window}-reset-at`));
    return Number.isFinite(at)
      ? at * 1000
      : after(Number(said(headers, `x-codex-${window}-reset-after-seconds`)), nowMs);
  });
  return latest(resets);
}

/** What is said of the reset of everything of which nothing is left. */
function exhausted(headers: IncomingHttpHeaders, left: RegExp, resetOf: (what: string) => string): readonly string[] {
  return Object.keys(headers).flatMap((name) => {
    const what = left.exec(name)?.[1];
    if (what === undefined || Number(said(headers, name)) > 0) return [];
    return said(headers, resetOf(what)) ?? [];
  });
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

const UNIT_S: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `6m0s`, `1.5s`, `20ms`, or plain seconds. */
function duration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    seconds += Number(amount) * (UNIT_S[unit ?? ""] ?? 0);
  return seconds;
}

function time(text: string): number | undefined {
  const at = Date.parse(text);
  return Number.isFinite(at) ? at : undefined;
}

function said(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value.trim() : undefined;
}

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

function decoded(bytes: Buffer, encoding = "identity"): string {
  const decode = DECODERS[encoding.trim().toLowerCase()];
  try {
    return (decode === undefined ? bytes : decode(bytes, { maxOutputLength: MAX_BODY })).toString("utf8");
  } catch {
    return "";
  }
}

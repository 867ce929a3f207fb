/** From what the tap saw to what the ledger is told. Pure. */
import type { IncomingHttpHeaders } from "node:http";

import type { GatewayCall } from "#core/ports/gateway.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import type { Tokens } from "#shared/model/usage.ts";
import type { PassageEnd } from "./passThrough.ts";
import type { UsageSeen } from "./usageReaders.ts";

/** Of English text and code alike, in the tokenisers of all providers; only ever used where nobody counted. */
const CHARACTERS_A_TOKEN = 4;

export interface EndedRequest {
  readonly call: GatewayCall;
  readonly status: number;
  readonly requestHeaders: IncomingHttpHeaders;
  readonly answerHeaders: IncomingHttpHeaders;
  /** Undefined: the answer could not be read. */
  readonly seen: UsageSeen | undefined;
  readonly how: PassageEnd["how"];
  readonly at: string;
  readonly durationMs: number;
}

/** Tokens are the provider's count, or an estimate from the sizes where it did not count; none where nothing was spent. */
export function usageReport(ended: EndedRequest): UsageReport {
  const { call, seen } = ended;
  const outcome = outcomeOf(ended);
  const subagent = header(ended.requestHeaders, ["x-claude-code-agent-id"]);
  return {
    source: "gateway",
    confidence: isCounted(ended, outcome) ? "exact" : "estimated",
    at: ended.at,
    agent: call.agent,
    sessionId: call.sessionId,
    kind: subagent === undefined ? "unknown" : "subagent",
    provider: call.provider,
    model: seen?.model ?? call.model ?? "unknown",
    sourceKey: `${call.sessionId}:${call.id}`,
    outcome,
    durationMs: ended.durationMs,
    ...known({
      cliSessionId: header(ended.requestHeaders, CONVERSATION_HEADERS),
      subagent,
      requestId: header(ended.answerHeaders, ["request-id", "x-request-id", "x-goog-request-id"]),
      messageId: seen?.messageId,
      tokens: outcome === "failed" ? undefined : (countedTokens(seen) ?? guessedTokens(ended)),
    }),
  };
}

/** Of a stream that was cut only Anthropic's running count is one to which nothing is added later. */
function isCounted({ call, seen }: EndedRequest, outcome: UsageReport["outcome"]): boolean {
  return seen?.isOutputCounted === true && (outcome === "complete" || call.api === "anthropic");
}

function known<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const kept: { [Key in keyof T]?: Exclude<T[Key], undefined> } = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) Object.assign(kept, { [key]: value });
  }
  return kept;
}

/** What it may have cost where the provider did not say; undefined: there is nothing to go by. */
function guessedTokens({ call, seen }: EndedRequest): Tokens | undefined {
  const output = guessedOutput(seen);
  if (call.estimate === undefined && output === 0) return undefined;
  return { input: call.estimate?.inputTokens ?? 0, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
}

/** Claude Code and opencode name the conversation themselves, Codex its thread. */
const CONVERSATION_HEADERS = ["x-claude-code-session-id", "thread-id", "session-id", "session_id", "x-session-id"];

function outcomeOf({ status, how, seen }: EndedRequest): UsageReport["outcome"] {
  if (status >= 400) return "failed";
  if (seen?.isWhole === true) return "complete";
  // An answer that cannot be read and came through whole is one.
  return how === "whole" && seen === undefined ? "complete" : "interrupted";
}

/** A stream that was cut before the provider counted its output: what was streamed is the best that is known. */
function countedTokens(seen: UsageSeen | undefined): Tokens | undefined {
  if (seen?.tokens === undefined) return undefined;
  if (seen.isOutputCounted) return seen.tokens;
  return { ...seen.tokens, output: Math.max(seen.tokens.output, guessedOutput(seen)) };
}

function guessedOutput(seen: UsageSeen | undefined): number {
  return Math.ceil((seen?.characters ?? 0) / CHARACTERS_A_TOKEN);
}

function header(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value.slice(0, 200);
  }
  return undefined;
}

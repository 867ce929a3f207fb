/**
 * A report as the ledger takes it: numbers of the right kind, a time that can be, texts of bounded length. What was
 * changed is marked and stays visible; nothing is dropped, since a request without numbers is still known.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import { MOST_TOKENS } from "#shared/model/usage.ts";
import type { Tokens, UsageConfidence, UsageKind, UsageMark, UsageOutcome, UsageSource } from "#shared/model/usage.ts";
import type { UsageReport } from "#core/ports/usage.ts";

/** One request for a million dollars is a mistake of the source. */
const MOST_NANOS = 1e15;
/** Clocks of containers and of another machine's transcripts run a little ahead. */
const FUTURE_TOLERANCE_MS = 2 * 60_000;
/** Before the first of these agents there was nothing to record. */
const FIRST_DAY_MS = parseTime("2020-01-01T00:00:00Z");
const LONGEST_TEXT = 300;

export interface Admitted {
  readonly source: UsageSource;
  readonly sourceKey: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly confidence: UsageConfidence;
  readonly outcome: UsageOutcome;
  readonly agent: string;
  readonly kind: UsageKind;
  readonly subagent: string | null;
  readonly provider: string;
  readonly model: string;
  readonly sessionId: string | null;
  readonly cliSessionId: string | null;
  readonly requestId: string | null;
  readonly messageId: string | null;
  readonly tokens: Tokens | null;
  readonly reportedCostNanos: number | null;
  readonly durationMs: number | null;
  readonly imported: boolean;
  readonly marks: readonly UsageMark[];
}

export interface Receipt {
  readonly nowMs: number;
  readonly imported: boolean;
}

export function admit(report: UsageReport, { nowMs, imported }: Receipt): Admitted {
  const time = soundTime(report.at, nowMs);
  const numbers = soundTokens(report.tokens);
  return {
    source: report.source,
    sourceKey: bounded(report.sourceKey),
    at: time.at,
    receivedAt: nowMs,
    confidence: report.confidence,
    outcome: report.outcome,
    agent: name(report.agent),
    kind: report.kind,
    subagent: textOrNull(report.subagent),
    provider: name(report.provider),
    model: name(report.model),
    sessionId: textOrNull(report.sessionId),
    cliSessionId: textOrNull(report.cliSessionId),
    requestId: providerId(report.requestId),
    messageId: providerId(report.messageId),
    tokens: numbers.tokens,
    reportedCostNanos: soundAmount(report.reportedCostNanos),
    durationMs: soundAmount(report.durationMs),
    imported,
    marks: [...time.marks, ...numbers.marks],
  };
}

export function soundTime(iso: string, nowMs: number): { at: number; marks: readonly UsageMark[] } {
  const at = parseTime(iso);
  const isSound = at >= FIRST_DAY_MS && at <= nowMs + FUTURE_TOLERANCE_MS;
  return isSound ? { at, marks: [] } : { at: nowMs, marks: ["clock"] };
}

export function soundTokens(tokens: Tokens | undefined): { tokens: Tokens | null; marks: readonly UsageMark[] } {
  if (tokens === undefined) return { tokens: null, marks: [] };
  const given = [tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite, tokens.reasoning];
  const isAbsurd = given.some((one) => typeof one !== "number" || !Number.isFinite(one) || one > MOST_TOKENS);
  if (isAbsurd) return { tokens: null, marks: ["absurd"] };
  const output = whole(tokens.output);
  const sound: Tokens = {
    input: whole(tokens.input),
    output,
    cacheRead: whole(tokens.cacheRead),
    cacheWrite: whole(tokens.cacheWrite),
    reasoning: Math.min(whole(tokens.reasoning), output),
  };
  const isChanged = Object.values(sound).some((value, index) => value !== Object.values(inOrder(tokens))[index]);
  return { tokens: sound, marks: isChanged ? ["clamped"] : [] };
}

function inOrder({ input, output, cacheRead, cacheWrite, reasoning }: Tokens): Tokens {
  return { input, output, cacheRead, cacheWrite, reasoning };
}

function whole(value: number): number {
  return Math.max(0, Math.round(value));
}

function soundAmount(value: number | undefined): number | null {
  if (value === undefined || !Number.isFinite(value) || value < 0 || value > MOST_NANOS) return null;
  return Math.round(value);
}

function name(text: string): string {
  const trimmed = bounded(text.trim());
  return trimmed === "" ? "unknown" : trimmed;
}

/** A key must stay distinct when it is cut: its end tells more than its beginning. */
function bounded(text: string): string {
  return text.length <= LONGEST_TEXT ? text : text.slice(-LONGEST_TEXT);
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text.trim() === "" ? null : bounded(text.trim());
}

/** Placeholders would join requests that have nothing in common. */
function providerId(text: string | undefined): string | null {
  const id = textOrNull(text);
  return id === null || id.length < 6 || /^(unknown|undefined|null|none|n\/a)$/i.test(id) ? null : id;
}

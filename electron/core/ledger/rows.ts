/** Rows of the ledger's tables as values, and back. */
import { z } from "zod";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import {
  usageConfidenceSchema,
  usageKindSchema,
  usageMarkSchema,
  usageOutcomeSchema,
  usageSourceSchema,
} from "#shared/model/usage.ts";
import type { LedgerEntry, Tokens } from "#shared/model/usage.ts";
import type { Row } from "#core/ports/database.ts";
import type { Admitted } from "./admit.ts";

const marksSchema = z.array(usageMarkSchema).catch([]);

export interface ReportRow extends Admitted {
  readonly request: number;
}

export function toReport(row: Row): ReportRow {
  return {
    request: Number(row["request"]),
    source: usageSourceSchema.parse(row["source"]),
    sourceKey: String(row["source_key"]),
    at: Number(row["at"]),
    receivedAt: Number(row["received_at"]),
    confidence: usageConfidenceSchema.parse(row["confidence"]),
    outcome: usageOutcomeSchema.parse(row["outcome"]),
    agent: String(row["agent"]),
    kind: usageKindSchema.parse(row["kind"]),
    subagent: textOf(row["subagent"]),
    provider: String(row["provider"]),
    model: String(row["model"]),
    sessionId: textOf(row["session_id"]),
    cliSessionId: textOf(row["cli_session_id"]),
    requestId: textOf(row["request_id"]),
    messageId: textOf(row["message_id"]),
    tokens: row["input"] === null ? null : tokensOf(row),
    reportedCostNanos: numberOf(row["reported_cost_nanos"]),
    durationMs: numberOf(row["duration_ms"]),
    imported: row["imported"] === 1,
    marks: marksOf(row["marks"]),
  };
}

/** What an entry is made of; `dim` stands for the interned words. */
export interface EntryRow {
  readonly id: number;
  readonly dim: number;
  readonly request: number;
  readonly supersedes: number | null;
  readonly at: number;
  readonly recordedAt: number;
  readonly path: string;
  readonly task: string;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly source: LedgerEntry["source"];
  readonly kind: LedgerEntry["kind"];
  readonly confidence: LedgerEntry["confidence"];
  readonly outcome: LedgerEntry["outcome"];
  readonly imported: boolean;
  readonly sessionId: string | null;
  readonly generation: number | null;
  readonly cliSessionId: string | null;
  readonly subagent: string | null;
  readonly tokens: Tokens;
  readonly costNanos: number | null;
  readonly priceVersion: string | null;
  readonly reportedCostNanos: number | null;
  readonly requestId: string | null;
  readonly messageId: string | null;
  readonly isRemainder: boolean;
  readonly marks: Admitted["marks"];
  readonly supersededBy: number | null;
}

/** With its dims `d` and, where the entry no longer counts, `s`. */
export const SELECT_ENTRY = `SELECT e.*, d.path, d.task, d.agent, d.provider, d.model, d.source, d.kind, d.confidence, d.outcome, d.imported, s.by_entry
  FROM usage_entries e JOIN usage_dims d ON d.id = e.dim LEFT JOIN usage_superseded s ON s.entry = e.id`;

export function toEntry(row: Row): EntryRow {
  return {
    id: Number(row["id"]),
    dim: Number(row["dim"]),
    request: Number(row["request"]),
    supersedes: numberOf(row["supersedes"]),
    at: Number(row["at"]),
    recordedAt: Number(row["recorded_at"]),
    path: String(row["path"]),
    task: String(row["task"]),
    agent: String(row["agent"]),
    provider: String(row["provider"]),
    model: String(row["model"]),
    source: usageSourceSchema.parse(row["source"]),
    kind: usageKindSchema.parse(row["kind"]),
    confidence: usageConfidenceSchema.parse(row["confidence"]),
    outcome: usageOutcomeSchema.parse(row["outcome"]),
    imported: row["imported"] === 1,
    sessionId: textOf(row["session_id"]),
    generation: numberOf(row["generation"]),
    cliSessionId: textOf(row["cli_session_id"]),
    subagent: textOf(row["subagent"]),
    tokens: tokensOf(row),
    costNanos: numberOf(row["cost_nanos"]),
    priceVersion: textOf(row["price_version"]),
    reportedCostNanos: numberOf(row["reported_cost_nanos"]),
    requestId: textOf(row["request_id"]),
    messageId: textOf(row["message_id"]),
    isRemainder: row["is_remainder"] === 1,
    marks: marksOf(row["marks"]),
    supersededBy: numberOf(row["by_entry"]),
  };
}

/** As clients see it. */
export function showEntry(entry: EntryRow): LedgerEntry {
  return {
    id: entry.id,
    at: toIsoTime(entry.at),
    recordedAt: toIsoTime(entry.recordedAt),
    ...withText("path", entry.path === "" ? null : entry.path),
    ...withText("sessionId", entry.sessionId),
    ...withNumber("generation", entry.generation),
    ...withText("task", entry.task === "" ? null : entry.task),
    ...withText("cliSessionId", entry.cliSessionId),
    agent: entry.agent,
    kind: entry.kind,
    ...withText("subagent", entry.subagent),
    provider: entry.provider,
    model: entry.model,
    tokens: entry.tokens,
    costNanos: entry.costNanos,
    priceVersion: entry.priceVersion,
    ...withNumber("reportedCostNanos", entry.reportedCostNanos),
    source: entry.source,
    confidence: entry.confidence,
    outcome: entry.outcome,
    ...withText("requestId", entry.requestId),
    ...withText("messageId", entry.messageId),
    ...withNumber("supersedes", entry.supersedes),
    ...withNumber("supersededBy", entry.supersededBy),
    imported: entry.imported,
    isRemainder: entry.isRemainder,
    marks: [...entry.marks],
  };
}

type Optional<K extends string, V> = { [key in K]?: V };

export function withText<K extends string>(key: K, value: string | null): Optional<K, string> {
  const shown: Optional<K, string> = {};
  if (value !== null) shown[key] = value;
  return shown;
}

export function withNumber<K extends string>(key: K, value: number | null): Optional<K, number> {
  const shown: Optional<K, number> = {};
  if (value !== null) shown[key] = value;
  return shown;
}

export function tokensOf(row: Row): Tokens {
  return {
    input: Number(row["input"]),
    output: Number(row["output"]),
    cacheRead: Number(row["cache_read"]),
    cacheWrite: Number(row["cache_write"]),
    reasoning: Number(row["reasoning"]),
  };
}

export function textOf(value: Row[string] | undefined): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOf(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

export function marksOf(value: Row[string] | undefined): Admitted["marks"] {
  const text = String(value ?? "");
  return text === "" ? [] : marksSchema.parse(text.split(","));
}

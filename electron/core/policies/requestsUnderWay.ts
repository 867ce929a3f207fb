/**
 * Joins gateway, store and ledger: every request that was let out is on disk until the ledger has it. What a core left when
 * it died is the next one's first entry: the provider's count where it had spoken, an estimate where it had not.
 */
import { z } from "zod";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import {
  tokensSchema,
  usageConfidenceSchema,
  usageKindSchema,
  usageOutcomeSchema,
  usageSourceSchema,
} from "#shared/model/usage.ts";
import type { Ledger } from "#core/ledger/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { GatewayCall } from "#core/ports/gateway.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import type { Recorder, Store } from "#core/store/index.ts";

export interface UnderWayParts {
  readonly store: Pick<Store, "jot" | "all">;
  readonly recorder: Pick<Recorder, "project" | "flush">;
  readonly clock: Clock;
}

/** Before the request goes out: no sync is waited for, a killed core leaves the row all the same. */
export function noteBegan({ store, recorder, clock }: UnderWayParts, call: GatewayCall): void {
  const sql = "INSERT INTO gateway_requests (id, at_ms, call) VALUES (?, ?, ?)";
  const params = [call.id, clock.wallNow(), JSON.stringify(call)];
  // A full disk stops no agent; the journal writes it down when there is room again.
  if (!store.jot(sql, params).ok) recorder.project((tx) => void tx.run(sql, params));
}

/** Told with the provider's first words, and at the end of the answer while the ledger's commit is yet to come. */
export function noteHeard({ store }: UnderWayParts, call: GatewayCall, report: UsageReport): void {
  store.jot("UPDATE gateway_requests SET report = ? WHERE id = ?", [JSON.stringify(report), call.id]);
}

/** In the commit of its entry. */
export function noteEnded({ recorder }: UnderWayParts, call: GatewayCall): void {
  recorder.project((tx) => void tx.run("DELETE FROM gateway_requests WHERE id = ?", [call.id]));
}

const callSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  agent: z.string(),
  provider: z.string(),
  api: z.enum(["anthropic", "openai_responses", "openai_chat", "gemini", "other"]),
  model: z.string().exactOptional(),
  estimate: z.object({ inputTokens: z.number() }).exactOptional(),
});
const reportSchema = z.object({
  source: usageSourceSchema,
  confidence: usageConfidenceSchema,
  at: z.string(),
  agent: z.string(),
  sessionId: z.string(),
  cliSessionId: z.string().exactOptional(),
  subagent: z.string().exactOptional(),
  kind: usageKindSchema,
  provider: z.string(),
  model: z.string(),
  requestId: z.string().exactOptional(),
  messageId: z.string().exactOptional(),
  sourceKey: z.string(),
  tokens: tokensSchema.exactOptional(),
  outcome: usageOutcomeSchema,
  durationMs: z.number().exactOptional(),
});

/** Fewer than the ledger takes in one slice. */
const AT_ONCE = 50;

/** Before the budgets count what the ledger has, so that nothing is set aside for a request that no longer runs. */
export function reportLeftOver(
  parts: UnderWayParts & { readonly ledger: Pick<Ledger, "report">; readonly logger: Logger },
): void {
  const { store, recorder, ledger, logger } = parts;
  const rows = store.all("SELECT id, at_ms, call, report FROM gateway_requests");
  if (rows.length === 0) return;
  for (const [index, row] of rows.entries()) {
    // What is reported together with others than its own deletion is the ledger's to commit later.
    if (index % AT_ONCE === 0) recorder.flush();
    const call = callSchema.safeParse(parsed(row["call"])).data;
    const heard = reportSchema.safeParse(parsed(row["report"])).data;
    if (call === undefined) logger.error("A request cut off with the last core cannot be read.", { id: row["id"] });
    else ledger.report(heard === undefined ? estimateOf(call, Number(row["at_ms"])) : heard);
    recorder.project((tx) => void tx.run("DELETE FROM gateway_requests WHERE id = ?", [row["id"] ?? null]));
  }
  recorder.flush();
  logger.info("Requests that were cut off with the last core were counted.", { requests: rows.length });
}

/** The provider had not spoken: the size of the request is all that is known. */
function estimateOf(call: GatewayCall, atMs: number): UsageReport {
  const input = call.estimate?.inputTokens;
  return {
    source: "estimate",
    confidence: "estimated",
    at: toIsoTime(atMs),
    agent: call.agent,
    sessionId: call.sessionId,
    kind: "unknown",
    provider: call.provider,
    model: call.model ?? "unknown",
    sourceKey: `${call.sessionId}:${call.id}`,
    outcome: "interrupted",
    ...(input === undefined ? {} : { tokens: { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 } }),
  };
}

function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Token usage as Claude Code tells it (measured with 2.1.329). Its `api_request` event is exact for each request but silent
 * about interrupted ones; its token metric counts those too, without ids; its transcript repeats a message once per content
 * block, knows no compaction and no titles, and an interrupted message only as it began.
 */
import { z } from "zod";

import type { Machine } from "#core/ports/machine.ts";
import type { TelemetryBatch, TelemetryLog, TelemetryPoint } from "#core/ports/telemetry.ts";
import type { UsageReport, UsageTotals } from "#core/ports/usage.ts";
import type { LineTranscripts, TranscriptParser, UsageAdapter, UsageFindings } from "#core/ports/usageAdapter.ts";
import type { Tokens, UsageKind } from "#shared/model/usage.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { findings, known, nanosOf, NOTHING, numberAt, parseJson, textAt, timeOf } from "./usageNumbers.ts";
import { ownTelemetryClaude } from "./telemetryInjection.ts";

const AGENT = "claude";
const PROVIDER = "anthropic";

export function createClaudeUsage(machine: Machine): UsageAdapter {
  return {
    provider: PROVIDER,
    refusesByHook: true,
    sources: [
      {
        source: "otlp",
        what: "Its own telemetry: every answered request, subagents, compaction and titles; interrupted ones as a remainder.",
        confidence: "exact",
        live: true,
      },
      {
        source: "transcript",
        what: "Its session files: requests of the conversation and its subagents, but no compaction and no titles.",
        confidence: "exact",
        live: true,
      },
    ],
    standsAside: async () => ownTelemetryClaude(machine, await machine.environment(), {}),
    createTelemetryReader: () => ({ read: readTelemetry }),
  };
}

function readTelemetry(batch: TelemetryBatch): UsageFindings {
  const requests = batch.logs.filter((log) => /^(claude_code\.)?api_request$/.test(log.name));
  return findings(requests.map(readRequest), readPoints(batch.points));
}

function readRequest(log: TelemetryLog): UsageReport {
  const { attributes } = log;
  const count = (name: string): number => numberAt(attributes, name) ?? 0;
  const session = textAt(attributes, "session.id") ?? "";
  const requestId = textAt(attributes, "request_id");
  const at = timeOf(log);
  return {
    source: "otlp",
    confidence: "exact",
    at,
    agent: AGENT,
    kind: kindOf(textAt(attributes, "query_source"), textAt(attributes, "agent_id")),
    provider: PROVIDER,
    model: textAt(attributes, "model") ?? "unknown",
    sourceKey: requestId ?? `${session} ${count("event.sequence")} ${at}`,
    tokens: {
      input: count("input_tokens"),
      output: count("output_tokens"),
      cacheRead: count("cache_read_tokens"),
      cacheWrite: count("cache_creation_tokens"),
      reasoning: count("thinking_tokens"),
    },
    outcome: "complete",
    ...nanosOf(numberAt(attributes, "cost_usd")),
    ...known({
      cliSessionId: textAt(attributes, "session.id"),
      subagent: textAt(attributes, "agent_id"),
      requestId,
      durationMs: numberAt(attributes, "duration_ms"),
    }),
  };
}

/** `repl_main_thread` and its variants, `sdk` for -p; `agent:builtin:…` for subagents; `compact`, title and quota queries. */
function kindOf(querySource: string | undefined, agentId: string | undefined): UsageKind {
  if (agentId !== undefined || querySource?.startsWith("agent:") === true) return "subagent";
  if (querySource === undefined) return "unknown";
  return /^(sdk|repl_main_thread)/.test(querySource) ? "main" : "auxiliary";
}

const PARTS: Readonly<Record<string, keyof Tokens>> = {
  input: "input",
  output: "output",
  cacheRead: "cacheRead",
  cacheCreation: "cacheWrite",
};

/** Only increments: a person may have chosen cumulative temporality, and then nothing here can be added up safely. */
function readPoints(points: readonly TelemetryPoint[]): readonly UsageTotals[] {
  return points.flatMap((point) => {
    const part = PARTS[textAt(point.attributes, "type") ?? ""];
    if (point.name !== "claude_code.token.usage" || point.temporality !== "delta" || part === undefined) return [];
    const session = textAt(point.attributes, "session.id");
    const labels = ["model", "query_source", "agent.name", "type"].map((name) => textAt(point.attributes, name) ?? "");
    return {
      source: "otlp",
      at: toIsoTime(point.atMs ?? 0),
      agent: AGENT,
      provider: PROVIDER,
      model: textAt(point.attributes, "model") ?? "unknown",
      mode: "delta",
      sourceKey: [session, ...labels, point.startMs, point.atMs].join(" "),
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, [part]: point.value },
      ...known({ cliSessionId: session }),
    } satisfies UsageTotals;
  });
}

const lineSchema = z.object({
  type: z.literal("assistant"),
  timestamp: z.string().catch(""),
  sessionId: z.string().optional(),
  agentId: z.string().optional(),
  isSidechain: z.boolean().optional(),
  requestId: z.string().optional(),
  isAbortedMidStream: z.boolean().optional(),
  message: z.object({
    id: z.string().optional(),
    model: z.string(),
    stop_reason: z.string().nullish(),
    usage: z.object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      cache_read_input_tokens: z.number().nullish(),
      cache_creation_input_tokens: z.number().nullish(),
      output_tokens_details: z.object({ thinking_tokens: z.number().nullish() }).nullish(),
    }),
  }),
  uuid: z.string().optional(),
});

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const SUBAGENT_FILE = /^agent-[\w-]+\.jsonl$/;

export const claudeTranscripts: LineTranscripts = {
  kind: "lines",
  agent: AGENT,
  root: ({ homeDir, env }) => `${env["CLAUDE_CONFIG_DIR"] ?? `${homeDir}/.claude`}/projects`,
  ways: () => [
    [/./, new RegExp(`^${UUID}\\.jsonl$`)],
    [/./, new RegExp(`^${UUID}$`), /^subagents$/, SUBAGENT_FILE],
    // Older versions kept subagents beside the sessions.
    [/./, SUBAGENT_FILE],
  ],
  waysOf: ({ cliSessionIds, cwd }) => {
    const folder = new RegExp(`^${cwd.replace(/[^a-zA-Z0-9]/g, "-").slice(0, 200)}`);
    return cliSessionIds.flatMap((id) => [
      [folder, new RegExp(`^${id}\\.jsonl$`)],
      [folder, new RegExp(`^${id}$`), /^subagents$/, SUBAGENT_FILE],
    ]);
  },
  createParser: (): TranscriptParser => ({ line: readLine, state: () => "", restore: () => undefined }),
};

function readLine(text: string): UsageFindings | undefined {
  // Most lines are not answers; parsing them only to find out would be most of the work.
  if (!text.includes('"assistant"')) return text.startsWith("{") ? NOTHING : undefined;
  const json = parseJson(text);
  if (json === undefined) return undefined;
  const line = lineSchema.safeParse(json).data;
  // `<synthetic>` is Claude speaking for itself: no request was made.
  if (line === undefined || line.message.model === "<synthetic>") return NOTHING;
  return findings([readAnswer(line)]);
}

function tokensOf(usage: z.infer<typeof lineSchema>["message"]["usage"]): Tokens {
  return {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}

function readAnswer(line: z.infer<typeof lineSchema>): UsageReport {
  const { message } = line;
  const isSubagent = line.agentId !== undefined || line.isSidechain === true;
  const isWhole = line.isAbortedMidStream !== true && (message.stop_reason ?? null) !== null;
  return {
    source: "transcript",
    confidence: isWhole ? "exact" : "rounded",
    at: line.timestamp,
    agent: AGENT,
    kind: isSubagent ? "subagent" : "main",
    provider: PROVIDER,
    model: message.model,
    sourceKey: `${message.id ?? line.uuid ?? line.timestamp} ${line.requestId ?? ""}`,
    tokens: tokensOf(message.usage),
    outcome: line.isAbortedMidStream === true ? "interrupted" : "complete",
    ...known({
      cliSessionId: line.sessionId,
      subagent: line.agentId,
      requestId: line.requestId,
      messageId: message.id,
    }),
  };
}

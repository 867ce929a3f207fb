/**
 * Token usage as Codex tells it (measured with 0.169). Its rollout files are exact within milliseconds, one record per
 * response; its telemetry is exact too, comes later, names no response, and is the only one that knows hidden threads.
 * An interrupted response is counted by neither: its telemetry only lets it be seen that one began and never ended, its
 * rollout that a turn ended while an answer was due. Input includes what came from the cache.
 */
import { z } from "zod";

import type { Machine } from "#core/ports/machine.ts";
import type { TelemetryBatch, TelemetryLog } from "#core/ports/telemetry.ts";
import type { UsageGap, UsageReport } from "#core/ports/usage.ts";
import type {
  LineTranscripts,
  TelemetryReader,
  TranscriptParser,
  UsageAdapter,
  UsageFindings,
} from "#core/ports/usageAdapter.ts";
import type { UsageKind } from "#shared/model/usage.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { findings, fromInclusive, known, NOTHING, numberAt, parseJson, textAt, timeOf } from "./usageNumbers.ts";
import { interruptedGap, OpenRequests } from "./openRequests.ts";
import { ownTelemetryCodex } from "./telemetryInjection.ts";

const AGENT = "codex";
const PROVIDER = "openai";

export function createCodexUsage(machine: Machine): UsageAdapter {
  return {
    provider: PROVIDER,
    refusesByHook: false,
    heardOnly: "titles",
    sources: [
      {
        source: "otlp",
        what: "Its own telemetry: every answered request, hidden threads too, some 300 ms late; interrupted ones only as unknown.",
        confidence: "exact",
        live: true,
      },
      {
        source: "transcript",
        what: "Its rollout files: every answered request of the conversation and its subagents, within milliseconds.",
        confidence: "exact",
        live: true,
      },
    ],
    standsAside: async () => ownTelemetryCodex(machine, await machine.environment(), {}),
    createTelemetryReader: () => new CodexTelemetry(),
  };
}

class CodexTelemetry implements TelemetryReader {
  readonly #open = new OpenRequests(AGENT, "Codex");

  read(batch: TelemetryBatch, { cliSessionId }: { readonly cliSessionId?: string | undefined }): UsageFindings {
    const gaps = batch.logs.flatMap((log) => this.#follow(log));
    return { ...findings(batch.logs.flatMap((log) => readCompleted(log, cliSessionId))), gaps };
  }

  ended(): UsageFindings {
    return { ...NOTHING, gaps: this.#open.take(() => true) };
  }

  /** A thread asks one thing after the other: with its next request the answer to the last one is lost. */
  #follow(log: TelemetryLog): readonly UsageGap[] {
    const { attributes } = log;
    const thread = textAt(attributes, "conversation.id") ?? "";
    const kind = attributes["event.kind"];
    if (kind === "response.completed" || kind === "response.failed") this.#open.ended(thread);
    if (log.name !== "codex.api_request" || attributes["http.response.status_code"] !== 200) return [];
    if (!(textAt(attributes, "endpoint") ?? "").endsWith("/responses")) return [];
    const lost = this.#open.take(({ key }) => key === thread);
    this.#open.begun({ key: thread, at: timeOf(log), cliSessionId: thread, model: textAt(attributes, "model") });
    return lost;
  }
}

function readCompleted(log: TelemetryLog, mainThread: string | undefined): readonly UsageReport[] {
  const { attributes } = log;
  const input = numberAt(attributes, "input_token_count");
  const output = numberAt(attributes, "output_token_count");
  // `response.completed` is said twice; only one of the two carries counts.
  if (log.name !== "codex.sse_event" && log.name !== "codex.websocket_event") return [];
  if (attributes["event.kind"] !== "response.completed" || input === undefined || output === undefined) return [];
  const thread = textAt(attributes, "conversation.id");
  const at = timeOf(log);
  const tokens = fromInclusive({
    input,
    output,
    cached: numberAt(attributes, "cached_token_count"),
    cacheWrite: numberAt(attributes, "cache_write_token_count"),
    reasoning: numberAt(attributes, "reasoning_token_count"),
  });
  return [
    {
      source: "otlp",
      confidence: "exact",
      at,
      agent: AGENT,
      kind: kindOf(attributes["session_source"], { thread, mainThread }),
      provider: PROVIDER,
      model: textAt(attributes, "model") ?? "unknown",
      sourceKey: [thread, at, input, output].join(" "),
      tokens,
      outcome: "complete",
      ...known({ cliSessionId: thread, subagent: thread === mainThread ? undefined : thread }),
    },
  ];
}

function kindOf(source: unknown, ids: { thread: string | undefined; mainThread: string | undefined }): UsageKind {
  if (ids.mainThread === undefined) return "unknown";
  if (ids.thread === ids.mainThread) return "main";
  return source === "subagent" ? "subagent" : "unknown";
}

const countsSchema = z.object({
  input_tokens: z.number(),
  cached_input_tokens: z.number().nullish(),
  cache_write_input_tokens: z.number().nullish(),
  output_tokens: z.number(),
  reasoning_output_tokens: z.number().nullish(),
  total_tokens: z.number().nullish(),
});
type Counts = z.infer<typeof countsSchema>;

const metaSchema = z.object({
  id: z.string(),
  session_id: z.string().optional(),
  timestamp: z.string().optional(),
  cwd: z.string().optional(),
  model_provider: z.string().nullish(),
  forked_from_id: z.string().nullish(),
  thread_source: z.string().nullish(),
});
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session_meta"), timestamp: z.string().catch(""), payload: metaSchema }),
  z.object({ type: z.literal("turn_context"), payload: z.object({ model: z.string() }) }),
  z.object({
    type: z.literal("token_usage_record"),
    timestamp: z.string().catch(""),
    payload: z.object({ response_id: z.string().nullish(), thread_id: z.string().nullish(), usage: countsSchema }),
  }),
  z.object({
    type: z.literal("event_msg"),
    timestamp: z.string().catch(""),
    payload: z.discriminatedUnion("type", [
      z.object({
        type: z.literal("token_count"),
        info: z.object({ total_token_usage: countsSchema, last_token_usage: countsSchema }),
      }),
      z.object({ type: z.literal("turn_aborted"), turn_id: z.string().catch("") }),
    ]),
  }),
]);
type Line = z.infer<typeof lineSchema>;

/** The history a fork takes over is written within the second of its beginning. */
const REPLAY_MS = 1_000;
/** Lines of other kinds need not be parsed. */
const TELLING = /"type":\s*"(session_meta|turn_context|token_usage_record|token_count|turn_aborted)"/;
/** At the head of a line whose rest may be megabytes: what the model is asked to answer. */
const ASKS = /"type":\s*"response_item".*("type":\s*"function_call_output"|"role":\s*"user")/;
const HEAD = 400;

const stateSchema = z.object({
  thread: z.string(),
  session: z.string(),
  provider: z.string(),
  isFork: z.boolean(),
  isSubagent: z.boolean(),
  startedAt: z.string(),
  model: z.string(),
  lastTotal: z.string(),
  hasRecords: z.boolean(),
  isAnswerDue: z.boolean().default(false),
});

class RolloutParser implements TranscriptParser {
  #state: z.infer<typeof stateSchema> = {
    thread: "",
    session: "",
    provider: PROVIDER,
    isFork: false,
    isSubagent: false,
    startedAt: "",
    model: "unknown",
    lastTotal: "",
    hasRecords: false,
    isAnswerDue: false,
  };

  line(text: string): UsageFindings | undefined {
    if (!TELLING.test(text)) {
      const head = text.slice(0, HEAD);
      // Codex itself puts the abort into words for the model.
      if (ASKS.test(head) && !head.includes("<turn_aborted>")) this.#state.isAnswerDue = true;
      return text.startsWith("{") ? NOTHING : undefined;
    }
    const json = parseJson(text);
    if (json === undefined) return undefined;
    const line = lineSchema.safeParse(json).data;
    return line === undefined ? NOTHING : this.#read(line);
  }

  state(): string {
    return JSON.stringify(this.#state);
  }

  restore(state: string): void {
    this.#state = stateSchema.safeParse(parseJson(state)).data ?? this.#state;
  }

  #read(line: Line): UsageFindings {
    const state = this.#state;
    switch (line.type) {
      case "session_meta":
        this.#begin(line.payload, line.timestamp);
        return NOTHING;
      case "turn_context":
        state.model = line.payload.model;
        return NOTHING;
      case "token_usage_record": {
        state.hasRecords = true;
        state.isAnswerDue = false;
        const { response_id, usage, thread_id } = line.payload;
        const key = response_id ?? [thread_id, line.timestamp, usage.total_tokens].join(" ");
        return findings([this.#report(line.timestamp, usage, { sourceKey: key, messageId: response_id ?? undefined })]);
      }
      case "event_msg": {
        const { payload, timestamp } = line;
        return payload.type === "turn_aborted" ? this.#aborted(timestamp) : this.#count(timestamp, payload.info);
      }
    }
  }

  /** A fork repeats its parent's first line after its own: the first one counts. */
  #begin(meta: z.infer<typeof metaSchema>, timestamp: string): void {
    const state = this.#state;
    if (state.thread !== "") return;
    state.thread = meta.id;
    state.session = meta.session_id ?? meta.id;
    state.provider = meta.model_provider ?? PROVIDER;
    state.isFork = (meta.forked_from_id ?? null) !== null;
    state.isSubagent = meta.thread_source === "subagent" || state.session !== meta.id;
    state.startedAt = meta.timestamp ?? timestamp;
  }

  /** What older versions wrote instead of records: repeated at will, so only a grown total is a request. */
  #count(timestamp: string, info: { total_token_usage: Counts; last_token_usage: Counts }): UsageFindings {
    const state = this.#state;
    const total = countsKey(info.total_token_usage);
    const isRepeated = total === state.lastTotal;
    state.lastTotal = total;
    state.isAnswerDue = false;
    if (state.hasRecords || isRepeated || this.#isReplay(timestamp)) return NOTHING;
    const sourceKey = `${state.thread} ${total}`;
    return findings([this.#report(timestamp, info.last_token_usage, { sourceKey, messageId: undefined })]);
  }

  #isReplay(at: string): boolean {
    const { isFork, startedAt } = this.#state;
    return isFork && parseTime(at) - parseTime(startedAt) < REPLAY_MS;
  }

  #aborted(at: string): UsageFindings {
    const { thread, model, isAnswerDue } = this.#state;
    this.#state.isAnswerDue = false;
    if (!isAnswerDue || this.#isReplay(at)) return NOTHING;
    const begun = { name: "Codex", key: thread, at, cliSessionId: thread, model };
    return { ...NOTHING, gaps: [interruptedGap("transcript", AGENT, begun)] };
  }

  #report(at: string, usage: Counts, ids: { sourceKey: string; messageId: string | undefined }): UsageReport {
    const { thread, session, isSubagent, model, provider } = this.#state;
    return {
      source: "transcript",
      confidence: "exact",
      at,
      agent: AGENT,
      kind: isSubagent ? "subagent" : "main",
      provider,
      model,
      sourceKey: ids.sourceKey,
      tokens: fromInclusive({
        input: usage.input_tokens,
        output: usage.output_tokens,
        cached: usage.cached_input_tokens ?? 0,
        cacheWrite: usage.cache_write_input_tokens ?? 0,
        reasoning: usage.reasoning_output_tokens ?? 0,
      }),
      outcome: "complete",
      cliSessionId: thread,
      ...known({ subagent: isSubagent && thread !== session ? thread : undefined, messageId: ids.messageId }),
    };
  }
}

function countsKey(counts: Counts): string {
  const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } = counts;
  return [input_tokens, cached_input_tokens ?? 0, output_tokens, reasoning_output_tokens ?? 0].join(" ");
}

const ROLLOUT = "^rollout-.*-";
const DIGITS = [/^\d{4}$/, /^\d\d$/, /^\d\d$/];

export const codexTranscripts: LineTranscripts = {
  kind: "lines",
  agent: AGENT,
  root: ({ homeDir, env }) => `${env["CODEX_HOME"] ?? `${homeDir}/.codex`}/sessions`,
  ways: () => [[...DIGITS, new RegExp(`${ROLLOUT}[0-9a-f-]{36}\\.jsonl$`)]],
  // A subagent's file carries its own thread's id, so any rollout may belong.
  waysOf: () => [[...DIGITS, new RegExp(`${ROLLOUT}[0-9a-f-]{36}\\.jsonl$`)]],
  belongs(firstLine, { cliSessionIds }) {
    const line = lineSchema.safeParse(parseJson(firstLine)).data;
    if (line?.type !== "session_meta") return false;
    return cliSessionIds.includes(line.payload.id) || cliSessionIds.includes(line.payload.session_id ?? "");
  },
  createParser: () => new RolloutParser(),
};

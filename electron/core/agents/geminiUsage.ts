/**
 * Token usage as Gemini CLI tells it (measured with 0.61). Its `gemini_cli.api_response` event is exact, hidden requests
 * included, but 2 to 5 s late; its chat files come before a permission is asked, repeat each message and know only the
 * conversation. An interrupted request is counted by neither: its telemetry tells that it began, its chat file that a person
 * cancelled it. `input` includes the cache, `output` excludes thoughts.
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
import { readGenAi } from "./genAiNames.ts";
import { findings, fromInclusive, known, NOTHING, numberAt, parseJson, textAt, timeOf } from "./usageNumbers.ts";
import { interruptedGap, OpenRequests } from "./openRequests.ts";
import { ownTelemetryGemini } from "./telemetryInjection.ts";

const AGENT = "gemini";
const PROVIDER = "google";

export function createGeminiUsage(machine: Machine): UsageAdapter {
  return {
    provider: PROVIDER,
    refusesByHook: false,
    heardOnly: "routing, summaries, checks",
    sources: [
      {
        source: "otlp",
        what: "Its own telemetry: every answered request, hidden ones too, 2 to 5 s late; interrupted ones only as unknown.",
        confidence: "exact",
        live: true,
      },
      {
        source: "transcript",
        what: "Its chat files: requests of the conversation at once, but no hidden ones.",
        confidence: "exact",
        live: true,
      },
    ],
    standsAside: async () => ownTelemetryGemini(machine, await machine.environment(), {}),
    createTelemetryReader: () => new GeminiTelemetry(),
  };
}

const OWN = "gemini_cli.api_response";

/** `gemini_cli.api_…`: a request begins, and is answered or fails. */
const BEGUN = "gemini_cli.api_request";
const ENDED: readonly string[] = [OWN, "gemini_cli.api_error"];

class GeminiTelemetry implements TelemetryReader {
  #saysItsOwn = false;
  readonly #open = new OpenRequests(AGENT, "Gemini CLI");

  /** Each answer is told twice: in Gemini's words with all counts, in OpenTelemetry's with the provider's id. */
  read(batch: TelemetryBatch): UsageFindings {
    const own = batch.logs.filter((log) => log.name === OWN);
    const common = batch.logs.filter((log) => log.name !== OWN && readGenAi(log.attributes).tokens !== undefined);
    this.#saysItsOwn ||= own.length > 0;
    const gaps = batch.logs.flatMap((log) => this.#follow(log));
    if (!this.#saysItsOwn) return { ...findings(common.map(readCommon)), gaps };
    const ids = new Map(common.map((log) => [pairKey(log), readGenAi(log.attributes).responseId]));
    return { ...findings(own.map((log) => readOwn(log, ids.get(pairKey(log))))), gaps };
  }

  ended(): UsageFindings {
    return { ...NOTHING, gaps: this.#open.take(() => true) };
  }

  /** With the person's next prompt what the one before it asked for is over. */
  #follow(log: TelemetryLog): readonly UsageGap[] {
    const { attributes, name } = log;
    const prompt = textAt(attributes, "prompt_id") ?? "";
    const key = [prompt, textAt(attributes, "role"), textAt(attributes, "model")].join(" ");
    if (ENDED.includes(name)) this.#open.ended(key);
    if (name === "gemini_cli.user_prompt") return this.#open.take((request) => !request.key.startsWith(`${prompt} `));
    const [cliSessionId, model] = [textAt(attributes, "session.id"), textAt(attributes, "model")];
    if (name === BEGUN) this.#open.begun({ key, at: timeOf(log), cliSessionId, model });
    return [];
  }
}

/** Both are made in one go, so they carry the same time. */
function pairKey(log: TelemetryLog): string {
  const { attributes } = log;
  const input = numberAt(attributes, "input_token_count") ?? numberAt(attributes, "gen_ai.usage.input_tokens");
  return [textAt(attributes, "session.id"), timeOf(log), input].join(" ");
}

function readOwn(log: TelemetryLog, responseId: string | undefined): UsageReport {
  const { attributes } = log;
  const count = (name: string): number => numberAt(attributes, name) ?? 0;
  const session = textAt(attributes, "session.id");
  const at = timeOf(log);
  const thoughts = count("thoughts_token_count");
  return {
    source: "otlp",
    confidence: "exact",
    at,
    agent: AGENT,
    kind: kindOf(textAt(attributes, "role")),
    provider: PROVIDER,
    model: textAt(attributes, "model") ?? "unknown",
    sourceKey: [session, textAt(attributes, "prompt_id"), at, count("total_token_count")].join(" "),
    tokens: fromInclusive({
      input: count("input_token_count") + count("tool_token_count"),
      output: count("output_token_count") + thoughts,
      cached: count("cached_content_token_count"),
      reasoning: thoughts,
    }),
    outcome: "complete",
    ...known({ cliSessionId: session, messageId: responseId, durationMs: numberAt(attributes, "duration_ms") }),
  };
}

/** `main`, `subagent`, and the utilities: router, summarizer, compression, loop and edit checks. */
function kindOf(role: string | undefined): UsageKind {
  if (role === undefined) return "unknown";
  return role === "main" || role === "subagent" ? role : "auxiliary";
}

function readCommon(log: TelemetryLog): UsageReport {
  const { tokens, model, provider, responseId } = readGenAi(log.attributes);
  const session = textAt(log.attributes, "session.id");
  return {
    source: "otlp",
    // It names neither cached tokens nor thoughts.
    confidence: "rounded",
    at: timeOf(log),
    agent: AGENT,
    kind: "unknown",
    provider,
    model,
    sourceKey: responseId ?? pairKey(log),
    outcome: "complete",
    ...known({ tokens, cliSessionId: session, messageId: responseId }),
  };
}

const messageSchema = z.object({
  id: z.string(),
  type: z.literal("gemini"),
  timestamp: z.string().catch(""),
  model: z.string().catch("unknown"),
  tokens: z.object({
    input: z.number(),
    output: z.number(),
    cached: z.number().nullish(),
    thoughts: z.number().nullish(),
    tool: z.number().nullish(),
  }),
});
const headSchema = z.object({ sessionId: z.string(), kind: z.string().optional() });
const cancelledSchema = z.object({
  id: z.string(),
  type: z.literal("info"),
  timestamp: z.string().catch(""),
  content: z.literal("Request cancelled."),
});
const setSchema = z.object({ $set: z.object({ messages: z.array(z.unknown()) }) });
const stateSchema = z.object({
  session: z.string(),
  isSubagent: z.boolean(),
  isAnswerDue: z.boolean().default(false),
  model: z.string().default("unknown"),
});
/** What the model is asked to answer, at the head of a line whose rest may be long. */
const ASKS = /^\{"id":"[^"]*","timestamp":"[^"]*","type":"user"/;

class ChatParser implements TranscriptParser {
  #state: z.infer<typeof stateSchema> = { session: "", isSubagent: false, isAnswerDue: false, model: "unknown" };

  line(text: string): UsageFindings | undefined {
    if (ASKS.test(text)) this.#state.isAnswerDue = true;
    if (text.includes('"Request cancelled."')) return this.#cancelled(cancelledSchema.safeParse(parseJson(text)).data);
    const isTelling = text.includes('"tokens"') || text.includes('"sessionId"');
    if (!isTelling) return text.startsWith("{") ? NOTHING : undefined;
    const json = parseJson(text);
    if (json === undefined) return undefined;
    const head = headSchema.safeParse(json).data;
    if (head !== undefined)
      this.#state = { ...this.#state, session: head.sessionId, isSubagent: head.kind === "subagent" };
    const messages = setSchema.safeParse(json).data?.$set.messages ?? [json];
    const told = messages.map((message) => messageSchema.safeParse(message).data);
    return findings(told.flatMap((message) => (message === undefined ? [] : [this.#report(message)])));
  }

  #cancelled(line: z.infer<typeof cancelledSchema> | undefined): UsageFindings {
    const { isAnswerDue, session, model } = this.#state;
    if (line === undefined || !isAnswerDue) return NOTHING;
    this.#state.isAnswerDue = false;
    const begun = { name: "Gemini CLI", key: line.id, at: line.timestamp, model };
    const cliSessionId = session === "" ? undefined : session;
    return { ...NOTHING, gaps: [interruptedGap("transcript", AGENT, { ...begun, cliSessionId })] };
  }

  state(): string {
    return JSON.stringify(this.#state);
  }

  restore(state: string): void {
    this.#state = stateSchema.safeParse(parseJson(state)).data ?? this.#state;
  }

  #report({ id, timestamp, model, tokens }: z.infer<typeof messageSchema>): UsageReport {
    this.#state.model = model;
    this.#state.isAnswerDue = false;
    const thoughts = tokens.thoughts ?? 0;
    return {
      source: "transcript",
      confidence: "exact",
      at: timestamp,
      agent: AGENT,
      kind: this.#state.isSubagent ? "subagent" : "main",
      provider: PROVIDER,
      model,
      sourceKey: id,
      tokens: fromInclusive({
        input: tokens.input + (tokens.tool ?? 0),
        output: tokens.output + thoughts,
        cached: tokens.cached ?? 0,
        reasoning: thoughts,
      }),
      outcome: "complete",
      ...known({ cliSessionId: this.#state.session === "" ? undefined : this.#state.session }),
    };
  }
}

export const geminiTranscripts: LineTranscripts = {
  kind: "lines",
  agent: AGENT,
  root: ({ homeDir }) => `${homeDir}/.gemini/tmp`,
  ways: () => [[/./, /^chats$/, /^session-.*\.jsonl$/]],
  // A chat's name carries the first eight digits of its session's id.
  waysOf: ({ cliSessionIds }) =>
    cliSessionIds.map((id) => [/./, /^chats$/, new RegExp(`^session-.*${id.slice(0, 8)}\\.jsonl$`)]),
  createParser: () => new ChatParser(),
};

/**
 * Agent CLIs run by a plain `command:` for machines, not people: `claude -p --output-format stream-json`, `codex exec --json`,
 * `gemini --output-format stream-json`, `opencode run --format json`, and anything that speaks ACP. Telemetry is not injected
 * into a command line, so what they print is read: whose conversation it is (its transcript then tells each request) and
 * what a turn used in all. Formats as printed by claude 2.1.329, codex 0.169, gemini 0.61 and opencode 1.18.33.
 */
import { z } from "zod";

import type { UsageTotals } from "#core/ports/usage.ts";
import type { Printed, PrintedReader, PrintedUsage, UsageSourceFact } from "#core/ports/usageAdapter.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { Tokens } from "#shared/model/usage.ts";
import { ANY_MODEL } from "#shared/model/usage.ts";
import { fromInclusive, known, parseJson } from "./usageNumbers.ts";

/** What a command line must hold to be one of them; the first that fits. */
const KINDS: readonly { readonly when: RegExp; readonly agent: string; readonly read: (line: unknown) => Found }[] = [
  { when: /\bclaude-(agent|code)-acp\b/, agent: "claude", read: readAcp },
  { when: /\bcodex-acp\b/, agent: "codex", read: readAcp },
  { when: /\bgemini\b.*\s--(experimental-)?acp\b/, agent: "gemini", read: readAcp },
  { when: /\bopencode\s+acp\b/, agent: "opencode", read: readAcp },
  { when: /(-|\s)acp\b/, agent: "command", read: readAcp },
  { when: /\bclaude\b.*\bstream-json\b/, agent: "claude", read: readClaude },
  { when: /\bgemini\b.*\bstream-json\b/, agent: "gemini", read: readGemini },
  { when: /\bcodex\b.*\bexec\b.*--json\b/, agent: "codex", read: readCodex },
  { when: /\bopencode\b.*\brun\b.*--format[ =]json\b/, agent: "opencode", read: readOpencode },
];

export const PRINTED_SOURCES: readonly UsageSourceFact[] = [
  {
    source: "transcript",
    what: "An agent CLI run with JSON output or over ACP names its conversation; its own files then tell each request.",
    confidence: "exact",
    live: true,
  },
  {
    source: "stream_json",
    what: "The line that closes a turn of claude, codex, gemini or opencode with JSON output: the turn as one sum.",
    confidence: "rounded",
    live: true,
  },
  {
    source: "acp",
    what: "An ACP agent's answer to a prompt: the turn as one sum, of opencode its last request only.",
    confidence: "rounded",
    live: true,
  },
];

const PROVIDERS: Readonly<Record<string, string>> = { claude: "anthropic", codex: "openai", gemini: "google" };

interface Found {
  readonly conversation?: string | undefined;
  /** What a turn used in all; `model` where it is one. */
  readonly used?: { readonly tokens: Tokens; readonly model?: string | undefined; readonly key?: string | undefined };
}

/** Undefined for a command line that prints for people. Pure. */
export function printedUsage(command: string): PrintedUsage | undefined {
  const kind = KINDS.find(({ when }) => when.test(command));
  if (kind === undefined) return undefined;
  const { agent, read } = kind;
  return { agent, ...known({ provider: PROVIDERS[agent] }), createReader: () => new LineReader(agent, read) };
}

class LineReader implements PrintedReader {
  readonly #agent: string;
  readonly #read: (line: unknown) => Found;
  #conversation: string | undefined;
  #turns = 0;

  constructor(agent: string, read: (line: unknown) => Found) {
    this.#agent = agent;
    this.#read = read;
  }

  line(text: string, atMs: number): Printed {
    const json = parseJson(text);
    if (json === undefined) return { totals: [] };
    const { conversation, used } = this.#read(json);
    this.#conversation = conversation ?? this.#conversation;
    const totals = used === undefined ? [] : [this.#turn(used, toIsoTime(atMs))];
    return { totals, ...known({ cliSessionId: conversation }) };
  }

  #turn({ tokens, model = ANY_MODEL, key }: NonNullable<Found["used"]>, at: string): UsageTotals {
    this.#turns += 1;
    return {
      source: this.#read === readAcp ? "acp" : "stream_json",
      at,
      agent: this.#agent,
      provider: PROVIDERS[this.#agent] ?? "unknown",
      model,
      mode: "delta",
      // No line is read twice: an adopted life is read from where the core before it stopped.
      sourceKey: key ?? `${this.#conversation ?? ""} ${at} ${this.#turns}`,
      tokens,
      ...known({ cliSessionId: this.#conversation }),
    };
  }
}

const count = z.number().catch(0);

const claudeSchema = z.object({
  type: z.string(),
  session_id: z.string().optional(),
  uuid: z.string().optional(),
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
      output_tokens_details: z.object({ thinking_tokens: count }).optional(),
    })
    .optional(),
  modelUsage: z.record(z.string(), z.unknown()).optional(),
});

/** `result` closes a turn; its `modelUsage` goes on over `--continue`, its `usage` is this turn's. */
function readClaude(json: unknown): Found {
  const line = claudeSchema.safeParse(json).data;
  if (line === undefined) return {};
  const conversation = line.session_id;
  if (line.type !== "result" || line.usage === undefined) return { conversation };
  const { usage } = line;
  const models = Object.keys(line.modelUsage ?? {});
  const tokens = {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens,
    reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
  return { conversation, used: { tokens, model: models.length === 1 ? models[0] : undefined, key: line.uuid } };
}

const geminiStats = z.object({ total_tokens: count, input_tokens: count, output_tokens: count, cached: count });
const geminiSchema = z.object({
  type: z.string(),
  session_id: z.string().optional(),
  stats: geminiStats.extend({ models: z.record(z.string(), geminiStats).optional() }).optional(),
});

/** `init` names the conversation, `result` closes the run. What is neither input nor output was thought. */
function readGemini(json: unknown): Found {
  const line = geminiSchema.safeParse(json).data;
  if (line === undefined) return {};
  const conversation = line.session_id;
  if (line.type !== "result" || line.stats === undefined) return { conversation };
  const { total_tokens: total, input_tokens: input, output_tokens: output, cached, models = {} } = line.stats;
  const reasoning = Math.max(0, total - input - output);
  const names = Object.keys(models);
  const tokens = fromInclusive({ input, output: output + reasoning, cached, reasoning });
  return { conversation, used: { tokens, model: names.length === 1 ? names[0] : undefined } };
}

const codexSchema = z.object({
  type: z.string(),
  thread_id: z.string().optional(),
  usage: z
    .object({
      input_tokens: count,
      cached_input_tokens: count,
      cache_write_input_tokens: count,
      output_tokens: count,
      reasoning_output_tokens: count,
    })
    .optional(),
});

function readCodex(json: unknown): Found {
  const line = codexSchema.safeParse(json).data;
  if (line === undefined) return {};
  const conversation = line.thread_id;
  if (line.type !== "turn.completed" || line.usage === undefined) return { conversation };
  const { usage } = line;
  const tokens = fromInclusive({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cached: usage.cached_input_tokens,
    cacheWrite: usage.cache_write_input_tokens,
    reasoning: usage.reasoning_output_tokens,
  });
  return { conversation, used: { tokens } };
}

const opencodeSchema = z.object({
  type: z.string(),
  sessionID: z.string().optional(),
  part: z
    .object({
      id: z.string(),
      tokens: z
        .object({ input: count, output: count, reasoning: count, cache: z.object({ read: count, write: count }) })
        .optional(),
    })
    .optional(),
});

function readOpencode(json: unknown): Found {
  const line = opencodeSchema.safeParse(json).data;
  if (line === undefined) return {};
  const conversation = line.sessionID;
  const counted = line.type === "step_finish" ? line.part?.tokens : undefined;
  if (counted === undefined) return { conversation };
  const { input, output, reasoning, cache } = counted;
  const tokens = { input, output: output + reasoning, cacheRead: cache.read, cacheWrite: cache.write, reasoning };
  return { conversation, used: { tokens, key: line.part?.id } };
}

const acpSchema = z.object({
  jsonrpc: z.literal("2.0"),
  result: z
    .object({
      sessionId: z.string().optional(),
      usage: z
        .object({
          inputTokens: z.number(),
          outputTokens: z.number(),
          totalTokens: z.number(),
          cachedReadTokens: z.number().nullish(),
          cachedWriteTokens: z.number().nullish(),
          thoughtTokens: z.number().nullish(),
        })
        .optional(),
    })
    .optional(),
  params: z.object({ sessionId: z.string().optional() }).optional(),
});

/**
 * The answer to `session/prompt` tells what the turn used. Agents differ on whether output holds the thoughts, not on the
 * total. Gemini's quota figures are left alone: they do not tell cached input from other, its transcript does.
 */
function readAcp(json: unknown): Found {
  const line = acpSchema.safeParse(json).data;
  if (line === undefined) return {};
  const conversation = line.params?.sessionId ?? line.result?.sessionId;
  const usage = line.result?.usage;
  if (usage === undefined) return { conversation };
  const [cacheRead, cacheWrite] = [usage.cachedReadTokens ?? 0, usage.cachedWriteTokens ?? 0];
  const output = Math.max(usage.outputTokens, usage.totalTokens - usage.inputTokens - cacheRead - cacheWrite);
  const reasoning = Math.min(output, usage.thoughtTokens ?? 0);
  return { conversation, used: { tokens: { input: usage.inputTokens, output, cacheRead, cacheWrite, reasoning } } };
}

/**
 * What each provider says of its own usage, value by value as it is picked out of an answer, streamed or whole.
 * Input excludes cached tokens and output includes reasoning, whatever the provider's own habit is.
 */
import { z } from "zod";

import type { GatewayApi } from "#core/ports/gateway.ts";
import type { Tokens } from "#shared/model/usage.ts";

export interface UsageReader {
  /** What to pick out of the answer, or out of each event of it. */
  readonly paths: readonly string[];
  readonly see: (path: string, value: unknown) => void;
  seen(): UsageSeen;
}

export interface UsageSeen {
  readonly model?: string;
  readonly messageId?: string;
  readonly tokens?: Tokens;
  /** The provider said that the answer is whole; without it a stream that ends was cut. */
  readonly isWhole: boolean;
  /** The output is the provider's count, not the placeholder with which a stream begins. */
  readonly isOutputCounted: boolean;
  /** The provider broke the answer off: more requests than the plan, the quota or the rate allows. Its own words. */
  readonly refusal?: unknown;
  /** Characters that were streamed, to guess the output of a stream that was cut. */
  readonly characters: number;
}

type Seen = { -readonly [Key in keyof UsageSeen]: UsageSeen[Key] };

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Null and nonsense alike mean that it was not said. */
const said = count.optional().catch(undefined);

export function usageReader(api: Exclude<GatewayApi, "other">): UsageReader {
  switch (api) {
    case "anthropic":
      return anthropicReader();
    case "openai_responses":
      return responsesReader();
    case "openai_chat":
      return chatReader();
    case "gemini":
      return geminiReader();
  }
}

const NO_TOKENS: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

const anthropicUsage = z.object({
  input_tokens: said,
  output_tokens: said,
  cache_read_input_tokens: said,
  cache_creation_input_tokens: said,
});

/** `message_start` has the input, each `message_delta` the output so far; newer ones repeat the input, so the last word counts. */
function anthropicReader(): UsageReader {
  const seen = nothingSeen();
  const take = (value: unknown): void => {
    const usage = anthropicUsage.safeParse(value).data;
    if (usage === undefined) return;
    const before = seen.tokens ?? NO_TOKENS;
    seen.tokens = {
      input: usage.input_tokens ?? before.input,
      output: usage.output_tokens ?? before.output,
      cacheRead: usage.cache_read_input_tokens ?? before.cacheRead,
      cacheWrite: usage.cache_creation_input_tokens ?? before.cacheWrite,
      reasoning: 0,
    };
  };
  return reader(seen, ["delta.text", "delta.partial_json", "delta.thinking"], {
    // A running count that more words followed is no longer the count of all.
    "delta.type": () => (seen.isOutputCounted = false),
    id: name(seen, "messageId"),
    model: name(seen, "model"),
    "message.id": name(seen, "messageId"),
    "message.model": name(seen, "model"),
    "message.usage": take,
    error: refusal(seen, ({ type }) => type === "rate_limit_error"),
    usage: (value) => {
      take(value);
      seen.isOutputCounted = true;
    },
    type: (value) => (seen.isWhole ||= value === "message_stop"),
    stop_reason: (value) => (seen.isWhole ||= typeof value === "string"),
  });
}

const responsesUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  input_tokens_details: z.object({ cached_tokens: said }).optional().catch(undefined),
  output_tokens_details: z.object({ reasoning_tokens: said }).optional().catch(undefined),
});
const RESPONSE_ENDS: readonly unknown[] = ["response.completed", "response.incomplete", "response.failed"];
const RESPONSE_STATES: readonly unknown[] = ["completed", "incomplete", "failed"];

function responsesReader(): UsageReader {
  const seen = nothingSeen();
  const take = (value: unknown): void => {
    const usage = responsesUsage.safeParse(value).data;
    if (usage === undefined) return;
    seen.isOutputCounted = true;
    seen.tokens = withCachedInput({
      allInput: usage.input_tokens,
      cached: usage.input_tokens_details?.cached_tokens,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details?.reasoning_tokens,
    });
  };
  return reader(seen, ["delta"], {
    id: name(seen, "messageId"),
    model: name(seen, "model"),
    usage: take,
    status: (value) => (seen.isWhole ||= RESPONSE_STATES.includes(value)),
    type: (value) => (seen.isWhole ||= RESPONSE_ENDS.includes(value)),
    "response.id": name(seen, "messageId"),
    "response.model": name(seen, "model"),
    "response.usage": take,
    "response.error": refusal(seen, isOpenAiLimit),
    error: refusal(seen, isOpenAiLimit),
  });
}

const chatUsage = z.object({
  prompt_tokens: count,
  completion_tokens: said,
  prompt_tokens_details: z.object({ cached_tokens: said }).optional().catch(undefined),
  completion_tokens_details: z.object({ reasoning_tokens: said }).optional().catch(undefined),
});

/** Streams carry usage only where the client asked for it (`stream_options.include_usage`). */
function chatReader(): UsageReader {
  const seen = nothingSeen();
  return reader(seen, ["choices.*.delta.content", "choices.*.delta.reasoning_content"], {
    id: name(seen, "messageId"),
    model: name(seen, "model"),
    "choices.*.finish_reason": (value) => (seen.isWhole ||= typeof value === "string"),
    usage: (value) => {
      const usage = chatUsage.safeParse(value).data;
      if (usage === undefined) return;
      seen.isOutputCounted = true;
      seen.tokens = withCachedInput({
        allInput: usage.prompt_tokens,
        cached: usage.prompt_tokens_details?.cached_tokens,
        output: usage.completion_tokens ?? 0,
        reasoning: usage.completion_tokens_details?.reasoning_tokens,
      });
    },
    error: refusal(seen, isOpenAiLimit),
  });
}

const geminiUsage = z.object({
  promptTokenCount: said,
  cachedContentTokenCount: said,
  toolUsePromptTokenCount: said,
  candidatesTokenCount: said,
  thoughtsTokenCount: said,
});

/** Google counts thoughts beside the candidates and cached tokens within the prompt. Its JSON streams are one array. */
function geminiReader(): UsageReader {
  const seen = nothingSeen();
  const take = (value: unknown): void => {
    const usage = geminiUsage.safeParse(value).data;
    if (usage?.promptTokenCount === undefined) return;
    const thoughts = usage.thoughtsTokenCount ?? 0;
    seen.isOutputCounted = true;
    seen.tokens = withCachedInput({
      allInput: usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
      cached: usage.cachedContentTokenCount,
      output: (usage.candidatesTokenCount ?? 0) + thoughts,
      reasoning: thoughts,
    });
  };
  const whole = (value: unknown): unknown => (seen.isWhole ||= typeof value === "string");
  const once = {
    responseId: name(seen, "messageId"),
    modelVersion: name(seen, "model"),
    usageMetadata: take,
    "candidates.*.finishReason": whole,
    "promptFeedback.blockReason": whole,
    error: refusal(seen, ({ code, status }) => code === 429 || status === "RESOURCE_EXHAUSTED"),
  };
  const inArray = Object.fromEntries(Object.entries(once).map(([path, see]) => [`*.${path}`, see]));
  const text = "candidates.*.content.parts.*.text";
  return reader(seen, [text, `*.${text}`], { ...once, ...inArray });
}

type ProviderError = Readonly<Record<string, unknown>>;
const providerError = z.looseObject({});

/** An answer that had begun well (status 200) may still end in a refusal. */
function refusal(seen: Seen, isLimit: (error: ProviderError) => boolean): (value: unknown) => void {
  return (value) => {
    const error: ProviderError | undefined = providerError.safeParse(value).data;
    if (error !== undefined && isLimit(error)) seen.refusal = value;
  };
}

const OPENAI_LIMITS: readonly unknown[] = ["rate_limit_exceeded", "insufficient_quota", "usage_limit_reached"];

function isOpenAiLimit({ type, code }: ProviderError): boolean {
  return OPENAI_LIMITS.includes(code) || OPENAI_LIMITS.includes(type);
}

function nothingSeen(): Seen {
  return { isWhole: false, isOutputCounted: false, characters: 0 };
}

function name(seen: Seen, field: "messageId" | "model"): (value: unknown) => void {
  return (value) => {
    if (typeof value === "string" && value !== "") seen[field] = value.slice(0, 200);
  };
}

function reader(
  seen: Seen,
  texts: readonly string[],
  fields: Readonly<Record<string, (value: unknown) => unknown>>,
): UsageReader {
  return {
    paths: [...Object.keys(fields), ...texts],
    see(path, value) {
      if (texts.includes(path)) seen.characters += typeof value === "string" ? value.length : 0;
      else fields[path]?.(value);
    },
    seen: () => ({ ...seen }),
  };
}

function withCachedInput(usage: {
  allInput: number;
  cached: number | undefined;
  output: number;
  reasoning: number | undefined;
}): Tokens {
  const cacheRead = Math.min(usage.cached ?? 0, usage.allInput);
  return {
    input: usage.allInput - cacheRead,
    output: usage.output,
    cacheRead,
    cacheWrite: 0,
    reasoning: Math.min(usage.reasoning ?? 0, usage.output),
  };
}

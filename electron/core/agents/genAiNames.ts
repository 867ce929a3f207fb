/**
 * OpenTelemetry's names for generative AI. They changed twice within months and are still "Development", so they stand
 * here alone; older spellings behind the newer (semantic-conventions 1.27 to 1.41 and the GenAI repository after it).
 */
import type { TelemetryAttributes } from "#core/ports/telemetry.ts";
import { fromInclusive, numberAt, textAt } from "./usageNumbers.ts";
import type { Tokens } from "#shared/model/usage.ts";

const NAMES = {
  input: ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
  output: ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
  cacheRead: ["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"],
  cacheWrite: [
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
  ],
  reasoning: ["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"],
  model: ["gen_ai.response.model", "gen_ai.request.model"],
  provider: ["gen_ai.provider.name", "gen_ai.system"],
  responseId: ["gen_ai.response.id"],
} as const;

/** Their words for whom we call by one. */
const PROVIDERS: Readonly<Record<string, string>> = {
  "gcp.gemini": "google",
  "gcp.gen_ai": "google",
  "gcp.vertex_ai": "google",
  "azure.ai.openai": "azure",
  "aws.bedrock": "amazon-bedrock",
};

export interface GenAiUsage {
  /** Absent: the record tells no usage. */
  readonly tokens?: Tokens;
  readonly model: string;
  readonly provider: string;
  readonly responseId?: string;
}

export function readGenAi(attributes: TelemetryAttributes): GenAiUsage {
  const count = (names: readonly string[]): number | undefined =>
    names.map((name) => numberAt(attributes, name)).find((value) => value !== undefined);
  const word = (names: readonly string[]): string | undefined =>
    names.map((name) => textAt(attributes, name)).find((value) => value !== undefined);
  const provider = word(NAMES.provider) ?? "unknown";
  const responseId = word(NAMES.responseId);
  const input = count(NAMES.input);
  const output = count(NAMES.output);
  // Cache and reasoning counts are parts of input and output there.
  const counts = {
    input: input ?? 0,
    output: output ?? 0,
    cached: count(NAMES.cacheRead),
    cacheWrite: count(NAMES.cacheWrite),
    reasoning: count(NAMES.reasoning),
  };
  return {
    ...(input === undefined && output === undefined ? {} : { tokens: fromInclusive(counts) }),
    model: word(NAMES.model) ?? "unknown",
    provider: PROVIDERS[provider] ?? provider,
    ...(responseId === undefined ? {} : { responseId }),
  };
}

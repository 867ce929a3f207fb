/**
 * The PriceList port over @pydantic/genai-prices: its data comes with the package, nothing is fetched. The package finds
 * the model; adding up is done here, since its own search costs a millisecond a call. A test holds the two to the same sums.
 */
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import type { ConditionalPrice, ModelInfo, ModelPrice } from "@pydantic/genai-prices";
import type { ListedPrice, PriceList } from "#core/ports/priceList.ts";
import type { Tokens } from "#shared/model/usage.ts";

/** The package does not tell; a test compares with its package.json, so that an update changes these lines, too. */
export const LIST_VERSION = "0.1.8";
const LIST_DATE = "2026-09-23";
const LISTED_PROVIDERS = ["anthropic", "openai", "google", "x-ai", "deepseek", "mistral", "moonshotai", "groq"];
/** What sources call the same provider. */
const ALIASES: Readonly<Record<string, string>> = {
  gemini: "google",
  "gcp.gemini": "google",
  "google-vertex": "google",
  "amazon-bedrock": "aws",
  bedrock: "aws",
  xai: "x-ai",
};
/** US dollars per million tokens to billionths per token. */
const NANOS_PER_MTOK_DOLLAR = 1000;
const REMEMBERED_MODELS = 2000;

export function createGenaiPrices(): PriceList {
  const known = new Map<string, ModelInfo | undefined>();
  const modelOf = (provider: string, model: string): ModelInfo | undefined => {
    const key = `${provider} ${model}`;
    if (known.has(key)) return known.get(key);
    if (known.size >= REMEMBERED_MODELS) known.clear();
    const found = search(provider, model);
    known.set(key, found);
    return found;
  };
  return {
    version: `genai-prices ${LIST_VERSION}`,
    date: LIST_DATE,
    costOf: ({ provider, model, tokens, atMs }) => {
      const found = modelOf(provider, model);
      const price = found === undefined ? undefined : priceAt(found, atMs);
      return price === undefined ? undefined : costAt(price, tokens);
    },
    find: (provider, model) => {
      const found = modelOf(provider, model);
      return found === undefined ? undefined : listed(provider, found);
    },
    models: () =>
      LISTED_PROVIDERS.flatMap((provider) =>
        (findProvider({ providerId: provider })?.models ?? []).flatMap((model) => listed(provider, model) ?? []),
      ),
  };
}

function search(provider: string, model: string): ModelInfo | undefined {
  const providerId = ALIASES[provider.toLowerCase()] ?? provider.toLowerCase();
  const isNamed = providerId !== "unknown";
  if (isNamed && findProvider({ providerId }) === undefined) return undefined;
  // Tools write `claude-x[1m]` for the long context of the same model.
  const modelId = model.replace(/\[.*\]$/, "");
  return calcPrice({ input_tokens: 1 }, modelId, isNamed ? { providerId } : {})?.model ?? undefined;
}

/** The last price whose condition holds; the first of the list is the oldest. */
function priceAt({ prices }: ModelInfo, atMs: number): ModelPrice | undefined {
  if (!Array.isArray(prices)) return prices;
  return (prices.findLast((one) => holdsAt(one, atMs)) ?? prices[0])?.prices;
}

function holdsAt({ constraint }: ConditionalPrice, atMs: number): boolean {
  if (constraint === undefined) return true;
  const iso = new Date(atMs).toISOString();
  if (constraint.type === "start_date") return iso.slice(0, 10) >= constraint.start_date;
  const time = iso.slice(11, 19);
  const [start, end] = [constraint.start_time.slice(0, 8), constraint.end_time.slice(0, 8)];
  return start <= end ? time >= start && time < end : time >= start || time < end;
}

function costAt(price: ModelPrice, tokens: Tokens): number {
  const size = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const input = rate(price["input_mtok"], size) ?? 0;
  const read = rate(price["cache_read_mtok"], size) ?? input;
  // Writes kept for an hour cost more, but no source tells them apart from those kept for minutes.
  const write = rate(price["cache_write_mtok"], size) ?? input;
  const output = rate(price["output_mtok"], size) ?? 0;
  const dollars = tokens.input * input + tokens.cacheRead * read + tokens.cacheWrite * write + tokens.output * output;
  return Math.round(dollars * NANOS_PER_MTOK_DOLLAR);
}

/** Above a tier's size the whole request has its price. */
function rate(price: ModelPrice[string], size: number): number | undefined {
  if (price === undefined || typeof price === "number") return price;
  return price.tiers.findLast(({ start }) => size > start)?.price ?? price.base;
}

function listed(provider: string, model: ModelInfo): ListedPrice | undefined {
  const price = priceAt(model, Date.now());
  const input = rate(price?.["input_mtok"], 0);
  const output = rate(price?.["output_mtok"], 0);
  if (price === undefined || input === undefined || output === undefined) return undefined;
  const nanos = (value: number | undefined): number | null =>
    value === undefined ? null : value * NANOS_PER_MTOK_DOLLAR;
  return {
    provider,
    model: model.id,
    inputNanos: input * NANOS_PER_MTOK_DOLLAR,
    outputNanos: output * NANOS_PER_MTOK_DOLLAR,
    cacheReadNanos: nanos(rate(price["cache_read_mtok"], 0)),
    cacheWriteNanos: nanos(rate(price["cache_write_mtok"], 0)),
    hasTiers: typeof price["input_mtok"] === "object",
  };
}

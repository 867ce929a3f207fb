import { readFileSync } from "node:fs";
import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { createGenaiPrices, LIST_VERSION } from "./genaiPrices.ts";

describe("the price list", () => {
  const list = createGenaiPrices();
  const atMs = Date.parse("2026-10-01T12:00:00Z");
  const cost = (provider: string, model: string, tokens: Partial<Record<string, number>>) =>
    list.costOf({
      provider,
      model,
      atMs,
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...tokens },
    });

  it("names the version that is installed", () => {
    const file = new URL("../../node_modules/@pydantic/genai-prices/package.json", import.meta.url);
    const parsed: { version: string } = JSON.parse(readFileSync(file, "utf8"));
    expect(parsed.version).toBe(LIST_VERSION);
  });

  it("adds up to what the package itself says, in every tier", () => {
    const different: unknown[] = [];
    for (const { provider, model } of list.models().slice(0, 120)) {
      for (const input of [1000, 250_000, 900_000]) {
        const tokens = { input, output: 500, cacheRead: 2000, cacheWrite: 0 };
        const theirs = calcPrice({ input_tokens: input + 2000, cache_read_tokens: 2000, output_tokens: 500 }, model, {
          providerId: provider,
          timestamp: new Date(atMs),
        });
        const ours = cost(provider, model, tokens);
        const expected = theirs === null ? undefined : Math.round(theirs.total_price * 1e9);
        if (Math.abs((ours ?? -1) - (expected ?? -1)) > 1) different.push([provider, model, input, ours, expected]);
      }
    }
    expect(different).toEqual([]);
  });

  it("charges large requests by their tier, cache included in their size", () => {
    expect(cost("anthropic", "claude-sonnet-4-5", { input: 100_000, cacheRead: 50_000 })).toBe(315_000_000);
    expect(cost("anthropic", "claude-sonnet-4-5", { input: 100_000, cacheRead: 150_000 })).toBe(690_000_000);
  });

  it("does not know a model or a provider it has no price for", () => {
    expect(cost("anthropic", "claude-never", { input: 5 })).toBeUndefined();
    expect(cost("my-company", "gpt-5", { input: 5 })).toBeUndefined();
    expect(cost("unknown", "claude-sonnet-4-5", { input: 1 })).toBe(3000);
  });
});

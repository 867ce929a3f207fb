/** A fake for looking at screens: requests of the sample fleet, the same ones at every call. */
import type { LedgerEntry, UsageSum } from "#shared/model/usage.ts";

export function nothingSpent(): UsageSum {
  return {
    entries: 0,
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    reasoning: 0,
    totalTokens: 0,
    costNanos: 0,
    unpricedEntries: 0,
    unpricedTokens: 0,
    estimatedEntries: 0,
    estimatedCostNanos: 0,
    roundedEntries: 0,
    interruptedEntries: 0,
  };
}

export function sumOf(entries: readonly LedgerEntry[]): UsageSum {
  const sum = { ...nothingSpent() };
  for (const { tokens, costNanos, confidence, outcome } of entries) {
    const total = tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
    sum.entries += 1;
    sum.input += tokens.input;
    sum.output += tokens.output;
    sum.cacheRead += tokens.cacheRead;
    sum.cacheWrite += tokens.cacheWrite;
    sum.reasoning += tokens.reasoning;
    sum.totalTokens += total;
    sum.costNanos += costNanos ?? 0;
    if (costNanos === null) sum.unpricedEntries += 1;
    if (costNanos === null) sum.unpricedTokens += total;
    if (confidence === "estimated") sum.estimatedEntries += 1;
    if (confidence === "estimated") sum.estimatedCostNanos += costNanos ?? 0;
    if (confidence === "rounded") sum.roundedEntries += 1;
    if (outcome === "interrupted") sum.interruptedEntries += 1;
  }
  return sum;
}

const WHO = [
  {
    path: "fleet/schema-migrator",
    agent: "claude",
    model: "claude-sonnet-5",
    provider: "anthropic",
    source: "gateway",
  },
  { path: "fleet/api-builder", agent: "codex", model: "gpt-6", provider: "openai", source: "transcript" },
  { path: "fleet/planner", agent: "claude", model: "claude-sonnet-5", provider: "anthropic", source: "otlp" },
  { path: "fleet/reviewer", agent: "gemini", model: "gemini-3-pro", provider: "google", source: "otlp" },
  { path: "fleet/test-writer", agent: "opencode", model: "qwen-coder-local", provider: "local", source: "hook" },
  { path: "fleet/docs-writer", agent: "gemini", model: "gemini-3-flash", provider: "google", source: "estimate" },
] as const;

/** Newest first; one every two minutes back to the morning. */
export function sampleEntries(now: number): readonly LedgerEntry[] {
  const count = 260;
  return Array.from({ length: count }, (_, index) => {
    const id = count - index;
    const who = WHO[(id * 7) % WHO.length] ?? WHO[0];
    const at = new Date(Math.floor(now / 60_000) * 60_000 - index * 117_000 - 19_000).toISOString();
    const size = 1 + ((id * 37) % 17);
    const tokens = {
      input: 310 * size,
      output: 90 * size,
      cacheRead: 2100 * size,
      cacheWrite: id % 5 === 0 ? 400 * size : 0,
      reasoning: id % 4 === 0 ? 30 * size : 0,
    };
    const isUnpriced = who.provider === "local";
    return {
      ...who,
      id,
      at,
      recordedAt: at,
      sessionId: "00000000-0000-4000-8000-000000000001",
      cliSessionId: "7f3c1",
      generation: 1,
      kind: id % 11 === 0 ? "subagent" : id % 17 === 0 ? "auxiliary" : "main",
      tokens,
      costNanos: isUnpriced ? null : 4_300_000 * size,
      priceVersion: isUnpriced ? null : "sample list 2026-11-20",
      confidence: who.source === "estimate" ? "estimated" : id % 13 === 0 ? "rounded" : "exact",
      outcome: id % 29 === 0 ? "interrupted" : "complete",
      requestId: `req_${id}`,
      imported: false,
      isRemainder: false,
      marks: [],
    };
  });
}

/** One entry of the ledger in words: where its numbers come from and how sure they are. */
import type { LedgerEntry, UsageConfidence, UsageMark, UsageSource } from "#shared/model/usage.ts";
import { costWords } from "#shared/lib/amountWords.ts";

export const SOURCE_WORDS: Readonly<Record<UsageSource, string>> = {
  gateway: "Gateway",
  otlp: "Telemetry",
  stream_json: "Output stream",
  hook: "Hook",
  transcript: "CLI log",
  acp: "ACP",
  estimate: "Estimate",
};

export const CONFIDENCE_WORDS: Readonly<Record<UsageConfidence, string>> = {
  exact: "exact",
  rounded: "rounded",
  estimated: "estimated",
};

export const CONFIDENCE_BARS: Readonly<Record<UsageConfidence, number>> = { exact: 3, rounded: 2, estimated: 1 };

export const MARK_WORDS: Readonly<Record<UsageMark, string>> = {
  clock: "Its time could not be believed; the time of receipt stands instead.",
  clamped: "A number that cannot be was set right.",
  absurd: "Its numbers cannot be; the tokens count as unknown.",
};

/** `no price` is said, never shown as nothing. */
export function entryCost({ costNanos, confidence }: Pick<LedgerEntry, "costNanos" | "confidence">): string {
  if (costNanos === null) return "no price";
  return confidence === "estimated" ? `est. ${costWords(costNanos)}` : costWords(costNanos);
}

export function entryWho({ path, agent }: Pick<LedgerEntry, "path" | "agent">): string {
  return path === undefined ? `${agent}, outside Signalbox` : (path.split("/").at(-1) ?? path);
}

/** Cost or tokens: the one choice that every number of the page follows. */
import type { UsageSum } from "#shared/model/usage.ts";
import type { Budget } from "#shared/model/budget.ts";
import { costWords, tokenWords } from "#shared/lib/amountWords.ts";

export type Measure = "cost" | "tokens";

export function valueOf(sum: Pick<UsageSum, "costNanos" | "totalTokens">, measure: Measure): number {
  return measure === "cost" ? sum.costNanos : sum.totalTokens;
}

export function measureWords(measure: Measure, value: number): string {
  return measure === "cost" ? costWords(value) : tokenWords(value);
}

/** `no price` where tokens were used and none of them has a price: never $0.00. */
export function sumWords(
  sum: Pick<UsageSum, "costNanos" | "totalTokens" | "unpricedTokens">,
  measure: Measure,
): string {
  if (measure === "tokens") return tokenWords(sum.totalTokens);
  if (sum.totalTokens === 0) return "no cost";
  return sum.costNanos === 0 && sum.unpricedTokens > 0 ? "no price" : costWords(sum.costNanos);
}

export const unitOf = (measure: Measure): Budget["unit"] => (measure === "cost" ? "usd" : "tokens");

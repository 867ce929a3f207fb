/** Tokens and money as people read them (design, section 7): 940, 12.4k, 412k, 2.25M; $3.21, <$0.01, no price. */
const NANOS_PER_DOLLAR = 1e9;
const NANOS_PER_CENT = 1e7;

export function showTokens(tokens: number): string {
  if (tokens < 1000) return String(Math.round(tokens));
  const units = [
    { size: 1e3, sign: "k" },
    { size: 1e6, sign: "M" },
    { size: 1e9, sign: "B" },
  ];
  // Three figures; what rounds up to a thousand is one of the next unit.
  const unit = units.find(({ size }) => tokens < 999.5 * size) ?? { size: 1e9, sign: "B" };
  const value = tokens / unit.size;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const isShort = unit.sign === "k" && digits === 2;
  return `${value.toFixed(isShort ? 1 : digits)}${unit.sign}`;
}

/** Null: no price is known, which is never zero. */
export function showCost(nanos: number | null): string {
  if (nanos === null) return "no price";
  if (nanos > 0 && nanos < NANOS_PER_CENT) return "<$0.01";
  return `$${(nanos / NANOS_PER_DOLLAR).toFixed(2)}`;
}

/** A sum of which some may be unpriced: `$3.21 + 12.4k no price`. */
export function showSpend({ costNanos, unpricedTokens }: { costNanos: number; unpricedTokens: number }): string {
  if (unpricedTokens === 0) return showCost(costNanos);
  return costNanos === 0 ? showCost(null) : `${showCost(costNanos)} + ${showTokens(unpricedTokens)} ${showCost(null)}`;
}

/** Money and tokens as people read them (design.md 7): $3.21, <$0.01, no sign for nothing; 940, 12.4k, 2.25M. */

const NANOS_PER_CENT = 10_000_000;

/** $3.21, `<$0.01` below a cent, -$0.40. */
export function costWords(nanos: number): string {
  const size = Math.abs(nanos);
  if (size === 0) return "$0.00";
  if (size < NANOS_PER_CENT) return nanos < 0 ? "-<$0.01" : "<$0.01";
  const cents = Math.round(size / NANOS_PER_CENT);
  return `${nanos < 0 ? "-" : ""}$${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** A sum of which some may be unpriced: `$3.21 + 12.4k no price`. */
export function spendWords({ costNanos, unpricedTokens }: { costNanos: number; unpricedTokens: number }): string {
  if (unpricedTokens === 0) return costWords(costNanos);
  const unpriced = "no price";
  return costNanos === 0 ? unpriced : `${costWords(costNanos)} + ${tokenWords(unpricedTokens)} ${unpriced}`;
}

/** 940, 12.4k, 412k, 2.25M. */
export function tokenWords(tokens: number): string {
  const sign = tokens < 0 ? "-" : "";
  const size = Math.abs(Math.trunc(tokens));
  if (size < 1000) return `${sign}${size}`;
  const units = ["k", "M", "G", "T"];
  let value = size / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${sign}${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))}${units[unit] ?? ""}`;
}

/** "5", "5.25" dollars to nano-dollars; undefined when it is no amount. */
export function parseUsd(text: string): number | undefined {
  const match = /^\$?(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * 1_000_000_000 + Number((match[2] ?? "").padEnd(9, "0"));
}

const TOKEN_UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** "250000", "250k", "2.5M" to a number of tokens; undefined when it is none. */
export function parseTokens(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)$/i.exec(text.trim());
  const unit = match === null ? undefined : TOKEN_UNITS[(match[2] ?? "").toLowerCase()];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** An amount with what it counts: "$5.00", "250k tokens". */
export function amountText(amount: number, unit: "usd" | "tokens"): string {
  return unit === "usd" ? costWords(amount) : `${tokenWords(amount)} tokens`;
}

/** Memories in words: what kind, whose, how long, why found. */
import { clockWords, countWords, durationWords } from "#shared/lib/words.ts";
import type { MemoryHit, MemoryItem, MemoryKind, MemoryTier } from "#shared/model/memory.ts";

export const KIND_WORDS: Readonly<Record<MemoryKind, string>> = {
  preference: "Preference",
  fact: "Fact",
  context: "Context",
  instruction: "Instruction",
};

export const TIER_WORDS: Readonly<Record<MemoryTier, string>> = {
  session: "Session",
  working: "Working",
  long_term: "Long-term",
};

/** "everyone", "fleet shop", "agent shop/vision". */
export function scopeWords(scope: string): string {
  if (scope === "global") return "everyone";
  const [kind = "", name = ""] = scope.split(":");
  return `${kind} ${name}`;
}

/** How long it stays, if nobody uses it. */
export function staysWords({ deletesAt, endsAt }: Pick<MemoryItem, "deletesAt" | "endsAt">, now: number): string {
  if (deletesAt !== undefined) return `deleted in ${durationWords(Date.parse(deletesAt) - now)}`;
  if (endsAt === undefined) return "for ever";
  const left = Date.parse(endsAt) - now;
  return left > 0 ? durationWords(left) : "ended";
}

/** Why it was found: "words, 1st; near 61 %, 2nd". */
export function whyWords({ words, near }: Pick<MemoryHit, "words" | "near">): string {
  const parts = [
    ...(words === undefined ? [] : [`words, ${place(words.rank)}`]),
    ...(near === undefined ? [] : [`near ${Math.round(near.similarity * 100)} %, ${place(near.rank)}`]),
  ];
  return parts.join("; ");
}

function place(rank: number): string {
  const last = rank % 10;
  const isTeen = Math.floor(rank / 10) % 10 === 1;
  const ending = isTeen ? "th" : last === 1 ? "st" : last === 2 ? "nd" : last === 3 ? "rd" : "th";
  return `${rank}${ending}`;
}

export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

/** The text in pieces, so that the words that were found can be marked. */
export function marked(text: string, words: readonly string[]): readonly Piece[] {
  const known = words.filter((word) => word !== "");
  if (known.length === 0) return [{ text, isMatch: false }];
  const pattern = new RegExp(
    `(${known.map((word) => word.replaceAll(/[^\p{L}\p{N}]/gu, String.raw`\$&`)).join("|")})`,
    "giu",
  );
  return text
    .split(pattern)
    .map((piece, index) => ({ text: piece, isMatch: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

export function atWords(iso: string, now: number): string {
  return clockWords(Date.parse(iso), now);
}

const SHOWN_CHARS = 600;

export function valueWords(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}… (${countWords(text.length)} characters)` : text;
}

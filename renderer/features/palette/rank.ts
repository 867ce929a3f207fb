/** How well a text answers what was typed. Pure. */

export interface Ranked {
  /** Higher is better. */
  readonly score: number;
  /** Parts of the text to stress, as [start, end). */
  readonly ranges: readonly (readonly [number, number])[];
}

const ANY: Ranked = { score: 0, ranges: [] };

/**
 * Every word typed must be found: at the start of the text best, at the start of a word next, then anywhere; letters
 * merely in order count least, and only for one word. Undefined: no match.
 */
export function rank(text: string, typed: string): Ranked | undefined {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return ANY;
  const low = text.toLowerCase();
  let score = 0;
  const ranges: (readonly [number, number])[] = [];
  for (const word of words) {
    const found = rankWord(low, word) ?? (words.length === 1 ? rankLetters(low, word) : undefined);
    if (found === undefined) return undefined;
    score += found.score;
    ranges.push(...found.ranges);
  }
  // Of equals the shorter says it more exactly.
  return { score: score - low.length / 1000, ranges };
}

function rankWord(text: string, word: string): Ranked | undefined {
  if (text.startsWith(word)) return { score: 100, ranges: [[0, word.length]] };
  const atWord = wordStart(text, word);
  if (atWord >= 0) return { score: 70, ranges: [[atWord, atWord + word.length]] };
  const at = text.indexOf(word);
  return at < 0 ? undefined : { score: 40, ranges: [[at, at + word.length]] };
}

function wordStart(text: string, word: string): number {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || /[^a-z0-9]/.test(text.charAt(at - 1))) return at;
  }
  return -1;
}

/** Letters in order with few gaps: `smig` finds `schema-migrator`. */
function rankLetters(text: string, word: string): Ranked | undefined {
  const ranges: (readonly [number, number])[] = [];
  let from = 0;
  for (const letter of word) {
    const at = text.indexOf(letter, from);
    if (at < 0) return undefined;
    ranges.push([at, at + 1]);
    from = at + 1;
  }
  const spread = from - (ranges[0]?.[0] ?? 0);
  return spread > word.length * 4 ? undefined : { score: 10 - spread / 10, ranges };
}

/** What the first sign means: `>` commands, `@` agents, `#` events; without one, everything. */
export type PaletteMode = "all" | "commands" | "agents" | "events";

export function readTyped(typed: string): { readonly mode: PaletteMode; readonly text: string } {
  const rest = typed.slice(1).trim();
  if (typed.startsWith(">")) return { mode: "commands", text: rest };
  if (typed.startsWith("@")) return { mode: "agents", text: rest };
  if (typed.startsWith("#")) return { mode: "events", text: rest };
  return { mode: "all", text: typed.trim() };
}

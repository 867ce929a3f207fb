/** What full-text search sees of an event, and how a person's words become an FTS5 query that cannot be malformed. */

/** Enough for a sentence-rich event; beyond it search would index output, which has its own search. */
const MAX_TEXT = 16 * 1024;
const MAX_DEPTH = 6;
/** A shorter prefix matches so much that it is only slow. */
const MIN_PREFIX = 3;
const HAS_WORD = /[\p{L}\p{N}]/u;

/** Type, subject and every string in `data`, keys left out. */
export function readableText(type: string, subject: string, data: Readonly<Record<string, unknown>>): string {
  const parts = [type, subject];
  collect(data, parts, 0);
  return parts.join("\n").slice(0, MAX_TEXT);
}

function collect(value: unknown, parts: string[], depth: number): void {
  if (typeof value === "string") {
    parts.push(value);
  } else if (typeof value === "object" && value !== null && depth < MAX_DEPTH) {
    for (const item of Object.values(value)) collect(item, parts, depth + 1);
  }
}

/** All words must occur, the last one may be the beginning of a word. Undefined: there is no word to look for. */
export function toTextQuery(text: string): string | undefined {
  const words = text.split(/\s+/u).filter((word) => HAS_WORD.test(word));
  if (words.length === 0) return undefined;
  return words
    .map((word, index) => {
      const quoted = `"${word.replaceAll('"', '""').replaceAll("\0", "")}"`;
      return index === words.length - 1 && word.length >= MIN_PREFIX ? `${quoted}*` : quoted;
    })
    .join(" AND ");
}

/** Finding who or what can do something, by words and tags: a ranking over what is known, nothing is asked. */
import type { RegistryEntry } from "#shared/model/toolServer.ts";

export interface DiscoveryQuery {
  /** Words; each must be found somewhere. */
  readonly text?: string | undefined;
  /** All of them. */
  readonly tags?: readonly string[] | undefined;
  readonly kinds?: readonly RegistryEntry["kind"][] | undefined;
  readonly limit: number;
}

const NAME_WEIGHT = 3;
const TAG_WEIGHT = 2;

/** Best first; equal ones as they came. */
export function discover(entries: readonly RegistryEntry[], query: DiscoveryQuery): readonly RegistryEntry[] {
  const words = (query.text ?? "")
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter((word) => word !== "");
  const ranked = entries.flatMap((entry) => {
    if (query.kinds !== undefined && !query.kinds.includes(entry.kind)) return [];
    if (query.tags?.some((tag) => !entry.tags.includes(tag)) === true) return [];
    const score = scoreOf(entry, words);
    return score === undefined ? [] : [{ entry, score }];
  });
  return ranked
    .toSorted((a, b) => b.score - a.score)
    .slice(0, query.limit)
    .map(({ entry }) => entry);
}

/** Undefined: a word is nowhere. */
function scoreOf(entry: RegistryEntry, words: readonly string[]): number | undefined {
  const name = `${entry.name} ${entry.id}`.toLowerCase();
  const description = entry.description.toLowerCase();
  let score = 0;
  for (const word of words) {
    const own =
      (name.includes(word) ? NAME_WEIGHT : 0) +
      (entry.tags.some((tag) => tag.toLowerCase().includes(word)) ? TAG_WEIGHT : 0) +
      (description.includes(word) ? 1 : 0);
    if (own === 0) return undefined;
    score += own;
  }
  return score;
}

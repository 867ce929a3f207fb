/** Finding who or what can do something, by words and tags: a ranking over what is known, nothing is asked. */
import type { RegistryEntry } from "#shared/model/toolServer.ts";

export interface DiscoveryQuery {
  /** Words; each must be found somewhere. */
  readonly text?: string | undefined;
  /** All of them. */
  readonly tags?: readonly string[] | undefined;
  readonly kinds?: readonly RegistryEntry["kind"][] | undefined;
  /** Work under way: what was of use in it comes first among equals. */
  readonly contextId?: string | undefined;
  readonly limit: number;
}

/** How calls of a tool have ended so far. */
export interface Experience {
  readonly calls: number;
  readonly completed: number;
  /** Also within the work that is asked for. */
  readonly isOfContext: boolean;
}

const NAME_WEIGHT = 3;
const TAG_WEIGHT = 2;
/** Mission RO-18. Together less than a word found in a description: they decide among equals. */
const USED_BOOST = 0.1;
const SUCCESS_BOOST = 0.2;
const CONTEXT_BOOST = 0.15;

/** Best first; of equal ones those that have been of use; others as they came. `experience` is by the tool's `id`. */
export function discover(
  entries: readonly RegistryEntry[],
  query: DiscoveryQuery,
  experience: ReadonlyMap<string, Experience> = new Map(),
): readonly RegistryEntry[] {
  const words = (query.text ?? "")
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter((word) => word !== "");
  const ranked = entries.flatMap((entry) => {
    if (query.kinds !== undefined && !query.kinds.includes(entry.kind)) return [];
    if (query.tags?.some((tag) => !entry.tags.includes(tag)) === true) return [];
    const score = scoreOf(entry, words);
    if (score === undefined) return [];
    const learned = entry.kind === "tool" ? boostOf(experience.get(entry.id)) : 0;
    return [{ entry, score: score + learned }];
  });
  return ranked
    .toSorted((a, b) => b.score - a.score)
    .slice(0, query.limit)
    .map(({ entry }) => entry);
}

function boostOf(known: Experience | undefined): number {
  if (known === undefined || known.calls === 0) return 0;
  const success = (SUCCESS_BOOST * known.completed) / known.calls;
  return USED_BOOST + success + (known.isOfContext ? CONTEXT_BOOST : 0);
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

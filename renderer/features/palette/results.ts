/** What the palette lists for what was typed. Pure but for the entries' own closures. */
import type { Entry, EntryGroup } from "./entries.tsx";
import { rank, type PaletteMode, type Ranked } from "./rank.ts";

export interface Result extends Ranked {
  readonly entry: Entry;
}

const LIMITS: Readonly<Record<EntryGroup, number>> = {
  Commands: 7,
  "Agents and supervisors": 6,
  "Events and sessions": 3,
};
/** With a sign in front only one group is listed, so it may be long. */
const ONE_GROUP = 40;

const GROUPS: Readonly<Record<PaletteMode, readonly EntryGroup[]>> = {
  all: ["Commands", "Agents and supervisors", "Events and sessions"],
  commands: ["Commands"],
  agents: ["Agents and supervisors"],
  events: ["Events and sessions"],
};

/** Best first within each group; groups in their fixed order. Event entries are made for the text and always fit. */
export function findEntries(
  entries: readonly Entry[],
  { mode, text }: { readonly mode: PaletteMode; readonly text: string },
): readonly Result[] {
  const groups = GROUPS[mode];
  return groups.flatMap((group) =>
    entries
      .filter((entry) => entry.group === group)
      .flatMap((entry): readonly Result[] => {
        const ranked = group === "Events and sessions" ? { score: 0, ranges: [] } : rank(entry.title, text);
        return ranked === undefined ? [] : [{ ...ranked, entry }];
      })
      .toSorted((left, right) => right.score + (right.entry.weight ?? 0) - (left.score + (left.entry.weight ?? 0)))
      .slice(0, groups.length === 1 ? ONE_GROUP : LIMITS[group]),
  );
}

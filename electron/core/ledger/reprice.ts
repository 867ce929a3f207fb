/** Entries without a price are written anew once one is known; the unpriced ones stay in the history. */
import { putEntry } from "./entries.ts";
import type { EntryDraft } from "./entries.ts";
import { SELECT_ENTRY, toEntry } from "./rows.ts";
import type { EntryRow } from "./rows.ts";
import type { LedgerWork } from "./work.ts";

/** About 20 ms of work. */
const BATCH = 200;

/** Looks at the next unpriced entries after this id; returns the last one looked at, undefined when none is left. */
export function repriceBatch(work: LedgerWork, after: number): number | undefined {
  const rows = work.tx
    .all(`${SELECT_ENTRY} WHERE e.id > ? AND e.cost_nanos IS NULL AND s.entry IS NULL ORDER BY e.id LIMIT ?`, [
      after,
      BATCH,
    ])
    .map(toEntry);
  for (const row of rows) {
    const price = work.priceOf(row);
    if (price === undefined) continue;
    const id = putEntry(work, { ...draftFrom(row), costNanos: price.costNanos, priceVersion: price.version }, [row.id]);
    passOn(work, { from: row, to: id ?? null });
  }
  return rows.at(-1)?.id;
}

/** The request holds the entry under its own id, except after two of them proved to be one. */
function passOn({ tx }: LedgerWork, { from, to }: { from: EntryRow; to: number | null }): void {
  const own = tx.run("UPDATE usage_requests SET entry = ? WHERE id = ? AND entry = ?", [to, from.request, from.id]);
  if (own.changes === 0) tx.run("UPDATE usage_requests SET entry = ? WHERE entry = ?", [to, from.id]);
}

function draftFrom(row: EntryRow): EntryDraft {
  const { id: _id, dim: _dim, supersedes: _supersedes, supersededBy: _by, recordedAt: _recordedAt, ...draft } = row;
  return draft;
}

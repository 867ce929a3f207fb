/** Two rankings made one by reciprocal ranks (Cormack, Clarke, Büttcher 2009): places count, scores of different kinds never meet. */

/** Their constant: how much more the first places count than the following. */
const K = 60;

export interface Fused {
  readonly rowid: number;
  readonly score: number;
  /** From 1; undefined where it is not in that ranking. */
  readonly wordRank: number | undefined;
  readonly nearRank: number | undefined;
}

/** Best first; equal ones by row, the newer first. */
export function fuse(words: readonly number[], near: readonly number[]): readonly Fused[] {
  const ranks = new Map<number, { word?: number; near?: number }>();
  for (const [index, rowid] of words.entries()) ranks.set(rowid, { word: index + 1 });
  for (const [index, rowid] of near.entries()) ranks.set(rowid, { ...ranks.get(rowid), near: index + 1 });
  return [...ranks]
    .map(([rowid, { word, near: nearRank }]) => ({
      rowid,
      score: share(word) + share(nearRank),
      wordRank: word,
      nearRank,
    }))
    .sort((left, right) => right.score - left.score || right.rowid - left.rowid);
}

function share(rank: number | undefined): number {
  return rank === undefined ? 0 : 1 / (K + rank);
}

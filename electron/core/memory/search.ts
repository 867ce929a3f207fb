/** Searching memories: those that hold the words (BM25) and those that are near, fused; each hit says which of both it was. */
import type { MemoryHit, Nearness } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { MemoryDeps } from "./deps.ts";
import { filterSql } from "./filters.ts";
import type { MemoryFilter } from "./filters.ts";
import { fuse } from "./fuse.ts";
import { ROW, toItem, toRow } from "./memoryRows.ts";
import type { Filter, Vectors } from "./vectors.ts";

export interface MemorySearch extends MemoryFilter {
  readonly text: string;
  readonly limit: number;
  /** `exact` and `prefix` look at the text as it is written, without regard to capitals. */
  readonly match: "hybrid" | "words" | "exact" | "prefix";
}

export interface Found {
  readonly hits: MemoryHit[];
  readonly nearness: Nearness;
}

/** Both rankings are taken this deep before they are fused. */
const DEPTH = 50;
/** A shorter prefix matches so much that it is only slow. */
const MIN_PREFIX = 3;
/** A question longer than this is a document: its first words decide. */
const MAX_WORDS = 24;
const WORD = /[\p{L}\p{N}]+/gu;

export async function searchMemories(
  deps: MemoryDeps,
  vectors: Vectors,
  question: MemorySearch,
): Promise<Result<Found>> {
  const nearness = vectors.nearness();
  const filter = filterSql(question, deps.clock.wallNow());
  if (question.match === "exact" || question.match === "prefix")
    return ok({ hits: literal(deps, question, filter), nearness });
  const words = wordsOf(question.text);
  if (words.length === 0)
    return fail("bad_request", "There is no word in this search. Write at least one letter or digit.");
  const byWords = rankByWords(deps, words, filter);
  const embedded = question.match === "hybrid" ? await vectors.embed(question.text) : undefined;
  const near = embedded === undefined ? [] : vectors.nearest(embedded, filter, DEPTH);
  const fused = fuse(
    byWords,
    near.map(({ rowid }) => rowid),
  ).slice(0, question.limit);
  const similarity = new Map(near.map((one) => [one.rowid, one.similarity]));
  const hits = fused.flatMap(({ rowid, score, wordRank, nearRank }): MemoryHit[] => {
    const row = deps.store.get(`SELECT ${ROW} FROM memories m WHERE m.rowid = ?`, [rowid]);
    if (row === undefined) return [];
    const memory = toItem(toRow(row));
    const matched = matchedWords([memory.text, ...memory.tags].join("\n"), words);
    return [
      {
        memory,
        score,
        ...(wordRank === undefined ? {} : { words: { rank: wordRank, matched } }),
        ...(nearRank === undefined ? {} : { near: { rank: nearRank, similarity: similarity.get(rowid) ?? 0 } }),
      },
    ];
  });
  return ok({ hits, nearness });
}

/** Those with all words first; where they are few, those with some of them after. */
function rankByWords({ store }: MemoryDeps, words: readonly string[], filter: Filter): readonly number[] {
  const all = ranked(store, matchQuery(words, "AND"), filter);
  if (all.length >= DEPTH || words.length === 1) return all;
  const known = new Set(all);
  const some = ranked(store, matchQuery(words, "OR"), filter).filter((rowid) => !known.has(rowid));
  return [...all, ...some].slice(0, DEPTH);
}

function ranked(store: MemoryDeps["store"], match: string, filter: Filter): number[] {
  return store
    .all(
      `SELECT m.rowid AS rowid FROM memories_text JOIN memories m ON m.rowid = memories_text.rowid
       WHERE memories_text MATCH ? AND ${filter.sql} ORDER BY bm25(memories_text) LIMIT ${DEPTH}`,
      [match, ...filter.params],
    )
    .map((row) => Number(row["rowid"]));
}

function wordsOf(text: string): readonly string[] {
  const words = [...text.matchAll(WORD)].map(([word]) => word);
  return [...new Set(words)].slice(0, MAX_WORDS);
}

/** The last word may be the beginning of one: people look while they type. */
function matchQuery(words: readonly string[], join: "AND" | "OR"): string {
  return words
    .map((word, index) => (index === words.length - 1 && word.length >= MIN_PREFIX ? `"${word}"*` : `"${word}"`))
    .join(` ${join} `);
}

/** The words of the question as the memory writes them. */
function matchedWords(text: string, words: readonly string[]): string[] {
  const wanted = words.map(folded);
  const found = new Set<string>();
  for (const [word] of text.matchAll(WORD)) {
    const plain = folded(word);
    const isHit = wanted.some((want, index) =>
      index === wanted.length - 1 && want.length >= MIN_PREFIX ? plain.startsWith(want) : plain === want,
    );
    if (isHit) found.add(word);
  }
  return [...found].slice(0, MAX_WORDS);
}

/** As FTS5's unicode61 with remove_diacritics folds. */
function folded(word: string): string {
  return word.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

function literal({ store }: MemoryDeps, { text, match, limit }: MemorySearch, filter: Filter): MemoryHit[] {
  const pattern = `${text.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}${match === "prefix" ? "%" : ""}`;
  const rows = store.all(
    `SELECT ${ROW} FROM memories m WHERE m.text LIKE ? ESCAPE '\\' AND ${filter.sql} ORDER BY m.updated_at_ms DESC LIMIT ?`,
    [pattern, ...filter.params, limit],
  );
  return rows.map((row, index) => ({
    memory: toItem(toRow(row)),
    score: 1 / (index + 1),
    words: { rank: index + 1, matched: [text.trim()] },
  }));
}

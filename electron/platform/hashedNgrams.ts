/**
 * The embedder that is always there: no network, no model, the same vector for the same text on every machine. It knows
 * spelling, not meaning: inflections, compounds, typing errors and word order are near, synonyms are not.
 * Method: words and their letter groups, each hashed to a direction of random signs, summed (a random projection).
 */
import type { Embedder } from "#core/ports/embedder.ts";
import { ok } from "#shared/model/result.ts";

/** Signs of unrelated texts agree by chance within 1/√512 = 0.044 of zero. */
const DIMENSIONS = 512;
const WORDS_OF_32_BITS = DIMENSIONS / 32;
/** Five deviations: of 100,000 unrelated texts none is expected to be nearer. */
const THRESHOLD = 0.22;
const GROUP = 3;
/** What a document says is in its beginning; the rest costs time and blurs the direction. */
const MAX_CHARS = 4000;
const WORD = /[\p{L}\p{N}]+/gu;
/** A whole word says more than one of its letter groups. */
const WORD_WEIGHT = 1.5;

export function createHashedNgrams(): Embedder {
  return {
    id: "local-ngrams-1",
    kind: "lexical",
    note: "Compares spelling, on this machine: it finds other forms of a word and typing errors, not other words for the same thing.",
    dimensions: DIMENSIONS,
    threshold: THRESHOLD,
    embed: async (texts) => ok(texts.map(embedOne)),
  };
}

function embedOne(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const [feature, weight] of features(text)) addDirection(vector, hash(feature), weight);
  const length = Math.hypot(...vector);
  if (length > 0) for (let index = 0; index < DIMENSIONS; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return vector;
}

/** Said ten times is not ten times as important: weights grow with the logarithm. */
function features(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, { count: number; base: number }>();
  const add = (feature: string, base: number): void => {
    const known = counts.get(feature);
    if (known === undefined) counts.set(feature, { count: 1, base });
    else known.count += 1;
  };
  const plain = text.slice(0, MAX_CHARS).normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  for (const [word] of plain.matchAll(WORD)) {
    // Words of two letters and less are mostly grammar.
    add(word, word.length > 2 ? WORD_WEIGHT : WORD_WEIGHT / 3);
    const framed = `^${word}$`;
    for (let at = 0; at + GROUP <= framed.length; at += 1) add(framed.slice(at, at + GROUP), 1);
  }
  return new Map([...counts].map(([feature, { count, base }]) => [feature, base * (1 + Math.log(count))]));
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}

/** The signs come from a generator (xorshift, then a multiplication) that the hash starts. */
function addDirection(vector: Float32Array, seed: number, weight: number): void {
  let state = seed === 0 ? 0x9e3779b9 : seed;
  for (let word = 0; word < WORDS_OF_32_BITS; word += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const bits = Math.imul(state, 0x9e3779b1);
    for (let bit = 0; bit < 32; bit += 1) {
      const index = word * 32 + bit;
      vector[index] = (vector[index] ?? 0) + (((bits >>> bit) & 1) === 1 ? weight : -weight);
    }
  }
}

/** Turns texts into directions, so that near texts have near directions. Which texts are near is the embedder's business. */
import type { Result } from "#shared/model/result.ts";

export interface Embedder {
  /** Vectors of different ids are never compared; a change of method is a new id. */
  readonly id: string;
  /** `lexical`: near in spelling. `semantic`: near in meaning. Shown to people, so that nobody takes one for the other. */
  readonly kind: "lexical" | "semantic";
  /** One sentence for people: what it finds and what it does not. */
  readonly note: string;
  /** A multiple of 8. */
  readonly dimensions: number;
  /** Cosine below which texts have nothing to do with each other. */
  readonly threshold: number;
  /** One vector of `dimensions` numbers for each text, in order. Refusals are passing: the same texts are tried again. */
  embed(texts: readonly string[]): Promise<Result<readonly Float32Array[]>>;
}

/**
 * Who takes a dead letter when it is tried again: the consumer it failed at, or whoever said that it would. One attempt
 * is one call that ends in its time; only that consumer hears it, nobody else who had the message already.
 */
import type { HealingPlan, LetterError, ToolRef } from "#shared/model/deadLetter.ts";
import type { Result } from "#shared/model/result.ts";
import type { Letter } from "./letterRows.ts";

export interface AttemptOrder {
  readonly letter: Letter;
  /** What a person made of it, or the original. */
  readonly data: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly plan: Pick<HealingPlan, "timeoutMs" | "alternative" | "strategy" | "sentence">;
}

export type AttemptOutcome =
  | { readonly ok: true }
  /** `isOurs`: the attempt did not get as far as the message. */
  | { readonly ok: false; readonly error: LetterError; readonly isOurs?: true };

export interface Taker {
  /** Never rejects, and answers within the plan's time. */
  readonly attempt: (order: AttemptOrder) => Promise<AttemptOutcome>;
  /** A call of a tool, which another tool may answer as well. */
  readonly isToolCall?: boolean;
  /** Another way was laid down beforehand, and is not taken yet. */
  readonly hasPlanB?: (letter: Letter) => boolean;
  /** Whether the healer may try it without a person's word, at its own tool or at another one; absent: always. */
  readonly mayRepeat?: (letter: Letter, by?: ToolRef) => boolean;
  /** Whether this content could be taken at all; checked before a person's edit is kept. Errors: bad_request. */
  readonly check?: (data: string, letter: Letter) => Result<void>;
}

export class Takers {
  readonly #takers = new Map<string, Taker[]>();

  /** The returned function takes it back. Of several the newest is asked. */
  register(stream: string, consumer: string, taker: Taker): () => void {
    const key = keyOf({ stream, consumer });
    this.#takers.set(key, [...(this.#takers.get(key) ?? []), taker]);
    return () => {
      const left = (this.#takers.get(key) ?? []).filter((one) => one !== taker);
      if (left.length === 0) this.#takers.delete(key);
      else this.#takers.set(key, left);
    };
  }

  of(letter: Pick<Letter, "stream" | "consumer">): Taker | undefined {
    return this.#takers.get(keyOf(letter))?.at(-1);
  }
}

function keyOf({ stream, consumer }: Pick<Letter, "stream" | "consumer">): string {
  return `${stream} ${consumer}`;
}

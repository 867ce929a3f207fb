/** What models cost, as a maintained list says it: dated, by provider, with what held when. */
import type { Tokens } from "#shared/model/usage.ts";

export interface ListedPrice {
  readonly provider: string;
  readonly model: string;
  /** Billionths of a US dollar per token, of the first tier. */
  readonly inputNanos: number;
  readonly outputNanos: number;
  readonly cacheReadNanos: number | null;
  readonly cacheWriteNanos: number | null;
  /** Large requests cost more. */
  readonly hasTiers: boolean;
}

export interface PriceList {
  /** Names the list in entries: `genai-prices 0.1.8`. */
  readonly version: string;
  /** When it was published, `2026-09-23`. */
  readonly date: string;
  /** What a request costs in billionths of a US dollar; undefined: the list does not know the model. */
  costOf(request: {
    readonly provider: string;
    readonly model: string;
    readonly tokens: Tokens;
    readonly atMs: number;
  }): number | undefined;
  find(provider: string, model: string): ListedPrice | undefined;
  /** The models of the providers that agent CLIs talk to. */
  models(): readonly ListedPrice[];
}

/** One transaction of the ledger: what it may use, and what it changed for those who are told after the commit. */
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import type { Tokens } from "#shared/model/usage.ts";
import type { StoreTx } from "#core/store/index.ts";
import type { EntryRow } from "./rows.ts";
import type { SumChanges } from "./sums.ts";

/** Whose life a session is. */
export interface LifeRef {
  readonly path: string;
  readonly generation: number;
  readonly task?: string;
}

export interface Price {
  readonly costNanos: number;
  readonly version: string;
}

export interface PriceRequest {
  readonly provider: string;
  readonly model: string;
  readonly tokens: Tokens;
  readonly at: number;
}

/** An entry began to count, another ceased to, or both. */
export interface Change {
  readonly entry: EntryRow | undefined;
  readonly previous: EntryRow | undefined;
}

export interface LedgerWork {
  readonly tx: StoreTx;
  readonly nowMs: number;
  readonly calendar: LocalCalendar;
  readonly lifeOf: (sessionId: string) => LifeRef | undefined;
  /** Undefined: no price is known. */
  readonly priceOf: (request: PriceRequest) => Price | undefined;
  readonly changes: Change[];
  /** Saved when the work is done. */
  readonly sums: SumChanges;
  /** Ids of dims that this transaction has seen, by their words. */
  readonly dims: Map<string, number>;
}

/** What the budgets slice is given: who is above whom, and what was spent. Joined to fleets and ledger by policies. */
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import type { Spend } from "./counter.ts";

export type ScopeKind = "everything" | "fleet" | "supervisor" | "agent";

export interface BudgetTree {
  /** Every scope that a budget over this path may stand on, widest first: `*`, the fleet, its supervisors, itself. */
  scopesOf(path: string): readonly string[];
  /** The scope as written by a person (an id, `fleet/id`, a fleet, `*`). Errors: not_found with the nearest, ambiguous. */
  resolve(ref: string): Result<{ readonly scope: string; readonly kind: ScopeKind }>;
  /** Paths of the agents at or below a scope. */
  agentsBelow(scope: string): readonly string[];
}

/** One request's worth, as the ledger tells it: `minus` is what an entry it supersedes had counted. */
export interface SpendEntry {
  readonly id: number;
  readonly path: string;
  readonly sessionId?: string | undefined;
  readonly plus: DatedSpend;
  readonly minus?: DatedSpend | undefined;
}

export interface DatedSpend {
  readonly atMs: number;
  readonly spend: Spend;
}

export interface SpendLedger {
  /** What the ledger holds of a scope from the beginning of a period on, 0 for all; of one whole life where `sessionId` says so. */
  sumSince(question: {
    readonly scope: string;
    readonly agents: readonly string[];
    readonly fromMs: number;
    readonly sessionId?: string | undefined;
  }): Spend;
  lastId(): number;
  /** Entries after this id, oldest first. */
  after(id: number): Iterable<SpendEntry>;
}

export interface BudgetsDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly tree: BudgetTree;
  readonly ledger: SpendLedger;
}

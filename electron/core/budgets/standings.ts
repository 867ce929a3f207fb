/**
 * Where budgets stand, on disk a moment later: every request moves one, the ledger has the request already, and a start
 * counts on from the last entry that the standing on disk has.
 */
import type { BudgetTable } from "./budgetTable.ts";
import { writeCounter } from "./budgetStore.ts";
import type { BudgetsDeps } from "./deps.ts";

const WRITE_AFTER_MS = 1000;

export class Standings {
  readonly #deps: Pick<BudgetsDeps, "recorder" | "clock">;
  readonly #table: Pick<BudgetTable, "get">;
  readonly #moved = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(deps: Pick<BudgetsDeps, "recorder" | "clock">, table: Pick<BudgetTable, "get">) {
    this.#deps = deps;
    this.#table = table;
  }

  moved(id: string): void {
    this.#moved.add(id);
    this.#cancel ??= this.#deps.clock.after(WRITE_AFTER_MS, () => this.write());
  }

  /** It goes to disk with something else. */
  written(id: string): void {
    this.#moved.delete(id);
  }

  write(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#moved.size === 0) return;
    const { recorder } = this.#deps;
    // Facts of others wait for the disk as ever; these need not.
    recorder.flush();
    for (const id of this.#moved) {
      const counter = this.#table.get(id);
      if (counter !== undefined) recorder.project((tx) => writeCounter(tx, counter));
    }
    this.#moved.clear();
    recorder.flush("unsynced");
  }
}

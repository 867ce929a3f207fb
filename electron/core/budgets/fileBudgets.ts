/** The budgets that fleet files ask for. One a person set of the same scope, period and unit wins until it is removed. */
import { budgetId } from "#shared/model/budget.ts";
import type { BudgetRules } from "#shared/model/budget.ts";
import type { BudgetTable } from "./budgetTable.ts";
import type { Counter } from "./counter.ts";

export interface FileBudget {
  readonly scope: string;
  readonly rules: BudgetRules;
}

/** What carrying out a file needs of the slice. */
export interface Carrier {
  readonly table: BudgetTable;
  forget(id: string): void;
  put(next: Pick<Counter, "id" | "scope" | "rules" | "setBy">): void;
}

export class FileBudgets {
  readonly #known = new Map<string, FileBudget & { readonly fleet: string }>();

  rulesOf(id: string): BudgetRules | undefined {
    return this.#known.get(id)?.rules;
  }

  /** The fleet's file as it stands now; none of them when the fleet was forgotten. */
  apply(carrier: Carrier, fleet: string, given: readonly FileBudget[]): void {
    const wanted = new Map(given.map((one) => [budgetId(one.scope, one.rules.period, one.rules.unit), one]));
    for (const [id, known] of this.#known) if (known.fleet === fleet && !wanted.has(id)) this.#known.delete(id);
    for (const { id, scope, setBy } of carrier.table.all())
      if (setBy === "file" && fleetOf(scope) === fleet && !wanted.has(id)) carrier.forget(id);
    for (const [id, { scope, rules }] of wanted) {
      this.#known.set(id, { fleet, scope, rules });
      const standing = carrier.table.get(id);
      if (standing === undefined || isOutdated(standing, rules)) carrier.put({ id, scope, rules, setBy: "file" });
    }
  }
}

function isOutdated(standing: Counter, rules: BudgetRules): boolean {
  return standing.setBy === "file" && JSON.stringify(standing.rules) !== JSON.stringify(rules);
}

/** The fleet a scope or a path stands in. */
export function fleetOf(scope: string): string {
  return scope.split("/")[0] ?? scope;
}

/** What is being spent and what may be: the newest word of the core's usage and budget streams. */
import type { StreamItem } from "#shared/contract/index.ts";
import type { PathUsage, UsageBurn } from "#shared/contract/usage.ts";
import { STOPPING_LEVELS } from "#shared/model/budget.ts";
import type { Budget } from "#shared/model/budget.ts";
import { usedShare } from "#shared/model/budgetWords.ts";

export interface UsageSlice {
  readonly burn: UsageBurn | undefined;
  readonly pathUsage: ReadonlyMap<string, PathUsage>;
  readonly budgets: ReadonlyMap<string, Budget>;
  readonly hasBudgets: boolean;
}

export const EMPTY_USAGE: UsageSlice = {
  burn: undefined,
  pathUsage: new Map(),
  budgets: new Map(),
  hasBudgets: false,
};

export function applyUsageItem(slice: UsageSlice, item: StreamItem<"usage">): Partial<UsageSlice> {
  if (item.type === "burn") return { burn: item };
  const pathUsage = new Map(slice.pathUsage);
  for (const row of item.rows) pathUsage.set(row.path, row);
  return { pathUsage };
}

export function applyBudgetsItem(slice: UsageSlice, item: StreamItem<"budgets">): Partial<UsageSlice> {
  if (item.type === "snapshot")
    return { budgets: new Map(item.budgets.map((budget) => [budget.id, budget])), hasBudgets: true };
  const budgets = new Map(slice.budgets);
  if (item.type === "removed") for (const id of item.ids) budgets.delete(id);
  else for (const budget of item.budgets) budgets.set(budget.id, budget);
  return { budgets };
}

const byScope = new WeakMap<UsageSlice["budgets"], ReadonlyMap<string, readonly Budget[]>>();

/** Budgets by the node they are set on; `*` for everything. */
export function budgetsByScope(budgets: UsageSlice["budgets"]): ReadonlyMap<string, readonly Budget[]> {
  const known = byScope.get(budgets);
  if (known !== undefined) return known;
  const found = new Map<string, Budget[]>();
  for (const budget of budgets.values()) found.set(budget.scope, [...(found.get(budget.scope) ?? []), budget]);
  const sorted = new Map([...found].map(([scope, list]) => [scope, list.toSorted(mostUsedFirst)]));
  byScope.set(budgets, sorted);
  return sorted;
}

function mostUsedFirst(left: Budget, right: Budget): number {
  return usedShare(right) - usedShare(left);
}

export function isStopped(budget: Pick<Budget, "level">): boolean {
  return STOPPING_LEVELS.has(budget.level);
}

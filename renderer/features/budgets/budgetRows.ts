/** The rows of the budget tree: everything, then the fleets with what was spent below each node. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { Budget } from "#shared/model/budget.ts";
import type { UsageSum } from "#shared/model/usage.ts";
import type { TreeSlice } from "#renderer/state/treeSlice.ts";

export interface BudgetRow {
  /** `*` for everything. */
  readonly scope: string;
  readonly depth: number;
  readonly node: NodePatch | undefined;
  /** The budget of this place that is used most, of the wanted unit if there is one. */
  readonly budget: Budget | undefined;
  readonly more: number;
  readonly sum: Spent;
}

export type Spent = Pick<UsageSum, "costNanos" | "totalTokens" | "unpricedTokens">;
const NONE: Spent = { costNanos: 0, totalTokens: 0, unpricedTokens: 0 };

export interface RowsInput {
  readonly tree: Pick<TreeSlice, "fleets" | "nodes" | "children">;
  readonly budgets: ReadonlyMap<string, readonly Budget[]>;
  /** By agent path, for the span. */
  readonly spent: ReadonlyMap<string, Spent>;
  readonly unit: Budget["unit"];
  /** Every agent, not only those with a budget or a cost. */
  readonly isAll: boolean;
}

export function budgetRows(input: RowsInput): readonly BudgetRow[] {
  const below = [...input.tree.fleets.keys()].flatMap((fleet) => nodeRows(input, fleet, 1));
  const everything = [...input.spent.values()].reduce(add, NONE);
  return [{ ...placeRow(input, "*", everything), depth: 0 }, ...below];
}

function nodeRows(input: RowsInput, path: string, depth: number): readonly BudgetRow[] {
  const row = { ...placeRow(input, path, spentBelow(input, path)), depth };
  const children = (input.tree.children.get(path) ?? []).flatMap((child) => nodeRows(input, child, depth + 1));
  const isQuiet = row.budget === undefined && row.sum.totalTokens === 0 && children.length === 0;
  // A fleet is always named: it is where one would set the first budget.
  return isQuiet && !input.isAll && depth > 1 ? [] : [row, ...children];
}

function placeRow({ tree, budgets, unit }: RowsInput, scope: string, sum: Spent): Omit<BudgetRow, "depth"> {
  const own = budgets.get(scope) ?? [];
  const budget = own.find((one) => one.unit === unit) ?? own[0];
  return { scope, node: tree.nodes.get(scope), budget, more: Math.max(0, own.length - 1), sum };
}

function spentBelow(input: RowsInput, path: string): Spent {
  const own = input.spent.get(path) ?? NONE;
  return (input.tree.children.get(path) ?? []).map((child) => spentBelow(input, child)).reduce(add, own);
}

function add(left: Spent, right: Spent): Spent {
  return {
    costNanos: left.costNanos + right.costNanos,
    totalTokens: left.totalTokens + right.totalTokens,
    unpricedTokens: left.unpricedTokens + right.unpricedTokens,
  };
}

/** Budgets: what stands, its past, and what a person changes. Delegation only. */
import type { StreamItem } from "#shared/contract/index.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import {
  find,
  freezeBudget,
  grantBudget,
  handBack,
  handOver,
  historyOf,
  moveBudget,
  removeBudget,
  setBudget,
} from "#core/budgets/index.ts";
import type { Core } from "#core/app.ts";

type BudgetQueries = "budget.list" | "budget.history";
type BudgetCommands =
  | "budget.set"
  | "budget.remove"
  | "budget.grant"
  | "budget.move"
  | "budget.freeze"
  | "budget.unfreeze"
  | "budget.handover"
  | "budget.handback"
  | "budget.setResume";

export function budgetQueries({ budgets }: Core): Pick<QueryHandlers, BudgetQueries> {
  return {
    "budget.list": async ({ scope }) => {
      if (scope === undefined) return ok([...budgets.list()]);
      const found = budgets.deps.tree.resolve(scope);
      return found.ok ? ok([...budgets.list(found.value.scope)]) : found;
    },
    "budget.history": async ({ id, limit }) => {
      const found = find(budgets, id);
      return found.ok ? ok([...historyOf(budgets, found.value, limit)]) : found;
    },
  };
}

export function budgetCommands({ budgets }: Core): Pick<CommandHandlers, BudgetCommands> {
  return {
    "budget.set": async ({ scope, reason, ...rules }, { actor }) => setBudget(budgets, { scope, rules, actor, reason }),
    "budget.remove": async ({ id, reason }, { actor }) => removeBudget(budgets, id, { actor, reason }),
    "budget.grant": async ({ id, amount, reason }, { actor }) => grantBudget(budgets, id, { amount, actor, reason }),
    "budget.move": async (move, { actor }) => moveBudget(budgets, { ...move, actor }),
    "budget.freeze": async ({ id, reason }, { actor }) => freezeBudget(budgets, id, { frozen: true, actor, reason }),
    "budget.unfreeze": async ({ id, reason }, { actor }) => freezeBudget(budgets, id, { frozen: false, actor, reason }),
    "budget.handover": async (order, { actor }) => handOver(budgets, { ...order, actor }),
    "budget.handback": async (order, { actor }) => handBack(budgets, { ...order, actor }),
    "budget.setResume": async ({ id, resume }, { actor }) => budgets.consent.set(id, resume, actor),
  };
}

export function streamBudgets({ budgets }: Core, sink: StreamSink<StreamItem<"budgets">>): Result<StreamHandle> {
  sink.send({ type: "snapshot", budgets: [...budgets.list()] });
  const close = budgets.feed.watch({
    changed: (changed, removed) => {
      if (removed.length > 0) sink.send({ type: "removed", ids: [...removed] });
      if (changed.length > 0) sink.send({ type: "budgets", budgets: [...changed] });
    },
  });
  return ok({ close });
}

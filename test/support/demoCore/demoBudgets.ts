/** A fake for looking at screens: budgets in every state, and commands that change them in place. */
import type { Budget } from "#shared/model/budget.ts";
import { BUDGET_DEFAULTS, budgetId, NANOS_PER_USD } from "#shared/model/budget.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";

function sample(scope: string, usd: number, spentUsd: number, more: Partial<Budget> = {}): Budget {
  const [limit, spent] = [usd * NANOS_PER_USD, Math.round(spentUsd * NANOS_PER_USD)];
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  return {
    ...BUDGET_DEFAULTS,
    id: budgetId(scope, more.period ?? "day", "usd"),
    scope,
    period: "day",
    unit: "usd",
    limit,
    setBy: "file",
    frozen: false,
    periodStart: midnight.toISOString(),
    resetsAt: new Date(midnight.getTime() + 86_400_000).toISOString(),
    spent,
    reserved: 0,
    granted: 0,
    carried: 0,
    allowance: limit,
    available: Math.max(0, limit - spent),
    overshoot: Math.max(0, spent - limit),
    unpricedTokens: 0,
    level: spent >= limit ? "hard" : spent >= limit * 0.8 ? "warn" : spent >= limit * 0.5 ? "notice" : "ok",
    ...more,
  };
}

export function sampleBudgets(): Budget[] {
  return [
    sample("*", 50, 12.34, { setBy: "person" }),
    sample("fleet", 15, 8.56),
    sample("fleet/data-pipeline", 5, 4.2, { atLimit: "soft" }),
    sample("fleet/schema-migrator", 5, 5.07, { overshoot: 70_000_000, notice: "Overshot by $0.07." }),
    sample("fleet/test-writer", 2, 0.3, { frozen: true, level: "frozen", available: 0 }),
  ];
}

export type DemoBudgets = {
  readonly queries: Pick<QueryHandlers, "budget.list" | "budget.history">;
  readonly commands: Pick<
    CommandHandlers,
    | "budget.set"
    | "budget.remove"
    | "budget.grant"
    | "budget.move"
    | "budget.freeze"
    | "budget.unfreeze"
    | "budget.handover"
    | "budget.handback"
    | "budget.setResume"
  >;
  readonly streams: Pick<StreamHandlers, "budgets">;
};

export function demoBudgets(): DemoBudgets {
  const budgets = new Map(sampleBudgets().map((budget) => [budget.id, budget]));
  const watchers = new Set<(budget: Budget) => void>();
  const change = (id: string, patch: (budget: Budget) => Partial<Budget>) => {
    const known = budgets.get(id);
    if (known === undefined) return fail("not_found", `There is no budget ${id}.`);
    const budget = { ...known, ...patch(known) };
    budgets.set(id, budget);
    for (const watcher of watchers) watcher(budget);
    return ok({ budget });
  };
  const grant = (id: string, amount: number) =>
    change(id, ({ granted, allowance, available }) => ({
      granted: granted + amount,
      allowance: allowance + amount,
      available: Math.max(0, available + amount),
      level: "ok",
    }));
  return {
    queries: {
      "budget.list": async () => ok([...budgets.values()]),
      "budget.history": async () =>
        ok([{ seq: 1, at: new Date().toISOString(), actor: "person", what: "set", detail: "$5.00 a day" }]),
    },
    commands: {
      "budget.set": async ({ scope, limit, unit, period }) => {
        const budget = sample(scope, limit / NANOS_PER_USD, 0, { id: budgetId(scope, period, unit), setBy: "person" });
        budgets.set(budget.id, budget);
        return change(budget.id, () => ({}));
      },
      "budget.remove": async ({ id }) =>
        budgets.delete(id) ? ok({ id }) : fail("not_found", `There is no budget ${id}.`),
      "budget.grant": async ({ id, amount }) => grant(id, amount),
      "budget.move": async ({ from, to, amount }) => {
        const [giver, taker] = [grant(from, -amount), grant(to, amount)];
        if (!giver.ok) return giver;
        return taker.ok ? ok({ from: giver.value.budget, to: taker.value.budget }) : taker;
      },
      "budget.freeze": async ({ id }) => change(id, () => ({ frozen: true, level: "frozen", available: 0 })),
      "budget.unfreeze": async ({ id }) =>
        change(id, ({ allowance, spent }) => ({
          frozen: false,
          level: "ok",
          available: Math.max(0, allowance - spent),
        })),
      "budget.handover": async () => fail("unsupported", "The sample has no handovers."),
      "budget.handback": async () => fail("unsupported", "The sample has no handovers."),
      "budget.setResume": async ({ id }) => ok({ path: id }),
    },
    streams: {
      budgets: (_input, sink) => {
        const watcher = (budget: Budget) => sink.send({ type: "budgets", budgets: [budget] });
        sink.send({ type: "snapshot", budgets: [...budgets.values()] });
        watchers.add(watcher);
        return ok({ close: () => void watchers.delete(watcher) });
      },
    },
  };
}

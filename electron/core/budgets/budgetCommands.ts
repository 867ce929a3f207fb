/** What a person does to budgets. Each is one transaction: the standing and the event that says who, what and why. */
import type { EventVerb } from "#shared/model/event.ts";
import { budgetId, MOST_TOKENS, MOST_USD, NANOS_PER_USD, STOPPING_LEVELS } from "#shared/model/budget.ts";
import type { Budget, BudgetRules, BudgetUnit } from "#shared/model/budget.ts";
import { PERIOD_WORDS } from "#shared/model/budgetWords.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { budgetEvent } from "./budgetEvents.ts";
import type { Budgets } from "./budgets.ts";
import { dropCounter, writeCounter } from "./budgetStore.ts";
import { leastLeft } from "./budgetTable.ts";
import { amountText as amountWords } from "#shared/lib/amountWords.ts";
import { allowanceOf, leftOf, levelOf } from "./counter.ts";
import type { Counter } from "./counter.ts";

export interface ByPerson {
  readonly actor: string;
  readonly reason?: string | undefined;
}
export type Changed = Result<{ budget: Budget; note?: string }>;

export function setBudget(
  budgets: Budgets,
  order: ByPerson & { readonly scope: string; readonly rules: BudgetRules },
): Changed {
  const { rules } = order;
  budgets.deps.recorder.flush();
  const found = budgets.deps.tree.resolve(order.scope);
  if (!found.ok) return found;
  const { scope, kind } = found.value;
  if (rules.period === "run" && kind !== "agent")
    return fail(
      "bad_request",
      `A budget per run counts the lives of one agent, and ${scope} is ${KINDS[kind]}. Name an agent, or choose another period.`,
    );
  const absurd = tooMuch(rules.limit, rules.unit);
  if (absurd !== undefined) return absurd;
  if (rules.noticeAt > rules.warnAt)
    return fail("bad_request", "The notice comes before the warning: make notice at most as large as warn.");
  const id = budgetId(scope, rules.period, rules.unit);
  const known = budgets.table.get(id);
  const next = budgets.withRules(known, { id, scope, rules, setBy: "person" });
  const before = known?.rules.limit;
  return commit(budgets, next, {
    verb: "set",
    by: order,
    data: { ...(before === undefined ? {} : { before }), after: rules.limit, rules, detail: ruleWords(rules) },
  });
}

const KINDS = { everything: "everything", fleet: "a fleet", supervisor: "a supervisor", agent: "an agent" } as const;

/** A person's budget ends; one of the fleet file with the same id comes back into force. */
export function removeBudget(budgets: Budgets, id: string, by: ByPerson): Result<{ id: string; note?: string }> {
  const known = find(budgets, id);
  if (!known.ok) return known;
  const counter = known.value;
  const rules = budgets.files.rulesOf(counter.id);
  if (counter.setBy === "file")
    return fail(
      "conflict",
      `${counter.id} stands in the fleet file. Remove it there, or set another limit here: a person's wins.`,
    );
  const event = budgetEvent(counter, {
    verb: "removed",
    actor: by.actor,
    data: { before: counter.rules.limit, ...reasonOf(by), detail: ruleWords(counter.rules) },
  });
  const next = rules === undefined ? undefined : budgets.withRules(counter, { ...counter, rules, setBy: "file" });
  const saved = budgets.deps.store.transact({
    actor: by.actor,
    work: (tx) => {
      if (next === undefined) dropCounter(tx, counter.id);
      else writeCounter(tx, next);
      tx.append(event);
    },
  });
  if (!saved.ok) return saved;
  if (next === undefined) budgets.forget(counter.id);
  else budgets.adopt(next);
  const note = next === undefined ? {} : { note: `The fleet file's ${ruleWords(next.rules)} holds again.` };
  return ok({ id: counter.id, ...note });
}

export function grantBudget(budgets: Budgets, id: string, order: ByPerson & { readonly amount: number }): Changed {
  const known = find(budgets, id);
  if (!known.ok) return known;
  const counter = known.value;
  const absurd = tooMuch(allowanceOf(counter) + order.amount, counter.rules.unit);
  if (absurd !== undefined) return absurd;
  return commit(budgets, granted(counter, order.amount), {
    verb: "granted",
    by: order,
    data: {
      amount: order.amount,
      before: allowanceOf(counter),
      after: allowanceOf(counter) + order.amount,
      detail: amountWords(order.amount, counter.rules.unit),
    },
  });
}

export function freezeBudget(budgets: Budgets, id: string, order: ByPerson & { readonly frozen: boolean }): Changed {
  const known = find(budgets, id);
  if (!known.ok) return known;
  const counter = known.value;
  const verb = order.frozen ? "frozen" : "unfrozen";
  if (counter.state.frozen === order.frozen) return fail("conflict", `${counter.id} is ${verb} already.`);
  const next = { ...counter, state: { ...counter.state, frozen: order.frozen } };
  return commit(budgets, next, {
    verb,
    by: order,
    data: { detail: `${amountWords(counter.state.spent, counter.rules.unit)} spent` },
  });
}

export interface Move extends ByPerson {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export function moveBudget(budgets: Budgets, move: Move): Result<{ from: Budget; to: Budget; note?: string }> {
  const from = find(budgets, move.from);
  if (!from.ok) return from;
  const to = find(budgets, move.to);
  if (!to.ok) return to;
  const refused = refuseMove(budgets, { from: from.value, to: to.value, amount: move.amount });
  if (refused !== undefined) return refused;
  const giver = granted(from.value, -move.amount);
  const taker = granted(to.value, move.amount);
  const words = `${amountWords(move.amount, giver.rules.unit)} from ${nameOf(giver)} to ${nameOf(taker)}`;
  const saved = budgets.deps.store.transact({
    actor: move.actor,
    work: (tx) => {
      for (const [counter, before] of [
        [giver, from.value],
        [taker, to.value],
      ] as const) {
        writeCounter(tx, counter);
        const data = {
          from: giver.id,
          to: taker.id,
          amount: move.amount,
          before: allowanceOf(before),
          after: allowanceOf(counter),
          detail: words,
          ...reasonOf(move),
        };
        tx.append(budgetEvent(counter, { verb: "moved", actor: move.actor, data }));
      }
    },
  });
  if (!saved.ok) return saved;
  budgets.adopt(giver);
  budgets.adopt(taker);
  return ok({ from: current(budgets, giver), to: current(budgets, taker), ...noteOf(budgets, taker) });
}

function refuseMove(
  budgets: Budgets,
  { from, to, amount }: { from: Counter; to: Counter; amount: number },
): Result<never> | undefined {
  if (from.id === to.id) return fail("bad_request", "A budget cannot move to itself. Name two.");
  if (from.rules.unit !== to.rules.unit)
    return fail(
      "bad_request",
      `${from.id} counts ${from.rules.unit}, ${to.id} counts ${to.rules.unit}. Move between budgets of the same unit.`,
    );
  const scopes = budgets.deps.tree.scopesOf(to.scope);
  if (scopes.includes(from.scope) || budgets.deps.tree.scopesOf(from.scope).includes(to.scope))
    return fail(
      "conflict",
      `${from.scope} and ${to.scope} hold one another: what the inner one spends counts in the outer one already. Grant to the inner one instead.`,
    );
  const left = leftOf(from);
  if (amount > left)
    return fail("conflict", `${from.id} has ${amountWords(left, from.rules.unit)} left. Move at most that.`);
  return tooMuch(allowanceOf(to) + amount, to.rules.unit);
}

export function granted(counter: Counter, amount: number): Counter {
  return { ...counter, state: { ...counter.state, granted: counter.state.granted + amount } };
}

export interface Audit {
  readonly verb: EventVerb<"budget">;
  readonly by: ByPerson;
  readonly data: Record<string, unknown>;
}

function commit(budgets: Budgets, next: Counter, { verb, by, data }: Audit): Changed {
  const saved = budgets.deps.store.transact({
    actor: by.actor,
    work: (tx) => {
      writeCounter(tx, next);
      tx.append(budgetEvent(next, { verb, actor: by.actor, data: { ...data, ...reasonOf(by) } }));
    },
  });
  if (!saved.ok) return saved;
  budgets.adopt(next);
  return ok({ budget: current(budgets, next), ...noteOf(budgets, next) });
}

export function current(budgets: Budgets, counter: Counter): Budget {
  return budgets.view(budgets.table.get(counter.id) ?? counter);
}

export function reasonOf({ reason }: ByPerson): { reason?: string } {
  return reason === undefined || reason.trim() === "" ? {} : { reason };
}

/** The id as written, or a scope that has exactly one budget. */
export function find(budgets: Budgets, ref: string): Result<Counter> {
  budgets.tick();
  // What happened before the command stands before it in the history.
  budgets.deps.recorder.flush();
  const known = budgets.table.get(ref);
  if (known !== undefined) return ok(known);
  const scope = budgets.deps.tree.resolve(ref);
  const on = scope.ok ? budgets.table.on([scope.value.scope]) : [];
  const [only] = on;
  if (only !== undefined && on.length === 1) return ok(only);
  if (on.length > 1)
    return fail("ambiguous", `${ref} has several budgets: ${on.map(({ id }) => id).join(", ")}. Name one of them.`);
  const ids = budgets.table.all().map(({ id }) => id);
  const meant = nearest(ref, ids);
  const known2 =
    ids.length === 0
      ? "No budget is set yet."
      : meant === undefined
        ? `Budgets are ${ids.slice(0, 20).join(", ")}.`
        : `Did you mean ${meant}?`;
  return fail("not_found", `There is no budget ${ref}. ${known2}`);
}

function tooMuch(amount: number, unit: BudgetUnit): Result<never> | undefined {
  const most = unit === "usd" ? MOST_USD * NANOS_PER_USD : MOST_TOKENS;
  if (amount <= most) return undefined;
  return fail("bad_request", `More than ${amountWords(most, unit)} is no budget. Check the amount.`);
}

function ruleWords(rules: BudgetRules): string {
  return `${amountWords(rules.limit, rules.unit)} ${PERIOD_WORDS[rules.period]}`;
}

const nameOf = ({ scope }: Counter): string => (scope === "*" ? "everything" : scope);

/** What a person should know about a change that went through. */
function noteOf(budgets: Budgets, counter: Counter): { note?: string } {
  const { rules, state } = counter;
  const level = levelOf(counter);
  if (STOPPING_LEVELS.has(level) && level !== "frozen")
    return {
      note: `${amountWords(state.spent, rules.unit)} of it is spent already, so it stops at once what it binds.`,
    };
  const wider = budgets.binding(counter.scope).filter(({ scope }) => scope !== counter.scope);
  const above = leastLeft(wider, rules.unit);
  if (above !== undefined && above.left < leftOf(counter))
    return {
      note: `${above.by.id} above it has ${amountWords(above.left, rules.unit)} left, and no more than that can be spent.`,
    };
  return {};
}

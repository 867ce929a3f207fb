/**
 * Tokens in every handover (mission RO-13): what a giver hands on is taken from its own budgets and is the most the
 * receiver may use, until it is handed back. Whatever binds both of them counts the receiver's use anyway.
 */
import { BUDGET_DEFAULTS, budgetId } from "#shared/model/budget.ts";
import type { Budget } from "#shared/model/budget.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { budgetEvent } from "./budgetEvents.ts";
import { eventsOf } from "./budgetHistory.ts";
import { current, granted, reasonOf } from "./budgetCommands.ts";
import type { ByPerson } from "./budgetCommands.ts";
import type { Budgets } from "./budgets.ts";
import { dropCounter, writeCounter } from "./budgetStore.ts";
import { leastLeft } from "./budgetTable.ts";
import { amountText as amountWords } from "#shared/lib/amountWords.ts";
import { allowanceOf, leftOf } from "./counter.ts";
import type { Counter } from "./counter.ts";

export interface Handover extends ByPerson {
  /** The agent that gives; absent: a person. */
  readonly from?: string | undefined;
  readonly to: string;
  readonly tokens: number;
}

/** The most `from` can hand to `to`; undefined: nothing holds either of them back. */
export function tokenBudget(budgets: Budgets, { from, to }: Pick<Handover, "from" | "to">): number | undefined {
  const own = budgets.binding(to).filter(({ rules }) => rules.period !== "handover");
  const both = from === undefined ? own : [...budgets.binding(from), ...own];
  return leastLeft(both, "tokens")?.left;
}

/** What an agent has left of what was handed to it; undefined: nothing was. */
export function handedLeft(budgets: Budgets, to: string): number | undefined {
  const taker = budgets.table.get(budgetId(to, "handover", "tokens"));
  return taker === undefined ? undefined : leftOf(taker);
}

export function handOver(budgets: Budgets, order: Handover): Result<{ tokens: number; budget: Budget; note?: string }> {
  const ends = resolveEnds(budgets, order);
  if (!ends.ok) return ends;
  const { from, to } = ends.value;
  const most = tokenBudget(budgets, { from, to });
  const tokens = Math.min(order.tokens, most ?? order.tokens);
  if (tokens <= 0)
    return fail(
      "budget_exhausted",
      `Nothing is left that could be handed to ${to}. Grant more to ${from ?? to}, or hand over later.`,
    );
  const givers = from === undefined ? [] : ownOf(budgets, { from, to }).map((counter) => granted(counter, -tokens));
  const taker = receiver(budgets, to, tokens);
  const saved = budgets.deps.store.transact({
    actor: order.actor,
    work: (tx) => {
      for (const counter of [...givers, taker]) writeCounter(tx, counter);
      const data = {
        from: from ?? null,
        to,
        amount: tokens,
        detail: amountWords(tokens, "tokens"),
        ...reasonOf(order),
      };
      tx.append(budgetEvent(taker, { verb: "handed_over", actor: order.actor, data }));
    },
  });
  if (!saved.ok) return saved;
  for (const counter of [...givers, taker]) budgets.adopt(counter);
  const note = tokens < order.tokens ? { note: `Only ${amountWords(tokens, "tokens")} were left to hand over.` } : {};
  return ok({ tokens, budget: current(budgets, taker), ...note });
}

/**
 * Ends the receiver's bond, or (with `tokens`) loosens it by so many; what comes back goes to those it was taken from, the
 * newest gift first, as far as they still stand.
 */
export function handBack(
  budgets: Budgets,
  order: ByPerson & { readonly to: string; readonly tokens?: number },
): Result<{ tokens: number }> {
  const ends = resolveEnds(budgets, { to: order.to });
  if (!ends.ok) return ends;
  const { to } = ends.value;
  const taker = budgets.table.get(budgetId(to, "handover", "tokens"));
  if (taker === undefined) return fail("not_found", `Nothing was handed to ${to}.`);
  const left = Math.min(leftOf(taker), order.tokens ?? Number.POSITIVE_INFINITY);
  const givers = refunds(budgets, taker, left);
  const rest = granted(taker, -left);
  const ended = order.tokens === undefined || allowanceOf(rest) <= 0;
  const saved = budgets.deps.store.transact({
    actor: order.actor,
    work: (tx) => {
      if (ended) dropCounter(tx, taker.id);
      for (const counter of ended ? givers : [...givers, rest]) writeCounter(tx, counter);
      const data = { to, amount: left, ended, detail: amountWords(left, "tokens"), ...reasonOf(order) };
      tx.append(budgetEvent(taker, { verb: "handed_back", actor: order.actor, data }));
    },
  });
  if (!saved.ok) return saved;
  if (ended) budgets.forget(taker.id);
  for (const counter of ended ? givers : [...givers, rest]) budgets.adopt(counter);
  return ok({ tokens: left });
}

/** More gifts to one agent than anybody makes before it hands back. */
const GIFTS = 200;

/** The givers' budgets with `tokens` given back to them. Who gave what is told by the handovers since the last full return. */
function refunds(budgets: Budgets, taker: Counter, tokens: number): readonly Counter[] {
  const back = new Map<string, Counter>();
  let rest = tokens;
  /** Of the gifts that follow, already given back. */
  let returned = 0;
  for (const { type, data } of eventsOf(budgets, taker, GIFTS)) {
    if (rest <= 0 || (type === "budget.handed_back" && data["ended"] !== false)) break;
    const amount = Number(data["amount"]);
    if (type === "budget.handed_back") returned += amount;
    if (type !== "budget.handed_over") continue;
    const gone = Math.min(returned, amount);
    returned -= gone;
    const share = Math.min(rest, amount - gone);
    rest -= share;
    if (typeof data["from"] !== "string") continue;
    for (const counter of ownOf(budgets, { from: data["from"], to: taker.scope }))
      back.set(counter.id, granted(back.get(counter.id) ?? counter, share));
  }
  return [...back.values()];
}

function resolveEnds(
  budgets: Budgets,
  { from, to }: { from?: string | undefined; to: string },
): Result<{ from: string | undefined; to: string }> {
  const taker = budgets.deps.tree.resolve(to);
  if (!taker.ok) return taker;
  if (taker.value.kind !== "agent")
    return fail("bad_request", `${taker.value.scope} is no agent; tokens are handed to an agent.`);
  if (from === undefined) return ok({ from: undefined, to: taker.value.scope });
  const giver = budgets.deps.tree.resolve(from);
  if (!giver.ok) return giver;
  if (giver.value.scope === taker.value.scope) return fail("bad_request", "An agent cannot hand tokens to itself.");
  return ok({ from: giver.value.scope, to: taker.value.scope });
}

/** The giver's token budgets that do not bind the receiver, too. */
function ownOf(budgets: Budgets, { from, to }: { from: string; to: string }): readonly Counter[] {
  const shared = new Set(budgets.binding(to).map(({ id }) => id));
  return budgets.binding(from).filter(({ id, rules }) => rules.unit === "tokens" && !shared.has(id));
}

function receiver(budgets: Budgets, to: string, tokens: number): Counter {
  const id = budgetId(to, "handover", "tokens");
  const known = budgets.table.get(id);
  if (known !== undefined) return granted(known, tokens);
  const rules = { ...BUDGET_DEFAULTS, period: "handover", unit: "tokens", limit: tokens } as const;
  return budgets.withRules(undefined, { id, scope: to, rules, setBy: "person" });
}

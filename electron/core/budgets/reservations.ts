/**
 * Setting aside before spending. Pure: all budgets that bind an agent agree to a request, or the first that does not
 * says why. What is granted never exceeds what any of them has left, however many requests come at once; a request that
 * may need more than is left gets what is left, so that a budget ends within the request in flight.
 */
import type { BudgetUnit } from "#shared/model/budget.ts";
import { inUnit, isStopping, leftOf } from "./counter.ts";
import type { Counter } from "./counter.ts";

export interface Wanted {
  /** Undefined: the model has no price. */
  readonly nanos: number | undefined;
  readonly tokens: number;
}

export interface SetAside {
  readonly nanos: number;
  readonly tokens: number;
}

/** What a request under way holds. Kept in memory: its core's death ends the request. */
export interface Reservation extends SetAside {
  readonly id: string;
  readonly path: string;
  readonly atMs: number;
}

export type ReserveDecision =
  | { readonly type: "granted"; readonly amount: SetAside }
  /** `busy`: nothing is used up, but all of it is set aside for requests under way; one later may pass. */
  | { readonly type: "refused"; readonly by: Counter; readonly why: "stopped" | "busy" | "unpriced" };

/** `binding`: every budget over the agent, widest first. */
export function decideReserve(binding: readonly Counter[], wanted: Wanted): ReserveDecision {
  for (const counter of binding) {
    if (isStopping(counter)) return { type: "refused", by: counter, why: "stopped" };
    if (wanted.nanos === undefined && counter.rules.unit === "usd" && counter.rules.unpriced === "stop")
      return { type: "refused", by: counter, why: "unpriced" };
  }
  const empty = binding.find((counter) => counter.rules.atLimit !== "warn" && leftOf(counter) <= 0);
  if (empty !== undefined) return { type: "refused", by: empty, why: "busy" };
  return {
    type: "granted",
    amount: {
      nanos: capped(binding, "usd", wanted.nanos ?? 0),
      tokens: capped(binding, "tokens", wanted.tokens),
    },
  };
}

function capped(binding: readonly Counter[], unit: BudgetUnit, wanted: number): number {
  const holding = binding.filter(({ rules }) => rules.unit === unit && rules.atLimit !== "warn");
  return Math.max(0, Math.min(wanted, ...holding.map(leftOf)));
}

/** What a reservation holds of this budget. */
export function heldOf(counter: Pick<Counter, "rules">, amount: SetAside): number {
  return inUnit(amount, counter.rules.unit);
}

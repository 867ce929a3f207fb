/** All budgets and what is set aside, in memory. Keeps the sums right; decides nothing. */
import type { BudgetUnit } from "#shared/model/budget.ts";
import { leftOf } from "./counter.ts";
import type { Counter } from "./counter.ts";
import { heldOf } from "./reservations.ts";
import type { Reservation } from "./reservations.ts";

export class BudgetTable {
  readonly #counters = new Map<string, Counter>();
  readonly #byScope = new Map<string, Set<string>>();
  readonly #reservations = new Map<string, { readonly made: Reservation; readonly on: readonly string[] }>();

  get isEmpty(): boolean {
    return this.#counters.size === 0;
  }

  get(id: string): Counter | undefined {
    return this.#counters.get(id);
  }

  all(): readonly Counter[] {
    return [...this.#counters.values()];
  }

  put(counter: Counter): void {
    this.#counters.set(counter.id, counter);
    const ids = this.#byScope.get(counter.scope) ?? new Set();
    this.#byScope.set(counter.scope, ids.add(counter.id));
  }

  remove(id: string): void {
    const counter = this.#counters.get(id);
    this.#counters.delete(id);
    if (counter !== undefined) this.#byScope.get(counter.scope)?.delete(id);
  }

  /** Every budget on one of these scopes, in their order. */
  on(scopes: readonly string[]): readonly Counter[] {
    const found: Counter[] = [];
    for (const scope of scopes)
      for (const id of this.#byScope.get(scope) ?? []) {
        const counter = this.#counters.get(id);
        if (counter !== undefined) found.push(counter);
      }
    return found;
  }

  hold(made: Reservation, binding: readonly Counter[]): void {
    this.#reservations.set(made.id, { made, on: binding.map(({ id }) => id) });
    for (const counter of binding) this.put({ ...counter, reserved: counter.reserved + heldOf(counter, made) });
  }

  /** Idempotent; answers what was held. */
  release(id: string): Reservation | undefined {
    const held = this.#reservations.get(id);
    if (held === undefined) return undefined;
    this.#reservations.delete(id);
    for (const counterId of held.on) {
      const counter = this.#counters.get(counterId);
      // One that was removed and set again meanwhile began with nothing set aside.
      if (counter !== undefined)
        this.put({ ...counter, reserved: Math.max(0, counter.reserved - heldOf(counter, held.made)) });
    }
    return held.made;
  }

  reservations(): readonly Reservation[] {
    return [...this.#reservations.values()].map(({ made }) => made);
  }
}

/** The least that any of these budgets has left in this unit; undefined: none of them holds anything back. */
export function leastLeft(
  counters: readonly Counter[],
  unit: BudgetUnit,
): { readonly left: number; readonly by: Counter } | undefined {
  let least: { left: number; by: Counter } | undefined;
  for (const counter of counters) {
    if (counter.rules.unit !== unit || (counter.rules.atLimit === "warn" && !counter.state.frozen)) continue;
    const left = leftOf(counter);
    if (least === undefined || left < least.left) least = { left, by: counter };
  }
  return least;
}

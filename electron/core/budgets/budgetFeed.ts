/** Tells windows which budgets changed; of a burst of spending they hear once. */
import type { Budget } from "#shared/model/budget.ts";
import type { Clock } from "#core/ports/clock.ts";

const TELL_AFTER_MS = 100;

export interface BudgetListener {
  /** `removed` ids are gone. */
  changed(budgets: readonly Budget[], removed: readonly string[]): void;
}

export class BudgetFeed {
  readonly #deps: { readonly clock: Clock; readonly view: (id: string) => Budget | undefined };
  readonly #listeners = new Set<BudgetListener>();
  readonly #touched = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(deps: { readonly clock: Clock; readonly view: (id: string) => Budget | undefined }) {
    this.#deps = deps;
  }

  /** The budget changed, came or went. */
  touch(id: string): void {
    if (this.#listeners.size === 0) return;
    this.#touched.add(id);
    this.#cancel ??= this.#deps.clock.after(TELL_AFTER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancel = undefined;
    const ids = [...this.#touched];
    this.#touched.clear();
    const changed = ids.flatMap((id) => this.#deps.view(id) ?? []);
    const removed = ids.filter((id) => !changed.some((budget) => budget.id === id));
    for (const listener of this.#listeners) listener.changed(changed, removed);
  }

  /** The returned function ends it. */
  watch(listener: BudgetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#cancel?.();
    this.#listeners.clear();
  }
}

/** Tells windows and `watch` which runs changed; of a burst of moves they hear once, with where the run stands. */
import type { Clock } from "#core/ports/clock.ts";
import type { Run } from "#shared/model/workflow.ts";

/** An event reaches the window within 100 ms. */
const TELL_AFTER_MS = 40;

export interface WorkflowListener {
  runs(runs: readonly Run[]): void;
  /** Fleet files changed. */
  definitions(): void;
}

export class WorkflowFeed {
  readonly #deps: { readonly clock: Clock; readonly view: (id: string) => Run | undefined };
  readonly #listeners = new Set<WorkflowListener>();
  readonly #touched = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(deps: { readonly clock: Clock; readonly view: (id: string) => Run | undefined }) {
    this.#deps = deps;
  }

  defined(): void {
    for (const listener of this.#listeners) listener.definitions();
  }

  touch(id: string): void {
    if (this.#listeners.size === 0) return;
    this.#touched.add(id);
    this.#cancel ??= this.#deps.clock.after(TELL_AFTER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancel = undefined;
    const runs = [...this.#touched].flatMap((id) => this.#deps.view(id) ?? []);
    this.#touched.clear();
    for (const listener of this.#listeners) listener.runs(runs);
  }

  /** The returned function ends it. */
  watch(listener: WorkflowListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#cancel?.();
    this.#listeners.clear();
  }
}

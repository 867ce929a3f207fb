/** Who watches the registry: changed servers, gathered for a moment, the newest calls, and the templates. */
import type { Clock } from "#core/ports/clock.ts";

export interface RegistryListener {
  changed(keys: readonly string[]): void;
  /** A call began or ended. */
  called(): void;
  /** A template was kept, changed, used or removed. */
  templatesChanged(): void;
}

/** One picture's worth; a flood of calls is one notice. */
const GATHER_MS = 100;

export class RegistryFeed {
  readonly #clock: Clock;
  readonly #listeners = new Set<RegistryListener>();
  readonly #keys = new Set<string>();
  #hasCalls = false;
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watch(listener: RegistryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  mark(key: string): void {
    this.#keys.add(key);
    this.#schedule();
  }

  markCalls(): void {
    this.#hasCalls = true;
    this.#schedule();
  }

  /** Persons change them, one at a time. */
  markTemplates(): void {
    for (const listener of this.#listeners) listener.templatesChanged();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listeners.size === 0) {
      if (this.#listeners.size === 0) this.#keys.clear();
      return;
    }
    this.#isScheduled = true;
    this.#clock.after(GATHER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#isScheduled = false;
    const keys = [...this.#keys];
    const hasCalls = this.#hasCalls;
    this.#keys.clear();
    this.#hasCalls = false;
    for (const listener of this.#listeners) {
      if (keys.length > 0) listener.changed(keys);
      if (hasCalls) listener.called();
    }
  }
}

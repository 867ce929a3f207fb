/**
 * The owner of resources: whatever is made is registered here on the line that makes it, and goes in reverse order.
 * Disposing is idempotent, and one disposer that fails does not keep the others from their turn.
 */
import type { Logger } from "../ports/logger.ts";

export type Dispose = () => void | Promise<void>;

export class Scope {
  readonly name: string;
  readonly #logger: Logger | undefined;
  readonly #controller = new AbortController();
  readonly #owned = new Set<{ readonly dispose: Dispose }>();
  #disposal: Promise<void> | undefined;

  constructor(name: string, logger?: Logger) {
    this.name = name;
    this.#logger = logger;
  }

  /** Aborted as the first thing when the scope is disposed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isDisposed(): boolean {
    return this.#disposal !== undefined;
  }

  /** How many resources and tasks are owned now; 0 after disposal. */
  get size(): number {
    return this.#owned.size;
  }

  /**
   * Owns a resource. Too late (the scope is gone) it is disposed of at once. The returned function releases it early:
   * it disposes and forgets.
   */
  add(dispose: Dispose): () => Promise<void> {
    const owned = { dispose };
    if (this.isDisposed) void this.#disposeOne(owned);
    else this.#owned.add(owned);
    return async () => {
      if (this.#owned.delete(owned)) await this.#disposeOne(owned);
    };
  }

  /**
   * Runs a task that disposal aborts and waits for; it must not await its own scope's disposal. Failures are logged
   * under `label`, except those of a task that was aborted. Resolves when the task has ended, never rejects.
   */
  run(label: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.isDisposed) return Promise.resolve();
    const ended = this.#runTask(label, task);
    const owned = { dispose: () => ended };
    this.#owned.add(owned);
    return ended.then(() => void this.#owned.delete(owned));
  }

  /** A scope inside this one, disposed with it at the latest. */
  child(name: string): Scope {
    const inner = new Scope(`${this.name}/${name}`, this.#logger);
    const owned = { dispose: () => inner.dispose() };
    if (this.isDisposed) void inner.dispose();
    else this.#owned.add(owned);
    inner.add(() => void this.#owned.delete(owned));
    return inner;
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#disposeAll();
    return this.#disposal;
  }

  async #disposeAll(): Promise<void> {
    this.#controller.abort();
    for (const owned of [...this.#owned].toReversed()) {
      // A disposer may have taken others of this scope with it.
      if (this.#owned.delete(owned)) await this.#disposeOne(owned);
    }
  }

  async #disposeOne(owned: { readonly dispose: Dispose }): Promise<void> {
    try {
      await owned.dispose();
    } catch (error) {
      this.#logger?.error("A resource could not be disposed of.", { scope: this.name, error: String(error) });
    }
  }

  async #runTask(label: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await task(this.signal);
    } catch (error) {
      if (this.signal.aborted) return;
      this.#logger?.error("A task failed.", { scope: this.name, task: label, error: String(error) });
    }
  }
}

/** Tells windows which letters changed; of a flood they hear some times a second, and of each letter its newest state. */
import type { DeadLetter } from "#shared/model/deadLetter.ts";
import type { Clock } from "#core/ports/clock.ts";
import { toDeadLetter } from "./letterRows.ts";
import type { DeadLetters } from "./letters.ts";

const TELL_AFTER_MS = 150;
/** More than a page shows; whoever needs the rest asks for it. Overflow: the oldest changes are left out, counts stay right. */
const MOST_TOLD = 500;

export interface LetterFeedListener {
  changed(letters: readonly DeadLetter[], removed: readonly number[]): void;
}

export class LetterFeed {
  readonly #deps: { readonly letters: DeadLetters; readonly clock: Clock };
  readonly #listeners = new Set<LetterFeedListener>();
  readonly #touched = new Set<number>();
  readonly #removed = new Set<number>();
  readonly #stop: () => void;
  #cancel: (() => void) | undefined;

  constructor(deps: { readonly letters: DeadLetters; readonly clock: Clock }) {
    this.#deps = deps;
    this.#stop = deps.letters.watch({
      moved: ({ id }) => this.#touch(this.#touched, id),
      removed: (ids) => {
        for (const id of ids) this.#touch(this.#removed, id);
      },
    });
  }

  /** The returned function ends it. */
  watch(listener: LetterFeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something that is no letter changed: whether the healer runs. */
  touch(): void {
    if (this.#listeners.size > 0) this.#cancel ??= this.#deps.clock.after(TELL_AFTER_MS, () => this.#tell());
  }

  close(): void {
    this.#stop();
    this.#cancel?.();
    this.#listeners.clear();
  }

  #touch(set: Set<number>, id: number): void {
    if (this.#listeners.size === 0) return;
    set.delete(id);
    set.add(id);
    if (set.size > MOST_TOLD) for (const oldest of set) if (set.delete(oldest)) break;
    this.touch();
  }

  /** Those that were touched, and those of their runs whose waiting that changes. */
  #changed(): readonly DeadLetter[] {
    const { letters } = this.#deps;
    const changed = new Map<number, DeadLetter>();
    for (const id of this.#touched) {
      const letter = letters.get(id);
      if (letter === undefined) continue;
      for (const one of [letter, ...letters.behind(letter, MOST_TOLD - changed.size)])
        if (changed.size < MOST_TOLD || one.id === id) changed.set(one.id, toDeadLetter(one));
    }
    return [...changed.values()];
  }

  #tell(): void {
    this.#cancel = undefined;
    const letters = this.#changed();
    const removed = [...this.#removed];
    this.#touched.clear();
    this.#removed.clear();
    for (const listener of this.#listeners) listener.changed(letters, removed);
  }
}

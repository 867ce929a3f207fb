/** One timer of each kind per entry: setting it again replaces it, ending the entry's work ends them all. */
import type { Clock } from "#core/ports/clock.ts";
import type { EntryRef } from "./runBook.ts";

export type TimerKind = "lease" | "silence" | "timeout" | "retry";
const KINDS: readonly TimerKind[] = ["lease", "silence", "timeout", "retry"];

export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(
    ref: EntryRef,
    kind: TimerKind,
    { delayMs, task }: { readonly delayMs: number; readonly task: () => void },
  ): void {
    const key = `${ref.run} ${ref.step} ${kind}`;
    this.#cancels.get(key)?.();
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancels.delete(key);
      task();
    });
    this.#cancels.set(key, cancel);
  }

  end(ref: EntryRef): void {
    for (const kind of KINDS) {
      const key = `${ref.run} ${ref.step} ${kind}`;
      this.#cancels.get(key)?.();
      this.#cancels.delete(key);
    }
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}

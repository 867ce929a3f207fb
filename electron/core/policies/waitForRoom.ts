/**
 * Requests that wait for others under way: near a budget's end all that is left may be set aside for one request, and
 * what it does not use is the next one's. Refused at once, an agent would end its turn over a moment's lack of room.
 */
import type { ReserveAnswer } from "#core/budgets/index.ts";
import type { Clock } from "#core/ports/clock.ts";

/** A person's grant and a new period make room, too, and call nobody here. */
const LOOK_AGAIN_MS = 1000;
/** Models answer within this; the CLIs give up on a request later (Codex after 5 minutes, Claude Code after 10). */
const PATIENCE_MS = 120_000;

export class WaitForRoom {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks until there is room, the budget is used up, time is over, or whoever asked is gone: that is `isBusy` still. */
  async reserve(ask: () => ReserveAnswer, gone: AbortSignal): Promise<ReserveAnswer> {
    const untilMs = this.#clock.now() + PATIENCE_MS;
    let answer = ask();
    while (!answer.ok && answer.isBusy && !gone.aborted && this.#clock.now() < untilMs) {
      await this.#turn(gone);
      if (!gone.aborted) answer = ask();
    }
    return answer;
  }

  /** A request has ended: who waits asks again, in the order in which they came. */
  wake(): void {
    for (const again of this.#waiting) again();
  }

  async #turn(gone: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const again = (): void => resolve();
    const cancel = this.#clock.after(LOOK_AGAIN_MS, again);
    this.#waiting.add(again);
    gone.addEventListener("abort", again);
    try {
      await promise;
    } finally {
      cancel();
      this.#waiting.delete(again);
      gone.removeEventListener("abort", again);
    }
  }
}

/**
 * What a life shows of what its agent does: its observer's word, except that an agent that stopped at a limit which the
 * gateway saw waits at it until it resets or the provider answers again, whatever its screen says.
 */
import type { AgentActivity } from "#shared/model/states.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PlanLimit } from "#core/ports/gateway.ts";

export interface Word {
  readonly activity: AgentActivity;
  readonly detail: string;
}

export class ShownActivity {
  readonly #clock: Clock;
  #word: Word;
  #observed: Word;
  #sinceMs: number;
  #limit: PlanLimit | undefined;
  /** When what holds the agent up resets, whoever saw it. */
  #limitUntilMs: number | undefined;

  constructor(clock: Clock, kept: Word & { readonly limitUntilMs?: number | undefined }) {
    const { activity, detail, limitUntilMs } = kept;
    this.#clock = clock;
    this.#word = { activity, detail };
    this.#observed = this.#word;
    this.#limitUntilMs = limitUntilMs;
    this.#sinceMs = clock.wallNow();
  }

  get word(): Word {
    return this.#word;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  get limitUntilMs(): number | undefined {
    return this.#limitUntilMs;
  }

  says({ activity, detail }: Word): boolean {
    return this.#word.activity === activity && this.#word.detail === detail;
  }

  /** While it waits at a limit whose end is known. */
  get parkUntilMs(): number | undefined {
    return this.#word.activity === "rate_limited" ? this.#limitUntilMs : undefined;
  }

  /** What it says of an end. */
  get evidence(): { readonly activityDetail: string; readonly limitUntil?: number } {
    const said = { activityDetail: this.#word.detail };
    return this.#limitUntilMs === undefined ? said : { ...said, limitUntil: this.#limitUntilMs };
  }

  /** The observer's word; what is shown for it. */
  heard(word: Word): Word {
    this.#observed = word;
    const limit = word.activity === "idle" ? this.#limit : undefined;
    return limit === undefined ? word : { activity: "rate_limited", detail: limit.detail };
  }

  limitedUntil(untilMs: number | undefined): void {
    this.#limitUntilMs = untilMs;
  }

  /** The gateway saw a limit, or an answer after one; what is shown from now on, if that changes. */
  gatewaySaw(limit: PlanLimit | undefined): Word | undefined {
    if (limit === undefined && this.#limit === undefined) return undefined;
    this.#limit = limit;
    this.#limitUntilMs = limit?.untilMs;
    return limit === undefined ? this.#observed : { activity: "rate_limited", detail: limit.detail };
  }

  /** True: another activity than before, not only other words. */
  show(word: Word): boolean {
    const moved = this.#word.activity !== word.activity;
    this.#word = word;
    if (moved) this.touch();
    return moved;
  }

  touch(): void {
    this.#sinceMs = this.#clock.wallNow();
  }
}

/**
 * The healer: an actor under a supervisor of its own. It looks at new letters, plans by RO-10, and begins what is due.
 * Everything it knows is in the table, so one that crashes, or is killed with its core, goes on where it was.
 */
import { describeReason, spawnActor, startSupervisor } from "#core/kernel/index.ts";
import type { ActorRef, BackoffPolicy, ChildSpec, SupervisorEvent, SupervisorRef } from "#core/kernel/index.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import { Attempts, left, planned } from "./attempts.ts";
import type { OtherTools } from "./attempts.ts";
import type { DeadLetters, Move } from "./letters.ts";
import type { Letter } from "./letterRows.ts";
import type { Takers } from "./takers.ts";

export interface HealerDeps {
  readonly letters: DeadLetters;
  readonly takers: Takers;
  readonly tools: OtherTools;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly newId: () => string;
  /** It failed more often than its supervisor allows; it is started again after a while, or by a person. */
  readonly onGaveUp: (reason: string) => void;
}

type Message = { readonly type: "look" };
type HealerRef = ActorRef<Message, void>;

/** New letters looked at in one go; their plans are one commit. */
const PAGE = 100;
/** A disk that fails is asked again after this. */
const STORE_BACK_MS = 5000;
const BACKOFF: BackoffPolicy = { initialMs: 100, maxMs: 5000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 };
/** After giving up: long enough that a broken healer costs nothing, short enough that nobody has to know of it at night. */
const AGAIN_AFTER_MS = 5 * 60 * 1000;
/** A timer longer than this is set anew, so that a wall clock that jumps delays nothing for long. */
const LONGEST_TIMER_MS = 60_000;

export class Healer {
  readonly #deps: HealerDeps;
  readonly attempts: Attempts;
  #supervisor: SupervisorRef | undefined;
  #actor: HealerRef | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;
  #isAsked = false;
  #isClosed = false;
  #stopWatching: (() => void) | undefined;

  constructor(deps: HealerDeps) {
    this.#deps = deps;
    this.attempts = new Attempts({ ...deps, onEnded: () => this.look() });
  }

  get isUp(): boolean {
    return this.#supervisor !== undefined;
  }

  async open(): Promise<void> {
    const { letters } = this.#deps;
    this.#stopWatching ??= letters.watch({
      moved: ({ state, dueMs, settledAt }) => {
        // A settled one may have held a later one of its run.
        if (state === "new" || dueMs !== undefined || settledAt !== undefined) this.look();
      },
      removed: () => undefined,
    });
    await this.start();
  }

  /** Also a person's word after it gave up. */
  async start(): Promise<void> {
    if (this.#supervisor !== undefined || this.#isClosed) return;
    this.#cancelAgain?.();
    const { clock, random, logger, newId } = this.#deps;
    const child: ChildSpec = {
      id: "healer",
      backoff: BACKOFF,
      start: async () => {
        const spawned = await spawnActor<undefined, Message, void>(
          { name: "healer", preStart: () => this.#takeUp(), handle: () => this.#look(), mailbox: { capacity: 16 } },
          { clock, newId, logger },
        );
        if (!spawned.ok) return { type: "error", reason: { type: "crash", detail: spawned.error.message } };
        this.#actor = spawned.value;
        this.look();
        return { type: "started", child: spawned.value };
      },
    };
    const spec = { name: "healing", intensity: 5, periodS: 60, children: [child] };
    const started = await startSupervisor(spec, { clock, random, logger, onEvent: (event) => this.#heard(event) });
    if (started.type === "started") {
      this.#supervisor = started.supervisor;
      void started.supervisor.exited.then(() => this.#gone());
    } else this.#giveUp(started.type === "error" ? JSON.stringify(started.reason) : started.message);
  }

  /** Something may be to do; asked many times it looks once. */
  look(): void {
    if (this.#isAsked || this.#isClosed || this.#actor === undefined) return;
    this.#isAsked = true;
    void this.#actor.tell({ type: "look" }).then((told) => {
      if (!told.ok) this.#isAsked = false;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching?.();
    this.#cancelTimer?.();
    this.#cancelAgain?.();
    await this.#supervisor?.stop();
  }

  /** The start of a life: what an earlier one, or an earlier core, had begun and not ended. */
  async #takeUp(): Promise<undefined> {
    for (const letter of this.#deps.letters.underWay()) await this.attempts.takeUp(letter);
    return undefined;
  }

  async #look(): Promise<{ type: "continue" }> {
    this.#isAsked = false;
    try {
      await this.#plan();
      this.#begin();
      this.#setTimer();
    } catch (error) {
      // A disk that fails is no fault of the healer; anything else is, and its supervisor decides.
      if (!(error instanceof StoreError)) throw error;
      this.#timer(STORE_BACK_MS);
    }
    return { type: "continue" };
  }

  async #plan(): Promise<void> {
    const fresh = this.#deps.letters.fresh(PAGE);
    const moves: { id: number; move: Move }[] = [];
    for (const letter of fresh) moves.push({ id: letter.id, move: await this.#planFor(letter) });
    if (moves.length === 0) return;
    const moved = this.#deps.letters.moveAll(moves, "healer");
    if (!moved.ok) throw new StoreError("io", moved.error.message);
    this.look();
  }

  async #planFor(letter: Letter): Promise<Move> {
    const step = await this.attempts.next(letter);
    return step.type === "plan"
      ? planned(step.plan)
      : left(letter, { actor: "healer", reason: step.reason, strategy: true });
  }

  #begin(): void {
    const { letters, clock } = this.#deps;
    const room = this.attempts.room();
    if (room === 0) return;
    const due = letters.due(clock.wallNow(), { limit: room, busy: this.attempts.busy() });
    let begun = 0;
    for (const letter of due) if (this.attempts.start(letter)) begun += 1;
    // Another page may be due, of consumers that were not busy yet.
    if (begun > 0 && due.length === room) this.look();
  }

  #setTimer(): void {
    const { letters, clock } = this.#deps;
    const rateMs = this.attempts.roomInMs();
    if (rateMs !== undefined) return this.#timer(rateMs);
    const dueMs = letters.nextDueMs(clock.wallNow());
    if (dueMs === undefined) this.#cancelTimer?.();
    else this.#timer(dueMs - clock.wallNow());
  }

  #timer(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#isClosed) return;
    this.#cancelTimer = this.#deps.clock.after(Math.min(Math.max(1, delayMs), LONGEST_TIMER_MS), () => this.look());
  }

  #heard(event: SupervisorEvent): void {
    if (event.type === "child_exited" && event.reason.type === "crash")
      this.#deps.logger.error("The healer failed and is started again.", { reason: event.reason.detail });
    if (event.type === "intensity_reached") this.#giveUp(describeReason(event.reason));
  }

  #gone(): void {
    this.#supervisor = undefined;
    this.#actor = undefined;
    this.#isAsked = false;
  }

  #giveUp(reason: string): void {
    if (this.#isClosed) return;
    this.#deps.logger.error("The healer gave up; the dead letters wait.", { reason });
    this.#deps.onGaveUp(reason);
    this.#cancelAgain?.();
    this.#cancelAgain = this.#deps.clock.after(AGAIN_AFTER_MS, () => void this.start());
  }
}

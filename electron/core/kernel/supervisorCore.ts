/**
 * The supervisor's server loop: one message at a time (an end, a due restart, an admin call), as in OTP's gen_server.
 * Invariant: between two messages every child is running, stopped, parked or waiting for its restart, never in between.
 * Once there is a verdict no message is served any more, only the way down.
 */
import type { Clock, Random } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { nextStart } from "./backoff.ts";
import { ChildStarter, KILLED } from "./childStarter.ts";
import type { StarterOutcome } from "./childStarter.ts";
import { ChildTable, createEntry, createLife, PARKED, STARTING_AGAIN, STOPPED } from "./childTable.ts";
import type { ChildEntry, Life } from "./childTable.ts";
import { Fifo } from "./fifo.ts";
import { createRestartWindow } from "./intensity.ts";
import type { RestartWindow } from "./intensity.ts";
import { bringDown, bringDownTogether, killLife } from "./shutdownLadder.ts";
import { describeReason, isRestartedAfter, isUnexpectedEnd, restartGroup } from "./strategies.ts";
import type { ExitReason, StartContext, SupervisorEvent } from "./types.ts";
import type { CheckedSupervisor } from "./validateSpec.ts";

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears every event, in order, synchronously. One that throws is logged and otherwise ignored. */
  readonly onEvent?: (event: SupervisorEvent) => void;
  readonly logger?: Logger;
  /** A nested supervisor passes its StartContext.signal: aborting it stops a start that is under way. */
  readonly signal?: AbortSignal;
}

/** Bounded by what there is: one end per life, one due restart per child, one entry per caller that waits. */
interface Message {
  serve(): Promise<void>;
  /** Called instead of `serve` when the supervisor is on its way down. */
  refuse(): void;
}

export type TerminationCause = { readonly because: "sibling" | "shutdown" | "requested"; readonly causedBy?: string };

export class SupervisorCore {
  #spec: CheckedSupervisor;
  readonly table = new ChildTable();
  readonly exited: Promise<ExitReason>;
  readonly #deps: SupervisorDeps;
  readonly #ladder: { readonly clock: Clock; readonly logger: Logger | undefined };
  readonly #starter: ChildStarter;
  readonly #window: RestartWindow;
  readonly #messages = new Fifo<Message>();
  readonly #resolveExited: (reason: ExitReason) => void;
  /** A boot counts as busy: ends that happen meanwhile wait until all children are up. */
  #isBusy = true;
  #verdict: ExitReason | undefined;
  #isKilled = false;

  constructor(spec: CheckedSupervisor, deps: SupervisorDeps) {
    this.#spec = spec;
    this.#deps = deps;
    this.#ladder = { clock: deps.clock, logger: deps.logger };
    this.#starter = new ChildStarter(this.#ladder);
    this.#window = createRestartWindow({ ...spec, earlier: spec.earlierRestarts }, deps.clock);
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.exited = promise;
    this.#resolveExited = resolve;
  }

  get spec(): CheckedSupervisor {
    return this.#spec;
  }

  /** Other rules from the next end on; the children stay as they are. */
  setRules(rules: CheckedSupervisor): void {
    const { strategy, intensity, periodS, autoShutdown } = rules;
    this.#spec = { ...this.#spec, strategy, intensity, periodS, autoShutdown };
    this.#window.setLimits(rules);
  }

  get isSimple(): boolean {
    return this.spec.strategy === "simple_one_for_one";
  }

  get isStopping(): boolean {
    return this.#verdict !== undefined;
  }

  /** Starts the children in order. A failure brings down what had started and gives the reason; undefined is success. */
  async boot(): Promise<ExitReason | undefined> {
    const { signal } = this.#deps;
    const onAbort = () => {
      if (signal?.reason === KILLED) this.kill();
      else this.conclude({ type: "shutdown", detail: "stopped while it was starting" });
    };
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    if (!this.isSimple) await this.#startInitial();
    signal?.removeEventListener("abort", onAbort);
    if (this.#verdict === undefined) {
      this.#isBusy = false;
      void this.#pump();
      return undefined;
    }
    await this.#finish();
    return this.exited;
  }

  /** Queues one admin call; it is served in turn, or refused when the supervisor is going or gone. */
  call<T>(serve: () => Promise<T>, refused: T): Promise<T> {
    if (this.#verdict !== undefined) return Promise.resolve(refused);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // A call that throws is a bug in this supervisor: the caller hears it and the supervisor ends with a crash.
    const run = async () => {
      try {
        resolve(await serve());
      } catch (error) {
        reject(error);
        throw error;
      }
    };
    this.#post({ serve: run, refuse: () => resolve(refused) });
    return promise;
  }

  /** Begins the way down; the first verdict is the reason that `exited` gives. */
  conclude(reason: ExitReason): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = reason;
    for (const message of this.#messages.drain()) message.refuse();
    this.#starter.abort();
    if (!this.#isBusy) void this.#pump();
  }

  /** Everything dies now; `exited` still waits for the children's ends, so that nothing is left running unseen. */
  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    this.#starter.kill();
    for (const { phase } of this.table.inStartOrder()) {
      if (phase.type === "running") killLife(phase.life, this.#ladder);
    }
    this.conclude({ type: "killed" });
    this.#verdict = { type: "killed" };
  }

  /** Starts one child. Only `started` changes the entry; what else it means is the caller's business. */
  async start(entry: ChildEntry, occasion: StartContext["occasion"]): Promise<StarterOutcome> {
    if (this.#verdict !== undefined) return { type: "abandoned" };
    const outcome = await this.#starter.start(entry.spec, occasion);
    if (outcome.type === "error") this.emit({ type: "start_failed", id: entry.spec.id, reason: outcome.reason });
    if (outcome.type !== "started") return outcome;
    const life = createLife(outcome.child, this.#deps.clock);
    entry.phase = { type: "running", life };
    entry.alone = false;
    void life.exited.then((reason) =>
      this.#post({ serve: () => this.#onExit(entry, life, reason), refuse: () => undefined }),
    );
    this.emit({ type: "child_started", id: entry.spec.id, occasion });
    return outcome;
  }

  /** Ends a child, or its waiting. The spec stays; callers drop it where the rules say so. */
  async terminate(entry: ChildEntry, cause: TerminationCause): Promise<void> {
    const { phase, spec } = entry;
    if (phase.type === "stopped") return;
    if (phase.type === "restarting") phase.cancel();
    if (phase.type === "running") {
      const reason = await bringDown(phase.life, this.#isKilled ? "brutal_kill" : spec.shutdown, this.#ladder);
      this.#reportEnd(entry, reason);
    }
    entry.phase = STOPPED;
    entry.alone = false;
    this.emit({ type: "child_terminated", id: spec.id, ...cause });
  }

  /** After an end that is not followed by a restart: temporary and dynamic children are forgotten, others stay. */
  drop(entry: ChildEntry): void {
    entry.phase = STOPPED;
    entry.alone = false;
    if (entry.spec.restart !== "temporary" && !this.isSimple) return;
    this.table.remove(entry);
    this.emit({ type: "child_removed", id: entry.spec.id });
  }

  /**
   * Carries out a decided restart: the group's other members go down (again, if one was started meanwhile), then all
   * come up in start order. A member that fails becomes the one that is tried again, through the mailbox. Parked
   * members stay parked: what they wait for has not come. Returns what became of `trigger`.
   */
  async runRestart(trigger: ChildEntry, occasion: StartContext["occasion"]): Promise<StarterOutcome> {
    trigger.phase = STARTING_AGAIN;
    await this.#terminateOthers(trigger);
    let result: StarterOutcome = { type: "ignore" };
    for (const member of this.#groupOf(trigger)) {
      const outcome = await this.start(member, member === trigger ? occasion : "automatic");
      if (member === trigger) result = outcome;
      if (outcome.type === "abandoned") return outcome;
      if (outcome.type === "ignore") this.drop(member);
      if (outcome.type === "error") {
        if (member !== trigger && trigger.phase === STARTING_AGAIN) {
          trigger.phase = STOPPED;
          result = outcome;
        }
        this.#tryAgainLater(member);
        return result;
      }
    }
    return result;
  }

  emit(event: SupervisorEvent): void {
    try {
      this.#deps.onEvent?.(event);
    } catch (error) {
      this.#deps.logger?.error("A supervisor's observer threw; the event stands.", {
        supervisor: this.spec.name,
        event: event.type,
        error: String(error),
      });
    }
  }

  async #startInitial(): Promise<void> {
    const entries = this.spec.children.map(createEntry);
    for (const entry of entries) this.table.add(entry);
    for (const entry of entries) {
      const outcome = await this.start(entry, "initial");
      if (outcome.type === "abandoned") return;
      if (outcome.type === "ignore") this.drop(entry);
      if (outcome.type === "error") {
        const detail = `failed to start child "${entry.spec.id}": ${describeReason(outcome.reason)}`;
        this.conclude({ type: "shutdown", detail });
        return;
      }
    }
  }

  #post(message: Message): void {
    if (this.#verdict !== undefined) {
      message.refuse();
      return;
    }
    this.#messages.push(message);
    if (!this.#isBusy) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#verdict === undefined) {
        const message = this.#messages.shift();
        if (message === undefined) break;
        await message.serve();
      }
    } catch (error) {
      this.#deps.logger?.error("A supervisor failed and ends.", { supervisor: this.spec.name, error: String(error) });
      this.conclude({ type: "crash", detail: String(error) });
    }
    if (this.#verdict === undefined) this.#isBusy = false;
    else await this.#finish();
  }

  async #finish(): Promise<void> {
    const cause: TerminationCause = { because: "shutdown" };
    if (this.isSimple) await this.#terminateTogether();
    else for (const entry of this.table.inStartOrder().toReversed()) await this.terminate(entry, cause);
    const reason = this.#verdict ?? { type: "shutdown" };
    this.emit({ type: "stopped", reason });
    this.#resolveExited(reason);
  }

  async #terminateTogether(): Promise<void> {
    const lives: { readonly entry: ChildEntry; readonly life: Life }[] = [];
    const entries = this.table.inStartOrder().toReversed();
    for (const entry of entries) {
      if (entry.phase.type === "running") lives.push({ entry, life: entry.phase.life });
      else await this.terminate(entry, { because: "shutdown" });
    }
    const shutdown = this.#isKilled ? "brutal_kill" : (this.spec.children[0]?.shutdown ?? "brutal_kill");
    const reasons = await bringDownTogether(
      lives.map(({ life }) => life),
      shutdown,
      this.#ladder,
    );
    for (const [index, { entry }] of lives.entries()) {
      const reason = reasons[index];
      if (reason !== undefined) this.#reportEnd(entry, reason);
      entry.phase = STOPPED;
      this.emit({ type: "child_terminated", id: entry.spec.id, because: "shutdown" });
    }
  }

  async #onExit(entry: ChildEntry, life: Life, reason: ExitReason): Promise<void> {
    // The end of a child that was told to end has been dealt with by whoever told it.
    if (entry.phase.type !== "running" || entry.phase.life !== life) return;
    this.emit({ type: "child_exited", id: entry.spec.id, reason });
    if (reason.type === "parked") {
      entry.phase = PARKED;
    } else if (reason.type === "lost" && entry.spec.restart !== "temporary") {
      entry.alone = true;
      await this.runRestart(entry, "automatic");
    } else if (isRestartedAfter(reason, entry.spec.restart)) {
      await this.#decideRestart(entry, { reason, lifeMs: this.#deps.clock.now() - life.startedAt });
    } else {
      this.drop(entry);
      this.#considerAutoShutdown(entry);
    }
  }

  /** One triggering failure: counted once, whatever the strategy takes with it, then started now or after its backoff. */
  async #decideRestart(
    entry: ChildEntry,
    failure: { readonly reason: ExitReason; readonly lifeMs: number | undefined },
  ): Promise<void> {
    const { id } = entry.spec;
    const { allowed, inWindow } = this.#window.admit();
    if (!allowed) {
      entry.phase = STOPPED;
      this.emit({ type: "intensity_reached", id, reason: failure.reason });
      const { intensity, periodS } = this.spec;
      const detail = `intensity reached: more than ${intensity} restarts in ${periodS} s, last "${id}"`;
      this.conclude({ type: "shutdown", detail });
      return;
    }
    const at = this.#deps.clock.wallNow();
    this.emit({ type: "restart_counted", id, at, restartsInWindow: inWindow });
    const planned = nextStart(entry.spec.backoff, { state: entry.backoff, lifeMs: failure.lifeMs }, this.#deps.random);
    entry.backoff = planned.next;
    entry.phase = STARTING_AGAIN;
    if (planned.delayMs <= 0) {
      await this.runRestart(entry, "automatic");
      return;
    }
    await this.#terminateOthers(entry);
    this.#wait(entry, { until: "backoff", delayMs: planned.delayMs }, () => this.runRestart(entry, "automatic"));
    this.emit({ type: "restart_scheduled", id, delayMs: planned.delayMs, at, attempt: planned.attempt });
  }

  /** Via the clock, not only the mailbox: a start that fails at once must not starve the event loop either. */
  #tryAgainLater(entry: ChildEntry): void {
    const reason: ExitReason = { type: "crash", detail: "it could not be started" };
    this.#wait(entry, { until: "retry", delayMs: 0 }, () => this.#decideRestart(entry, { reason, lifeMs: undefined }));
  }

  #wait(
    entry: ChildEntry,
    wait: { readonly until: "retry" | "backoff"; readonly delayMs: number },
    serve: () => Promise<unknown>,
  ): void {
    const due: Message = {
      serve: async () => {
        // Terminated or started by a person while this message was on its way.
        if (entry.phase === phase) await serve();
      },
      refuse: () => undefined,
    };
    const cancel = this.#deps.clock.after(wait.delayMs, () => this.#post(due));
    const phase = { type: "restarting", until: wait.until, cancel } as const;
    entry.phase = phase;
  }

  async #terminateOthers(trigger: ChildEntry): Promise<void> {
    const causedBy = trigger.spec.id;
    for (const member of this.#groupOf(trigger).toReversed()) {
      if (member === trigger) continue;
      await this.terminate(member, { because: "sibling", causedBy });
      if (member.spec.restart === "temporary") this.drop(member);
    }
  }

  #groupOf(trigger: ChildEntry): readonly ChildEntry[] {
    // The group of one needs no look at the table: a restart among 10,000 siblings costs what it costs among two.
    if (trigger.alone || this.isSimple || this.spec.strategy === "one_for_one") return [trigger];
    const group = restartGroup(this.spec.strategy, this.table.inStartOrder(), trigger);
    return group.filter((member) => member.phase.type !== "parked");
  }

  #considerAutoShutdown(ended: ChildEntry): void {
    const { autoShutdown } = this.spec;
    if (autoShutdown === "never" || !ended.spec.significant) return;
    const isActive = ({ spec, phase }: ChildEntry) => spec.significant && phase.type !== "stopped";
    if (autoShutdown === "all_significant" && this.table.inStartOrder().some(isActive)) return;
    this.emit({ type: "auto_shutdown", id: ended.spec.id });
    this.conclude({ type: "shutdown", detail: `auto-shutdown after significant child "${ended.spec.id}"` });
  }

  #reportEnd(entry: ChildEntry, reason: ExitReason): void {
    if (isUnexpectedEnd(reason, entry.spec)) this.emit({ type: "shutdown_error", id: entry.spec.id, reason });
  }
}

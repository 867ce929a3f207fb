/**
 * Gets steps done: takes the lock of what is queued, calls the tool or asks the agent, keeps the lease alive, notices
 * silence, and writes down the outcome. It starts nothing by itself: what is queued was queued by a message on the bus.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Store } from "#core/store/index.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import type { StepSpec } from "#shared/model/workflowFile.ts";
import { isLeaseOver } from "./entryMachine.ts";
import { beginningOf, HOPELESS, inputOf, isFresh, keyOf, missingKeys } from "./attempt.ts";
import type { Hands, Work } from "./hands.ts";
import { isHalted, pauseAfter } from "./runMachine.ts";
import type { EntryRef, Moved, RunBook } from "./runBook.ts";
import { holderOf, readOpenRuns } from "./runStore.ts";
import { Timers } from "./timers.ts";
import { isOverrun } from "./undoing.ts";
import { stepOf, wayOf } from "./ways.ts";

export interface RunnerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly book: RunBook;
  readonly hands: Hands;
  /** This process, as a holder of locks: `core:3f2a`. */
  readonly holder: string;
}

export class Runner {
  readonly #deps: RunnerDeps;
  readonly #timers: Timers;
  readonly #working = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
  }

  /** Begins whatever may begin: queued, within the run's width, its agent free; who waits longest goes first. */
  pump(): void {
    if (this.#isClosed) return;
    const open = readOpenRuns(this.#deps.store).filter((run) => !isHalted(run.head) && !isLost(run));
    const room = new Map(open.map((run) => [run.head.id, run.spec.atOnce - workingIn(run)]));
    const waiting = open
      .flatMap((run) => run.entries.map((entry) => ({ run, entry })))
      .filter(({ entry: { state } }) => state === "queued" || state === "plan_b")
      .toSorted((one, other) => one.entry.since.localeCompare(other.entry.since));
    for (const { run, entry } of waiting) {
      const left = room.get(entry.run) ?? 0;
      if (left <= 0) continue;
      if (entry.target.startsWith("agent:") && holderOf(this.#deps.store, entry.target) !== undefined) continue;
      if (this.#begin(run, entry)) room.set(entry.run, left - 1);
    }
  }

  /** The lock first; then the work, beside everything else. */
  #begin(run: Run, entry: Entry): boolean {
    const step = stepOf(run.spec, entry.step);
    const { call } = wayOf(step, entry);
    const by = call.kind === "agent" ? `${run.head.fleet}/${call.agent}` : this.#deps.holder;
    const begin = beginningOf(run, step, entry);
    const beginning = begin.ok ? begin.value : { input: undefined };
    const move = { type: "lock", by, leaseMs: step.leaseMs, begin: beginning } as const;
    const locked = this.#deps.book.move(entry, move, { actor: "system", expectRevision: entry.revision });
    if (!locked.ok) return false;
    if (!begin.ok) this.#failed(locked.value, begin.error);
    else this.#track(call.kind === "tool" ? this.#call(locked.value) : this.#ask(locked.value));
    return true;
  }

  #track(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) =>
        this.#deps.logger.error("A step ended in a fault of the program.", { error: String(error) }),
      )
      .finally(() => this.#working.delete(guarded));
    this.#working.add(guarded);
  }

  #workOf({ run, entry }: Moved): Work {
    const step = stepOf(run.spec, entry.step);
    const { timeoutMs } = wayOf(step, entry);
    const { fleet, contextId } = run.head;
    const isUndo = entry.undo !== undefined;
    return { run: entry.run, fleet, step, isUndo, contextId, key: keyOf(entry), timeoutMs };
  }

  async #call(moved: Moved): Promise<void> {
    const work = this.#workOf(moved);
    const { call } = wayOf(work.step, moved.entry);
    if (call.kind !== "tool") return;
    this.#watch(moved, { hold: true, silenceMs: work.timeoutMs / 2 });
    const input = inputOf(moved.entry);
    const args = typeof input === "object" && input !== null ? { ...input } : {};
    await this.settle(
      moved.entry,
      await this.#deps.hands.callTool({ ...work, call, args, fresh: isFresh(moved.entry) }),
    );
  }

  async #ask(moved: Moved): Promise<void> {
    const { entry } = moved;
    const work = this.#workOf(moved);
    const { call } = wayOf(work.step, entry);
    if (call.kind !== "agent") return;
    this.#watch(moved, { hold: false, silenceMs: work.step.leaseMs / 2 });
    const memory = entry.hydratedFrom === undefined ? undefined : await this.#deps.hands.hydrate(entry.hydratedFrom);
    const input = inputOf(entry);
    const ask = typeof input === "string" ? input : JSON.stringify(input);
    const asked = await this.#deps.hands.askAgent({
      ...work,
      agent: call.agent,
      ask,
      memory,
      tokens: entry.tokens?.given,
    });
    if (asked.ok) this.renew(entry, { by: entry.lockedBy ?? "", thought: "thinking…" });
    else this.#failed(moved, asked.error);
  }

  /** A sign of life of who holds the lock. */
  renew(ref: EntryRef, { by, thought }: { readonly by: string; readonly thought?: string | undefined }): Result<Moved> {
    const step = this.#stepOf(ref);
    const usedNow = this.#usedNow(ref);
    const move = { type: "renew", by, leaseMs: step?.leaseMs ?? 0, thought, usedNow } as const;
    const moved = this.#deps.book.move(ref, move, { actor: actorOf(by), verb: "step_progressed", detail: thought });
    if (moved.ok && step !== undefined) this.#watchAgain(moved.value);
    return moved;
  }

  #usedNow(ref: EntryRef): number | undefined {
    const run = this.#deps.book.read(ref.run);
    const entry = run?.entries.find(({ step }) => step === ref.step);
    const agent = entry?.target.startsWith("agent:") === true ? entry.target.split("/").at(-1) : undefined;
    if (run === undefined || agent === undefined || entry?.tokens === undefined) return undefined;
    return this.#deps.hands.used({ fleet: run.head.fleet, agent }, entry.tokens.given);
  }

  /** What came of an attempt; by the holder of its lock. */
  async settle(ref: EntryRef, outcome: Result<unknown>): Promise<Result<Moved>> {
    const run = this.#deps.book.read(ref.run);
    const entry = run?.entries.find(({ step }) => step === ref.step);
    if (run === undefined || entry === undefined) throw new Error(`There is no step ${ref.step} of ${ref.run}.`);
    if (!outcome.ok) return this.#failed({ run, entry }, outcome.error);
    const step = stepOf(run.spec, entry.step);
    const isUndo = entry.undo !== undefined;
    const missing = isUndo ? [] : missingKeys(step, outcome.value);
    if (missing.length > 0) {
      const message = `The output of ${step.id} lacks ${missing.join(", ")}, which the workflow's file promises.`;
      return this.#failed({ run, entry }, { code: "bad_request", message }, outcome.value);
    }
    const snapshot = isUndo ? undefined : await this.#remember(entry, outcome.value);
    const used = this.#released(run, entry);
    this.#timers.end(entry);
    return this.#deps.book.move(
      ref,
      { type: "complete", by: entry.lockedBy ?? "", output: outcome.value, snapshot, used },
      { actor: actorOf(entry.lockedBy) },
    );
  }

  /** A memory that cannot be kept does not undo the work. */
  async #remember(entry: Entry, output: unknown): Promise<Entry["snapshot"]> {
    try {
      return await this.#deps.hands.remember(entry, output);
    } catch (error) {
      this.#deps.logger.error("A step's memory could not be kept.", { step: entry.step, error: String(error) });
      return undefined;
    }
  }

  /** Undefined: nobody was given tokens. */
  #released(run: Run, entry: Entry): number | undefined {
    const step = stepOf(run.spec, entry.step);
    const { call } = wayOf(step, entry);
    if (call.kind !== "agent") return undefined;
    const part = { fleet: run.head.fleet, agent: call.agent, key: keyOf(entry), step };
    return this.#deps.hands.released(part, entry.tokens?.given);
  }

  /** `output`: what it gave all the same, and what is undone with it. */
  #failed({ run, entry }: Moved, error: Rejection, output?: unknown): Result<Moved> {
    this.#timers.end(entry);
    const step = stepOf(run.spec, entry.step);
    const by = entry.lockedBy ?? "";
    const isOver = isOverrun(this.#deps.book.read(entry.run) ?? run, entry);
    const isLast = isOver || HOPELESS.has(error.code) || entry.attempts > step.retries;
    const told = { code: error.code, message: error.message };
    const nextAtMs = this.#deps.clock.wallNow() + pauseAfter(entry.attempts);
    const used = this.#released(run, entry);
    const move = isLast
      ? ({ type: "fail", by, error: told, used, isOver, output } as const)
      : ({ type: "retry", by, error: told, nextAtMs, used } as const);
    const moved = this.#deps.book.move(entry, move, { actor: "system", detail: error.message });
    if (moved.ok && !isLast) this.#wait(moved.value.entry);
    return moved;
  }

  /** The pause between two attempts. */
  #wait(entry: Entry): void {
    const dueMs = parseTime(entry.nextAt ?? "") - this.#deps.clock.wallNow();
    this.#timers.set(entry, "retry", { delayMs: Math.max(0, dueMs), task: () => this.#requeue(entry) });
  }

  #requeue(entry: Entry): void {
    if (this.#deps.book.read(entry.run)?.entries.find(({ step }) => step === entry.step)?.state !== "retrying") return;
    this.#deps.book.move(entry, { type: "queue" }, { actor: "system" });
  }

  /** Lease, silence and the time an attempt may take. `hold`: this process lives, so the lock is kept. */
  #watch(moved: Moved, { hold, silenceMs }: { readonly hold: boolean; readonly silenceMs: number }): void {
    const { entry, run } = moved;
    const step = stepOf(run.spec, entry.step);
    this.#timers.set(entry, "silence", { delayMs: silenceMs, task: () => this.#stalled(entry) });
    if (hold) this.#holdAgain(entry, step);
    else {
      this.#watchLease(entry, step);
      const dueMs = parseTime(entry.since) + wayOf(step, entry).timeoutMs - this.#deps.clock.wallNow();
      this.#timers.set(entry, "timeout", { delayMs: Math.max(0, dueMs), task: () => this.#timedOut(moved) });
    }
  }

  #watchAgain(moved: Moved): void {
    const { entry, run } = moved;
    if (!entry.target.startsWith("agent:")) return;
    const step = stepOf(run.spec, entry.step);
    this.#timers.set(entry, "silence", { delayMs: step.leaseMs / 2, task: () => this.#stalled(entry) });
    this.#watchLease(entry, step);
  }

  #watchLease(entry: Entry, step: StepSpec): void {
    this.#timers.set(entry, "lease", { delayMs: step.leaseMs + 1, task: () => this.#leaseOver(entry) });
  }

  #holdAgain(entry: Entry, step: StepSpec): void {
    const task = (): void => {
      const by = entry.lockedBy ?? "";
      const held = this.#deps.book.move(
        entry,
        { type: "hold", by, leaseMs: step.leaseMs },
        { actor: "system", verb: "none" },
      );
      if (held.ok) this.#holdAgain(entry, step);
    };
    this.#timers.set(entry, "lease", { delayMs: step.leaseMs / 3, task });
  }

  #stalled(entry: Entry): void {
    const now = this.#deps.book.read(entry.run)?.entries.find(({ step }) => step === entry.step);
    if (now?.state !== "working" || now.stalled) return;
    const detail = `${entry.lockedBy ?? "Nobody"} has given no sign of life since ${now.heardAt ?? now.since}.`;
    this.#deps.book.move(entry, { type: "stall" }, { actor: "system", verb: "step_stalled", detail });
  }

  #timedOut({ run, entry }: Moved): void {
    const step = stepOf(run.spec, entry.step);
    const now = this.#deps.book.read(entry.run);
    const current = now?.entries.find((one) => one.step === entry.step);
    if (now === undefined || current?.state !== "working" || keyOf(current) !== keyOf(entry)) return;
    const seconds = Math.round(wayOf(step, entry).timeoutMs / 1000);
    this.#failed(
      { run: now, entry: current },
      { code: "timeout", message: `${entry.lockedBy ?? step.id} did not finish within ${seconds} s.` },
    );
  }

  #leaseOver(entry: Entry): void {
    const run = this.#deps.book.read(entry.run);
    const now = run?.entries.find(({ step }) => step === entry.step);
    if (run === undefined || now?.state !== "working" || !isLeaseOver(now, this.#deps.clock.wallNow())) return;
    this.takeOver(
      { run, entry: now },
      { gone: false, why: `The lease of ${now.lockedBy ?? "its holder"} ended without a sign of life.` },
    );
  }

  /** The lock goes back; another attempt follows, if there is one left and the step may be done twice. */
  takeOver({ run, entry }: Moved, { gone, why }: { readonly gone: boolean; readonly why: string }): Result<Moved> {
    this.#timers.end(entry);
    const step = stepOf(run.spec, entry.step);
    const isOver = isOverrun(run, entry);
    const isLast = isOver || step.once || entry.attempts > step.retries;
    const used = this.#released(run, entry);
    const move = { type: "take_over", by: this.#deps.holder, gone, isLast, isOver, why, used } as const;
    const moved = this.#deps.book.move(entry, move, { actor: "system", verb: "lock_taken_over", detail: why });
    if (moved.ok && !isLast) this.#wait(moved.value.entry);
    return moved;
  }

  /** The run was ended: nobody waits for its steps any more. */
  letGo(run: Run): void {
    for (const entry of run.entries) {
      this.#timers.end(entry);
      if (entry.state === "working") this.#released(run, entry);
    }
  }

  /** After a restart: calls of the last core are found again or made again, agents go on, pauses run out. */
  recover(): void {
    for (const run of readOpenRuns(this.#deps.store))
      for (const entry of run.entries) {
        if (entry.state === "retrying") this.#wait(entry);
        if (entry.state === "working") this.#recoverWorking({ run, entry });
      }
    this.pump();
  }

  #recoverWorking(moved: Moved): void {
    const { run, entry } = moved;
    const step = stepOf(run.spec, entry.step);
    if (entry.target.startsWith("agent:")) {
      if (entry.thought === undefined) this.#track(this.#ask(moved));
      else this.#watch(moved, { hold: false, silenceMs: step.leaseMs / 2 });
      return;
    }
    const known = this.#deps.hands.recall(keyOf(entry));
    if (known === undefined) {
      this.takeOver(moved, { gone: true, why: lostWords(step, isOverrun(run, entry)) });
      return;
    }
    const move = { type: "adopt", by: this.#deps.holder, leaseMs: step.leaseMs, gone: true } as const;
    const detail = "Signalbox ended while the call was under way; its outcome was found in the log of calls.";
    const adopted = this.#deps.book.move(entry, move, { actor: "system", verb: "lock_taken_over", detail });
    if (adopted.ok) this.#track(this.settle(adopted.value.entry, known).then(() => undefined));
  }

  #stepOf({ run, step }: EntryRef): StepSpec | undefined {
    return this.#deps.book.read(run)?.spec.steps.find(({ id }) => id === step);
  }

  /** For orderly shutdown and tests: nothing is under way in this process. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  close(): void {
    this.#isClosed = true;
    this.#timers.close();
  }
}

function workingIn({ entries }: Run): number {
  return entries.filter(({ state }) => state === "working").length;
}

/** It fails as soon as what is under way has ended. */
function isLost({ head, entries }: Run): boolean {
  return head.undo === undefined && entries.some(({ state, waitsFor }) => state === "failed" && waitsFor === undefined);
}

function lostWords({ once }: StepSpec, isOver: boolean): string {
  const lost = "Signalbox ended while the call was under way and nobody knows its outcome;";
  if (isOver) return `${lost} its run is being undone, so it is not called again.`;
  return once
    ? `${lost} the file says that it is done once, so it is not called again.`
    : `${lost} it is called again, and may be done twice.`;
}

function actorOf(holder: string | undefined): string {
  return holder?.startsWith("core:") === false ? "agent" : "system";
}

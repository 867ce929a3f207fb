/**
 * Every change of a run, each one transaction: the entry, what follows for the run, the event and what is to be published
 * commit together. An illegal move changes nothing and is recorded.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Recorder, Store, StoreTx } from "#core/store/index.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead, RunState } from "#shared/model/workflow.ts";
import { moveEntry } from "./entryMachine.ts";
import type { EntryMove } from "./entryMachine.ts";
import { moveRun, stepOf, verdictOn } from "./runMachine.ts";
import type { RunVerdict } from "./runMachine.ts";
import { insertRun, readRun, writeEntry, writeHead, putPublication } from "./runStore.ts";
import type { Publication } from "./runStore.ts";
import { entryMoved, entryNoted, moveRefused, runMoved, runStarted } from "./workflowEvents.ts";
import type { NoteVerb, RunVerb } from "./workflowEvents.ts";

export interface BookDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How a move of an entry, or of the run (no entry), is said on the bus. */
  readonly publication: (run: Run, entry: Entry | undefined, state: string) => Result<Omit<Publication, "id">>;
  /** Committed: there may be something to publish, and windows want to know. */
  readonly onChange: (run: string) => void;
}

export interface EntryRef {
  readonly run: string;
  readonly step: string;
}

export interface Saying {
  readonly actor: string;
  readonly detail?: string | undefined;
  /** A note of its own instead of "it moved". `none`: not worth an event. */
  readonly verb?: NoteVerb | "none" | undefined;
  /** Refused when the entry was changed meanwhile. */
  readonly expectRevision?: number | undefined;
}

export interface Moved {
  readonly run: Run;
  readonly entry: Entry;
}

export class RunBook {
  readonly #deps: BookDeps;

  constructor(deps: BookDeps) {
    this.#deps = deps;
  }

  read(id: string): Run | undefined {
    return readRun(this.#deps.store, id);
  }

  start(run: Run, actor: string): Result<Run> {
    const saved = this.#deps.store.transact({
      actor,
      work: (tx) => {
        insertRun(tx, run);
        tx.append(runStarted(run, actor));
        this.#publish(tx, run, { state: "started" });
        return run;
      },
    });
    if (saved.ok) this.#deps.onChange(run.head.id);
    return saved;
  }

  move(ref: EntryRef, move: EntryMove, saying: Saying): Result<Moved> {
    const saved = this.#deps.store.transact({
      actor: saying.actor,
      work: (tx) => this.#moveIn(tx, { ref, move, saying }),
    });
    if (!saved.ok) return saved;
    if (saved.value.ok) this.#deps.onChange(ref.run);
    else this.#refused(ref, { move, error: saved.value.error, by: "by" in move ? move.by : saying.actor });
    return saved.value;
  }

  #moveIn(tx: StoreTx, { ref, move, saying }: { ref: EntryRef; move: EntryMove; saying: Saying }): Result<Moved> {
    const run = readRun(tx, ref.run);
    const before = run?.entries.find(({ step }) => step === ref.step);
    if (run === undefined || before === undefined)
      return fail(
        "not_found",
        `There is no step ${ref.step} in a run ${ref.run}. "signalbox workflow ls" lists the runs.`,
      );
    const unmovable = whyNot(run, before, saying);
    if (unmovable !== undefined) return unmovable;
    const moved = moveEntry(before, move, this.#deps.clock.wallNow());
    if (!moved.ok) return moved;
    const entry = moved.value;
    writeEntry(tx, entry);
    this.#say(tx, { run, before, entry, saying });
    const next = { ...run, entries: run.entries.map((one) => (one.step === entry.step ? entry : one)) };
    if (entry.state !== before.state) this.#publish(tx, next, { entry, state: entry.state });
    const used = (entry.tokens?.used ?? 0) - (before.tokens?.used ?? 0);
    return ok({ run: this.#follow(tx, next, { verdict: verdictOn(next), used, actor: saying.actor }), entry });
  }

  #say(tx: StoreTx, said: { run: Run; before: Entry; entry: Entry; saying: Saying }): void {
    const { run, before, entry, saying } = said;
    const { actor, detail, verb } = saying;
    if (verb === "none") return;
    if (verb !== undefined) tx.append(entryNoted(run.head, verb, { entry, actor, detail }));
    if (verb === undefined || entry.state !== before.state) {
      const step = stepOf(run.spec, entry.step);
      tx.append(entryMoved(run.head, { step, before: before.state, entry, actor, detail }));
    }
  }

  /** What an entry's move means for the run as a whole. */
  #follow(tx: StoreTx, run: Run, { verdict, used, actor }: { verdict: RunVerdict; used: number; actor: string }): Run {
    const { head } = run;
    const isSame = verdict.state === head.state && verdict.detail === head.detail;
    if (isSame && used === 0) return run;
    const { detail: _before, ...rest } = head;
    const next: RunHead = {
      ...rest,
      state: verdict.state,
      revision: head.revision + 1,
      ...(verdict.detail === undefined ? {} : { detail: verdict.detail }),
      ...(head.tokens === undefined ? {} : { tokens: { ...head.tokens, used: head.tokens.used + used } }),
      ...(FINAL_RUN_STATES.has(verdict.state) ? { endedAt: toIsoTime(this.#deps.clock.wallNow()) } : {}),
    };
    writeHead(tx, next);
    tx.append(runMoved(next, verbFor(head.state, next.state), actor));
    const moved = { ...run, head: next };
    if (next.state !== head.state) this.#publish(tx, moved, { state: next.state });
    return moved;
  }

  /** Suspend, resume, abort. Aborting lets go of every lock. */
  order(
    id: string,
    order: "suspend" | "resume" | "abort",
    saying: { actor: string; detail?: string | undefined },
  ): Result<Run> {
    const saved = this.#deps.store.transact({
      actor: saying.actor,
      work: (tx): Result<Run> => {
        const run = readRun(tx, id);
        if (run === undefined)
          return fail("not_found", `There is no run ${id}. "signalbox workflow ls" lists the runs.`);
        const next = moveRun(run.head, order);
        if (!next.ok) return next;
        const entries = order === "abort" ? this.#abortAll(tx, run, saying.actor) : run.entries;
        const settled = { ...run, entries };
        const verdict =
          order === "resume" ? resumed(settled) : { state: next.value, ...detailOf(order, saying.detail) };
        return ok(this.#follow(tx, settled, { verdict, used: 0, actor: saying.actor }));
      },
    });
    if (!saved.ok) return saved;
    if (saved.value.ok) this.#deps.onChange(id);
    return saved.value;
  }

  #abortAll(tx: StoreTx, run: Run, actor: string): Entry[] {
    return run.entries.map((before) => {
      const moved = moveEntry(before, { type: "abort" }, this.#deps.clock.wallNow());
      if (!moved.ok) return before;
      const entry = moved.value;
      writeEntry(tx, entry);
      tx.append(entryMoved(run.head, { step: stepOf(run.spec, entry.step), before: before.state, entry, actor }));
      this.#publish(tx, run, { entry, state: entry.state });
      return entry;
    });
  }

  #publish(tx: StoreTx, run: Run, { entry, state }: { readonly entry?: Entry; readonly state: string }): void {
    const made = this.#deps.publication(run, entry, state);
    if (made.ok) putPublication(tx, made.value);
    else throw new Error(`A move of ${run.head.id} cannot be said on the bus: ${made.error.message}`);
  }

  #refused(ref: EntryRef, { move, error, by }: { move: EntryMove; error: Rejection; by: string }): void {
    const head = this.read(ref.run)?.head;
    if (head === undefined) return;
    const refusal = { step: ref.step, order: move.type, by, why: error.message };
    this.#deps.recorder.note(moveRefused(head, refusal));
  }
}

function whyNot({ head }: Run, before: Entry, { expectRevision }: Saying): Result<never> | undefined {
  if (expectRevision !== undefined && expectRevision !== before.revision)
    return fail("conflict", `${before.step} was changed meanwhile (revision ${before.revision}). Look at it again.`);
  return FINAL_RUN_STATES.has(head.state)
    ? fail("conflict", `The run ${head.id} is ${head.state}; nothing in it moves any more.`)
    : undefined;
}

/** As its entries say, a person's halt being over. */
function resumed(run: Run): RunVerdict {
  const { detail: _halt, ...head } = run.head;
  return verdictOn({ ...run, head: { ...head, state: "running" } });
}

function detailOf(order: "suspend" | "abort", detail: string | undefined): { detail?: string } {
  return order === "suspend" || detail === undefined ? {} : { detail };
}

function verbFor(before: RunState, after: RunState): RunVerb {
  if (before === after) return "changed";
  if (after === "running") return before === "plan_b" ? "plan_b_left" : "resumed";
  return after === "plan_b" ? "plan_b_entered" : after;
}

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
import { moveRun, verdictOn, whyNoUndo } from "./runMachine.ts";
import { insertRun, readRun, writeEntry, writeHead, putPublication } from "./runStore.ts";
import type { Publication } from "./runStore.ts";
import { isOverrun } from "./undoing.ts";
import type { RunVerdict } from "./undoing.ts";
import { stepOf } from "./ways.ts";
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
    const unmovable = whyNot(run, before, { ...saying, move });
    if (unmovable !== undefined) return unmovable;
    const moved = moveEntry(before, move, this.#deps.clock.wallNow());
    if (!moved.ok) return moved;
    const entry = moved.value;
    writeEntry(tx, entry);
    this.#say(tx, { run, before, entry, saying });
    const next = { ...run, entries: run.entries.map((one) => (one.step === entry.step ? entry : one)) };
    if (entry.state !== before.state) this.#publish(tx, next, { entry, state: entry.state });
    const used = (entry.tokens?.used ?? 0) - (before.tokens?.used ?? 0);
    return ok({ run: this.#settle(tx, next, { used, actor: saying.actor }), entry });
  }

  #settle(tx: StoreTx, run: Run, { used, actor }: { used: number; actor: string }): Run {
    const verdict = verdictOn(run);
    return verdict.state === "compensating" && run.head.undo === undefined
      ? this.#undoIn(tx, run, { why: verdict.detail ?? "", actor: "system", used })
      : this.#follow(tx, run, { verdict, used, actor });
  }

  /** What is not done yet is never done; what is under way is let end, since nobody knows how much of it is done. */
  #undoIn(tx: StoreTx, run: Run, { why, actor, used }: { why: string; actor: string; used: number }): Run {
    const round = (run.head.undo?.round ?? 0) + 1;
    const undo = { why, since: toIsoTime(this.#deps.clock.wallNow()), round };
    const isKept = ({ state, waitsFor }: Entry): boolean =>
      state === "working" || (state === "failed" && waitsFor === undefined);
    const entries = this.#abortAll(tx, run, { actor, isKept });
    const undone = { ...run, head: { ...run.head, undo }, entries };
    const verdict = verdictOn({ ...undone, head: { ...undone.head, state: "compensating" } });
    return this.#follow(tx, undone, { verdict, used, actor, verb: "undo_begun" });
  }

  /** A person wants what the run did undone: from wherever it stands, also long after its end. */
  undo(id: string, { actor, why }: { readonly actor: string; readonly why: string }): Result<Run> {
    const saved = this.#deps.store.transact({
      actor,
      work: (tx): Result<Run> => {
        const run = readRun(tx, id);
        if (run === undefined) return fail("not_found", noRun(id));
        return whyNoUndo(run) ?? ok(this.#undoIn(tx, run, { why, actor, used: 0 }));
      },
    });
    if (!saved.ok) return saved;
    if (saved.value.ok) this.#deps.onChange(id);
    return saved.value;
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
  #follow(tx: StoreTx, run: Run, { verdict, used, actor, verb }: Following): Run {
    const { head } = run;
    const isSame = verdict.state === head.state && verdict.detail === head.detail;
    if (isSame && used === 0) return run;
    const { detail: _before, endedAt: _end, ...rest } = head;
    const next: RunHead = {
      ...rest,
      state: verdict.state,
      revision: head.revision + 1,
      ...(verdict.detail === undefined ? {} : { detail: verdict.detail }),
      ...(head.tokens === undefined ? {} : { tokens: { ...head.tokens, used: head.tokens.used + used } }),
      ...(FINAL_RUN_STATES.has(verdict.state) ? { endedAt: toIsoTime(this.#deps.clock.wallNow()) } : {}),
    };
    writeHead(tx, next);
    tx.append(runMoved(next, verb ?? verbFor(head.state, next.state), actor));
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
        if (run === undefined) return fail("not_found", noRun(id));
        const next = moveRun(run.head, order);
        if (!next.ok) return next;
        const entries = order === "abort" ? this.#abortAll(tx, run, { actor: saying.actor }) : run.entries;
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

  #abortAll(
    tx: StoreTx,
    run: Run,
    { actor, isKept }: { readonly actor: string; readonly isKept?: (entry: Entry) => boolean },
  ): Entry[] {
    return run.entries.map((before) => {
      if (isKept?.(before) === true) return before;
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

interface Following {
  readonly verdict: RunVerdict;
  readonly used: number;
  readonly actor: string;
  /** What it is called, when its states do not tell. */
  readonly verb?: RunVerb;
}

function noRun(id: string): string {
  return `There is no run ${id}. "signalbox workflow ls" lists the runs.`;
}

/** Nothing of a run begins any more that is being undone. */
const BEGINNINGS: ReadonlySet<EntryMove["type"]> = new Set(["queue", "plan_b", "lock"]);

function whyNot(
  { head }: Run,
  before: Entry,
  { expectRevision, move }: Saying & { readonly move: EntryMove },
): Result<never> | undefined {
  if (expectRevision !== undefined && expectRevision !== before.revision)
    return fail("conflict", `${before.step} was changed meanwhile (revision ${before.revision}). Look at it again.`);
  if (isOverrun({ head }, before) && BEGINNINGS.has(move.type))
    return fail("conflict", `The run ${head.id} is being undone; ${before.step} is not tried again.`);
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
  if (after === "compensating") return "resumed";
  return after === "plan_b" ? "plan_b_entered" : after;
}

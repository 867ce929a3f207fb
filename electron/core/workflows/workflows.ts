/**
 * The workflows slice: what the fleet files define, the runs there are, and what a person or an agent does about them.
 * A run is moved on by messages on the bus; all that must survive is in the store.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, MessageBus } from "#core/ports/messageBus.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import type { CallSpec, WorkflowSpec } from "#shared/model/workflowFile.ts";
import { keyOf } from "./attempt.ts";
import type { Hands } from "./hands.ts";
import { newRun } from "./newRun.ts";
import { Outbox } from "./outbox.ts";
import { publicationOf } from "./publications.ts";
import { react, WORKFLOW_CONSUMER, WORKFLOW_STREAM } from "./reactions.ts";
import { RunBook } from "./runBook.ts";
import type { EntryRef, Moved } from "./runBook.ts";
import { Runner } from "./runner.ts";
import { readEntriesAt, readEntry, readOpenRuns, readRuns } from "./runStore.ts";
import { targetOf } from "./ways.ts";
import { WorkflowFeed } from "./workflowFeed.ts";

export interface WorkflowsDeps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly homeDir: string;
  readonly bus: MessageBus;
  readonly hands: Hands;
}

interface Definition {
  readonly fleet: string;
  readonly spec: WorkflowSpec;
}

export interface StartRequest {
  /** `fleet/workflow`, or either where it is the only one. */
  readonly workflow: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly tokens?: number | undefined;
  readonly actor: string;
  /** The same word twice is the same run. */
  readonly once?: string | undefined;
}

export class Workflows {
  readonly feed: WorkflowFeed;
  readonly #deps: WorkflowsDeps;
  readonly #book: RunBook;
  readonly #runner: Runner;
  readonly #outbox: Outbox;
  readonly #definitions = new Map<string, readonly WorkflowSpec[]>();
  #subscription: BusSubscription | undefined;

  constructor(deps: WorkflowsDeps) {
    this.#deps = deps;
    this.#outbox = new Outbox(deps);
    this.feed = new WorkflowFeed({ clock: deps.clock, view: (id) => this.#book.read(id) });
    this.#book = new RunBook({
      ...deps,
      publication: (run, entry, state) => publicationOf(run, entry, { state, time: toIsoTime(deps.clock.wallNow()) }),
      onChange: (run) => {
        this.#outbox.wake();
        this.feed.touch(run);
      },
    });
    const holder = `core:${deps.newId().slice(0, 8)}`;
    this.#runner = new Runner({ ...deps, book: this.#book, holder });
  }

  /** Goes on where the last core ended; with `noStart` what was under way waits for a person to resume it. */
  async open({ noStart }: { readonly noStart: boolean }): Promise<Result<void>> {
    const { bus } = this.#deps;
    const made = await bus.ensureConsumer(WORKFLOW_STREAM, WORKFLOW_CONSUMER);
    if (!made.ok) return made;
    const reacting = { book: this.#book, runner: this.#runner, hands: this.#deps.hands };
    this.#subscription = bus.consume(WORKFLOW_STREAM, WORKFLOW_CONSUMER.name, async (delivery) => {
      await react(reacting, delivery);
      await delivery.ack();
    });
    if (noStart)
      for (const { head } of readOpenRuns(this.#deps.store))
        if (head.state !== "suspended") this.#book.order(head.id, "suspend", { actor: "system" });
    this.#runner.recover();
    this.#outbox.wake();
    return ok(undefined);
  }

  /** Tools that are called go on in their servers, agents in their sessions; the next core finds out what came of it. */
  async close(): Promise<void> {
    this.#subscription?.close();
    this.#runner.close();
    this.feed.close();
    await this.#outbox.close();
  }

  /** The workflows of a fleet as its file stands now; none when the fleet was forgotten. */
  define(fleet: string, specs: readonly WorkflowSpec[]): void {
    if (specs.length === 0) this.#definitions.delete(fleet);
    else this.#definitions.set(fleet, specs);
    this.feed.defined();
  }

  definitions(): readonly Definition[] {
    return [...this.#definitions].flatMap(([fleet, specs]) => specs.map((spec) => ({ fleet, spec })));
  }

  #find(name: string): Result<Definition> {
    const all = this.definitions();
    const exact = all.find(({ fleet, spec }) => `${fleet}/${spec.name}` === name);
    const meant = exact === undefined ? all.filter(({ fleet, spec }) => spec.name === name || fleet === name) : [exact];
    if (meant[0] !== undefined && meant.length === 1) return ok(meant[0]);
    const names = (meant.length > 1 ? meant : all).map(({ fleet, spec }) => `${fleet}/${spec.name}`);
    if (meant.length > 1) return fail("ambiguous", `"${name}" could be ${names.join(" or ")}. Write it in full.`);
    const near = nearest(
      name,
      all.map(({ spec }) => spec.name),
    );
    const hint = near === undefined ? knownWords(names) : ` Did you mean ${near}?`;
    return fail("not_found", `There is no workflow "${name}".${hint}`);
  }

  start({ workflow, input, tokens, actor, once }: StartRequest): Result<Run> {
    const found = this.#find(workflow);
    if (!found.ok) return found;
    const { fleet, spec } = found.value;
    const { clock, homeDir, newId } = this.#deps;
    const id = `${spec.name}-${once ?? newId().slice(0, 8)}`;
    const known = once === undefined ? undefined : this.#book.read(id);
    if (known !== undefined) return ok(known);
    const run = newRun({ id, fleet, spec, input, tokens, actor, homeDir, time: toIsoTime(clock.wallNow()) });
    return run.ok ? this.#book.start(run.value, actor) : run;
  }

  runs(limit: number): readonly Run[] {
    return readRuns(this.#deps.store, limit);
  }

  run(id: string): Result<Run> {
    const run = this.#book.read(id);
    return run === undefined
      ? fail("not_found", `There is no run ${id}. "signalbox workflow ls" lists them.`)
      : ok(run);
  }

  /** Entries that work for runs now: of one target, or of all that begin so (`tool:vision.`, `agent:shop/`). */
  entriesAt(prefix: string): readonly Entry[] {
    return readEntriesAt(this.#deps.store, prefix);
  }

  suspend(id: string, actor: string): Result<Run> {
    return this.#book.order(id, "suspend", { actor });
  }

  resume(id: string, actor: string): Result<Run> {
    return this.#book.order(id, "resume", { actor });
  }

  abort(id: string, actor: string): Result<Run> {
    const before = this.#book.read(id);
    const aborted = this.#book.order(id, "abort", { actor, detail: "Ended by a person." });
    if (aborted.ok && before !== undefined) this.#runner.letGo(before);
    return aborted;
  }

  /** What its steps did is taken back, the last one first; what is under way ends before. */
  undo(id: string, actor: string): Result<Run> {
    return this.#book.undo(id, { actor, why: "A person wants it undone." });
  }

  /** An undo that failed is given up: what its step did stands, and the others are undone. */
  skipUndo(ref: EntryRef, actor: string): Result<Moved> {
    const entry = readEntry(this.#deps.store, ref.run, ref.step);
    return entry?.state === "failed" && entry.undo !== undefined
      ? this.leave(ref, "nobody", actor)
      : fail("conflict", `There is no undo of ${ref.step} in ${ref.run} that has failed.`);
  }

  /** The agent that holds a step's lock, in any run. */
  heldBy(agent: string): Entry | undefined {
    return this.entriesAt(`agent:${agent}`).find(({ state, lockedBy }) => state === "working" && lockedBy === agent);
  }

  /** What an agent's calls are made for, while it holds a step's lock. */
  callsFor(agent: string): { readonly entry: Entry; readonly contextId: string; readonly key: string } | undefined {
    const entry = this.heldBy(agent);
    return entry === undefined ? undefined : { entry, contextId: entry.contextId, key: keyOf(entry) };
  }

  /** The holder of a step's lock is gone: whoever is next takes the lock over. */
  gone(ref: EntryRef, why: string): Result<Moved> {
    const run = this.#book.read(ref.run);
    const entry = run?.entries.find(({ step }) => step === ref.step);
    if (run === undefined || entry === undefined)
      return fail("not_found", `There is no step ${ref.step} in a run ${ref.run}.`);
    return this.#runner.takeOver({ run, entry }, { gone: true, why });
  }

  /** A sign of life of who works on a step; only from the holder of its lock. */
  report(ref: EntryRef, by: string, thought?: string): Result<Moved> {
    return this.#runner.renew(ref, { by, thought });
  }

  /** What came of a step; only from the holder of its lock. */
  async finish(ref: EntryRef, by: string, outcome: Result<unknown>): Promise<Result<Moved>> {
    const entry = readEntry(this.#deps.store, ref.run, ref.step);
    if (entry === undefined) return fail("not_found", `There is no step ${ref.step} in a run ${ref.run}.`);
    if (entry.state === "working" && entry.lockedBy === by) return this.#runner.settle(ref, outcome);
    const move = outcome.ok
      ? ({ type: "complete", by, output: outcome.value } as const)
      : ({ type: "fail", by, error: outcome.error, isOver: false } as const);
    // Not the holder: refused, and recorded.
    return this.#book.move(ref, move, { actor: "agent" });
  }

  /** A failed step, or its undo, is tried again, as if it had never been tried. */
  retry(ref: EntryRef, { actor, detail, timeoutMs, call }: Retrying): Result<Moved> {
    const fleet = this.#book.read(ref.run)?.head.fleet ?? "";
    const other = call === undefined ? undefined : { call, target: targetOf(call, fleet) };
    return this.#book.move(ref, { type: "queue", timeoutMs, other }, { actor, detail });
  }

  /** A failed step takes its other way: the file's, or another call. */
  planB(ref: EntryRef, { call, actor, detail }: OtherWay): Result<Moved> {
    const run = this.#book.read(ref.run);
    const step = run?.spec.steps.find(({ id }) => id === ref.step);
    const other = call ?? step?.planB?.call;
    if (run === undefined || step === undefined)
      return fail("not_found", `There is no step ${ref.step} in a run ${ref.run}.`);
    if (other === undefined)
      return fail("unsupported", `${ref.step} has no plan B. Add plan_b to it in the fleet file.`);
    const target = targetOf(other, run.head.fleet);
    return this.#book.move(ref, { type: "plan_b", call: other, target }, { actor, detail });
  }

  /** Whom a failed step waits for; nobody: the run fails. */
  leave(ref: EntryRef, to: "person" | "nobody", actor: string): Result<Moved> {
    return this.#book.move(ref, { type: "leave", to }, { actor });
  }

  /** Nothing is under way here; for tests and orderly shutdown. */
  async idle(): Promise<void> {
    await this.#runner.idle();
  }
}

interface Retrying {
  readonly actor: string;
  readonly detail?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Instead of what the file says. */
  readonly call?: CallSpec | undefined;
}

interface OtherWay extends Pick<Retrying, "actor" | "detail"> {
  readonly call?: CallSpec | undefined;
}

function knownWords(names: readonly string[]): string {
  return names.length === 0
    ? ' No fleet has one. "signalbox workflow demo" starts one that shows it.'
    : ` Known are ${names.join(", ")}.`;
}

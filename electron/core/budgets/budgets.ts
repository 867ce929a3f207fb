/**
 * The budgets slice: what may still be spent, by whom, until when. Spending comes from the ledger, each entry once;
 * requests set aside before they go out; periods end at local midnight. Whoever stops agents hears of each level.
 */
import type { EventVerb } from "#shared/model/event.ts";
import type { Budget, BudgetLevel } from "#shared/model/budget.ts";
import { budgetEvent } from "./budgetEvents.ts";
import { BudgetFeed } from "./budgetFeed.ts";
import { dropCounter, readCounters, writeCounter } from "./budgetStore.ts";
import { BudgetTable, leastLeft } from "./budgetTable.ts";
import { publicBudget } from "./budgetView.ts";
import { pausedWords } from "./budgetWords.ts";
import {
  allowanceOf,
  freshState,
  isResetting,
  isStopping,
  leftOf,
  levelOf,
  nextPeriod,
  periodChange,
  resetsAtMs,
  spentMore,
} from "./counter.ts";
import type { BudgetState, Counter } from "./counter.ts";
import type { BudgetsDeps, SpendEntry } from "./deps.ts";
import { fleetOf, FileBudgets } from "./fileBudgets.ts";
import type { FileBudget } from "./fileBudgets.ts";
import { decideReserve } from "./reservations.ts";
import type { SetAside, Wanted } from "./reservations.ts";
import { Standings } from "./standings.ts";
import { ResumeConsent } from "./resumeConsent.ts";

/** The providers' clients give a request up after ten minutes; what is older is no longer under way. */
export const RESERVATION_LIFE_MS = 15 * 60 * 1000;
/** How long the wall clock is trusted to have gone on as it did when the timer was set. */
const TIMER_FRESH_MS = 1000;
const NO_TIMER = { dueMs: Infinity, atMs: Infinity, cancel: (): void => undefined };

/** Why nothing more may be spent at a path. */
export interface Brake {
  readonly level: "soft" | "hard" | "frozen";
  readonly budgetId: string;
  readonly scope: string;
  readonly sentence: string;
  readonly resetsAtMs?: number | undefined;
  /** The person's consent, given with the budget. */
  readonly resumesAtReset: boolean;
}

export type ReserveAnswer =
  | { readonly ok: true; readonly reservationId: string | undefined }
  /** `isBusy`: nothing is used up; what is set aside for requests under way may be left over when they end. */
  | { readonly ok: false; readonly brake: Brake; readonly isBusy: boolean };

export interface LevelChange {
  readonly budget: Counter;
  readonly before: BudgetLevel;
  readonly after: BudgetLevel;
  /** `person`: somebody granted, set, froze or removed; `reset`: a period began. */
  readonly cause: "spend" | "person" | "reset";
}

export class Budgets {
  readonly deps: BudgetsDeps;
  readonly table = new BudgetTable();
  readonly consent: ResumeConsent;
  readonly files = new FileBudgets();
  readonly feed: BudgetFeed;
  readonly #levelListeners = new Set<(change: LevelChange) => void>();
  readonly #knownFleets = new Set<string>();
  readonly #standings: Standings;
  #timer = NO_TIMER;

  constructor(deps: BudgetsDeps) {
    this.deps = deps;
    this.consent = new ResumeConsent(deps);
    this.#standings = new Standings(deps, this.table);
    const view = (id: string): Budget | undefined => {
      const counter = this.table.get(id);
      return counter === undefined ? undefined : this.view(counter);
    };
    this.feed = new BudgetFeed({ clock: deps.clock, view });
  }

  /** What the last core left. What stands on a fleet waits until that fleet's tree is known. */
  open(): void {
    const { store, logger } = this.deps;
    for (const counter of readCounters(store, logger)) this.table.put(counter);
    this.#catchUp(this.table.on(["*"]));
    this.tick();
  }

  close(): void {
    this.#standings.write();
    this.#timer.cancel();
    this.feed.close();
  }

  /** Every budget over a path, widest first. */
  binding(path: string): readonly Counter[] {
    return this.table.isEmpty ? [] : this.table.on(this.deps.tree.scopesOf(path));
  }

  /** The budget that stops this path, if one does. A new life begins its budget per run anew. */
  brake(path: string, occasion: "running" | "new_life" = "running"): Brake | undefined {
    this.tick();
    const stopping = this.binding(path).find(
      (counter) =>
        isStopping(counter) && !(occasion === "new_life" && counter.rules.period === "run" && !counter.state.frozen),
    );
    return stopping === undefined ? undefined : brakeOf(stopping, path);
  }

  /** Sets aside before a request goes out, in memory: if this process dies, the request dies with it. */
  reserve({ path, wanted }: { readonly path: string; readonly wanted: Wanted }): ReserveAnswer {
    this.tick();
    const binding = this.binding(path);
    if (binding.length === 0) return { ok: true, reservationId: undefined };
    const decision = decideReserve(binding, wanted);
    if (decision.type === "refused") {
      const brake = brakeOf(decision.by, path);
      return decision.why === "busy"
        ? { ok: false, isBusy: true, brake: { ...brake, sentence: busyWords(brake.sentence) } }
        : { ok: false, isBusy: false, brake };
    }
    const made = { id: this.deps.newId(), path, ...decision.amount, atMs: this.deps.clock.wallNow() };
    this.table.hold(made, binding);
    for (const { id } of binding) this.feed.touch(id);
    this.#schedule();
    return { ok: true, reservationId: made.id };
  }

  /** The request ended and the ledger will have it in a moment: until then what it really used is held. True: that is all there was. */
  used(reservationId: string, amount: SetAside): boolean {
    const made = this.table.release(reservationId);
    if (made === undefined) return false;
    this.table.hold({ ...made, ...amount }, this.binding(made.path));
    return this.binding(made.path).some((counter) => leftOf(counter) <= 0);
  }

  /** The request ended; what it used has been, or never will be, in the ledger. */
  release(reservationId: string): void {
    const made = this.table.release(reservationId);
    if (made === undefined) return;
    for (const { id } of this.binding(made.path)) this.feed.touch(id);
  }

  /** One change of the ledger's sums. */
  spend(entry: SpendEntry): void {
    for (const { id } of this.binding(entry.path)) this.#count(id, entry);
  }

  #count(id: string, entry: SpendEntry): void {
    const counter = this.table.get(id);
    if (counter === undefined || entry.id <= counter.state.entryId) return;
    const entryId = Number.isFinite(entry.id) ? entry.id : counter.state.entryId;
    const next = { ...counter, state: this.#counted({ ...counter, state: { ...counter.state, entryId } }, entry) };
    // What has no number in the ledger is not found there by the next start.
    if (entryId === entry.id) this.#keepSoon(next);
    else this.#keep(next);
    this.announce(id, "spend");
  }

  #counted({ rules, state }: Counter, { sessionId, plus, minus }: SpendEntry): BudgetState {
    const counts = (atMs: number): boolean => {
      if (rules.period === "run") return sessionId !== undefined && sessionId === state.sessionId;
      return !isResetting(rules.period) || atMs >= state.periodStartMs;
    };
    let next = state;
    if (minus !== undefined && counts(minus.atMs)) {
      const { nanos, tokens, unpricedTokens } = minus.spend;
      next = spentMore(next, rules.unit, { nanos: -nanos, tokens: -tokens, unpricedTokens: -unpricedTokens });
    }
    return counts(plus.atMs) ? spentMore(next, rules.unit, plus.spend) : next;
  }

  /** A life began: its agent's budget per run counts from here. */
  lifeBegan(path: string, sessionId: string): void {
    for (const counter of this.table.on([path])) {
      if (counter.rules.period !== "run" || counter.state.sessionId === sessionId) continue;
      const fresh = freshState(counter.rules, this.deps.clock.wallNow());
      const { frozen, level } = counter.state;
      const state = { ...fresh, sessionId, frozen, level };
      this.#keep({ ...counter, state: { ...state, ...this.summed({ ...counter, state }) } });
      this.announce(counter.id, "reset");
    }
  }

  /** Periods that have ended, requests too old to be under way; then one timer for the next of both. */
  tick(): void {
    const nowMs = this.deps.clock.wallNow();
    for (const counter of this.table.all()) {
      const change = periodChange(counter, nowMs);
      if (change !== undefined) this.#resetTo(counter, change);
    }
    for (const made of this.table.reservations())
      if (Math.abs(nowMs - made.atMs) >= RESERVATION_LIFE_MS) this.release(made.id);
    this.#schedule();
  }

  #resetTo(counter: Counter, { startMs, back }: { startMs: number; back: boolean }): void {
    const next = nextPeriod(counter, startMs);
    // Set back over a reset: what the ledger dates from the old begin on counts again, and nothing is given twice.
    const state = back
      ? { ...counter.state, periodStartMs: startMs, carried: 0, ...this.summed({ ...counter, state: next }) }
      : next;
    const detail = back ? "The clock was set back; the earlier period is counted again." : "A new period began.";
    const after = { ...counter, state };
    this.deps.recorder.note(
      budgetEvent(after, {
        verb: "reset",
        actor: "system",
        data: { before: counter.state.spent, after: state.spent, carried: state.carried, detail },
      }),
    );
    this.#keep(after);
    this.announce(counter.id, "reset");
  }

  /** What the ledger holds for a counter's period, and the entry up to which. */
  summed({
    scope,
    rules,
    state,
  }: Pick<Counter, "scope" | "rules" | "state">): Pick<BudgetState, "spent" | "unpricedTokens" | "entryId"> {
    const { ledger, recorder, tree } = this.deps;
    recorder.flush();
    const entryId = ledger.lastId();
    if (rules.period === "handover" || (rules.period === "run" && state.sessionId === undefined))
      return { spent: 0, unpricedTokens: 0, entryId };
    const isRun = rules.period === "run";
    const fromMs = rules.period === "total" || isRun ? 0 : state.periodStartMs;
    const sessionId = isRun ? state.sessionId : undefined;
    const spend = ledger.sumSince({ scope, agents: tree.agentsBelow(scope), fromMs, sessionId });
    const none = { ...state, spent: 0, unpricedTokens: 0 };
    const { spent, unpricedTokens } = spentMore(none, rules.unit, spend);
    return { spent, unpricedTokens, entryId };
  }

  /** Says the level if it is another than the last one said. */
  announce(id: string, cause: LevelChange["cause"]): void {
    const counter = this.table.get(id);
    if (counter === undefined) return;
    const before = counter.state.level;
    const after = levelOf(counter);
    const { spent } = counter.state;
    const allowance = allowanceOf(counter);
    const figures = { spent, allowance, overshoot: Math.max(0, spent - allowance) };
    if (before === after) {
      if (after === "hard" && cause === "spend" && figures.overshoot > 0) this.#note(counter, "overshot", figures);
      return;
    }
    const next = { ...counter, state: { ...counter.state, level: after } };
    this.#keep(next);
    this.#note(next, after === "hard" ? "exhausted" : "level_changed", { from: before, to: after, ...figures });
    for (const listener of this.#levelListeners) listener({ budget: next, before, after, cause });
  }

  #note(counter: Counter, verb: EventVerb<"budget">, data: Record<string, unknown>): void {
    this.deps.recorder.note(budgetEvent(counter, { verb, actor: "system", data }));
  }

  /** In memory now, on disk with the next commit. */
  #keep(counter: Counter): void {
    this.table.put(counter);
    this.#standings.written(counter.id);
    this.deps.recorder.project((tx) => writeCounter(tx, counter));
    this.feed.touch(counter.id);
  }

  #keepSoon(counter: Counter): void {
    this.table.put(counter);
    this.#standings.moved(counter.id);
    this.feed.touch(counter.id);
  }

  /** What the ledger took and these budgets did not: the last core died between the two, or sources spoke later. */
  #catchUp(counters: readonly Counter[]): void {
    if (counters.length === 0) return;
    const { ledger, tree } = this.deps;
    for (const entry of ledger.after(Math.min(...counters.map(({ state }) => state.entryId)))) {
      const scopes = tree.scopesOf(entry.path);
      for (const { id, scope } of counters) if (scopes.includes(scope)) this.#count(id, entry);
    }
  }

  /** Every request comes by here: a timer that was set for the same moment just now is left alone. */
  #schedule(): void {
    const nowMs = this.deps.clock.wallNow();
    const dueMs = Math.min(
      ...this.table.all().map((counter) => resetsAtMs(counter) ?? Infinity),
      ...this.table.reservations().map(({ atMs }) => atMs + RESERVATION_LIFE_MS),
    );
    const { dueMs: setFor, atMs } = this.#timer;
    if (dueMs === setFor && nowMs >= atMs && nowMs - atMs < TIMER_FRESH_MS) return;
    this.#timer.cancel();
    const cancel = dueMs === Infinity ? () => undefined : this.#tickIn(Math.max(1, dueMs - nowMs));
    this.#timer = { dueMs, atMs: nowMs, cancel };
  }

  #tickIn(waitMs: number): () => void {
    return this.deps.clock.after(waitMs, () => {
      this.#timer = NO_TIMER;
      this.tick();
    });
  }

  /** The budgets of a fleet file as it stands now; none when the fleet was forgotten. */
  setFileBudgets(fleet: string, given: readonly FileBudget[]): void {
    const put = (next: Pick<Counter, "id" | "scope" | "rules" | "setBy">): void => {
      this.#keep(this.withRules(this.table.get(next.id), next));
      this.announce(next.id, "person");
    };
    if (!this.#knownFleets.has(fleet)) {
      this.#knownFleets.add(fleet);
      this.#catchUp(this.table.all().filter(({ scope }) => fleetOf(scope) === fleet));
    }
    this.files.apply({ table: this.table, forget: (id) => this.forget(id), put }, fleet, given);
    this.#schedule();
  }

  /** A budget with these rules: one that stood keeps its standing, a new one begins with what the ledger has for its period. */
  withRules(known: Counter | undefined, next: Pick<Counter, "id" | "scope" | "rules" | "setBy">): Counter {
    if (known !== undefined) return { ...known, ...next };
    const state = freshState(next.rules, this.deps.clock.wallNow());
    return { ...next, state: { ...state, ...this.summed({ ...next, state }) }, reserved: 0 };
  }

  /** Takes what was committed by a command into memory. */
  adopt(counter: Counter): void {
    this.table.put(counter);
    this.feed.touch(counter.id);
    this.announce(counter.id, "person");
    this.#schedule();
  }

  /** The budget no longer binds. */
  forget(id: string): void {
    const counter = this.table.get(id);
    if (counter === undefined) return;
    this.table.remove(id);
    this.deps.recorder.project((tx) => dropCounter(tx, id));
    this.feed.touch(id);
    if (counter.state.level === "ok") return;
    const change = { budget: counter, before: counter.state.level, after: "ok", cause: "person" } as const;
    for (const listener of this.#levelListeners) listener(change);
  }

  view(counter: Counter): Budget {
    const wider = this.binding(counter.scope).filter(({ scope }) => scope !== counter.scope);
    return publicBudget(counter, { nowMs: this.deps.clock.wallNow(), above: leastLeft(wider, counter.rules.unit) });
  }

  list(scope?: string): readonly Budget[] {
    this.tick();
    const counters = scope === undefined ? this.table.all() : this.binding(scope);
    return counters.map((counter) => this.view(counter));
  }

  onLevel(listener: (change: LevelChange) => void): () => void {
    this.#levelListeners.add(listener);
    return () => this.#levelListeners.delete(listener);
  }
}

function brakeOf(counter: Counter, path: string): Brake {
  const level = levelOf(counter);
  const resets = resetsAtMs(counter);
  return {
    level: level === "frozen" || level === "soft" ? level : "hard",
    budgetId: counter.id,
    scope: counter.scope,
    sentence: pausedWords(counter, path, level),
    resumesAtReset: counter.rules.resumeAtReset,
    ...(resets === undefined ? {} : { resetsAtMs: resets }),
  };
}

function busyWords(sentence: string): string {
  return sentence.replace(
    /^Paused at (.*?)\. .*$/,
    "All that is left of $1 is set aside for requests under way. Try again in a moment.",
  );
}

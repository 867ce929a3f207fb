/** What a person does with dead letters, one or many: try again, change and try again, another tool, discard, take back. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { MOST_REPLAYS_PER_S } from "#shared/model/deadLetter.ts";
import type { DeadLetterFilter, HealingPlan, ToolRef } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { planned } from "./attempts.ts";
import { LONGER_TIMEOUT_MS } from "./healingPlan.ts";
import type { Letter } from "./letterRows.ts";
import type { DeadLetters, Move } from "./letters.ts";
import { checkPayload } from "./payloadCheck.ts";
import type { Takers } from "./takers.ts";

export interface ActDeps {
  readonly letters: DeadLetters;
  readonly takers: Takers;
}

/** One commit each: small enough that the core answers others in between. */
const BULK_PAGE = 100;
/** More than this at once is a filter that was not meant. */
const MOST_AT_ONCE = 100_000;

export function retryLetter({ letters }: ActDeps, id: number, actor: string): Result<Letter> {
  return letters.move(id, retryMove({ actor, atMs: letters.deps.clock.wallNow() }));
}

/** Errors: not_found, conflict, running, bad_request (the content could not be taken). */
export function editLetter(
  deps: ActDeps,
  id: number,
  edit: { readonly payload: string; readonly retry: boolean; readonly actor: string },
): Result<Letter> {
  const { letters } = deps;
  const { payload, retry, actor } = edit;
  const checked = checkPayload(deps, id, payload);
  if (!checked.ok) return checked;
  const note = { what: "edited", detail: retry ? "Changed, and sent again." : "Changed; it waits." } as const;
  if (retry) {
    const move = retryMove({ actor, atMs: letters.deps.clock.wallNow() });
    return letters.move(id, { ...move, notes: [note, ...move.notes], set: { ...move.set, edited: payload } });
  }
  return letters.move(id, {
    to: "needs_human",
    actor,
    notes: [note],
    set: { edited: payload, plan: null, due_at: null },
    check: notUnderWay,
  });
}

/** Another tool takes the call over. */
export function alternateLetter(
  { letters, takers }: ActDeps,
  id: number,
  order: { readonly to: ToolRef; readonly actor: string },
): Result<Letter> {
  const found = letters.find(id);
  if (!found.ok) return found;
  if (found.value.tool === undefined && takers.of(found.value)?.isToolCall !== true)
    return fail("unsupported", `Dead letter ${id} is no call of a tool, so no other tool can take it over.`);
  const { to, actor } = order;
  const move = retryMove({ actor, atMs: letters.deps.clock.wallNow(), alternative: to });
  return letters.move(id, move);
}

/** Kept, and can be taken back, until its seven days are over. */
export function discardLetter(
  { letters }: ActDeps,
  id: number,
  { actor, reason }: { readonly actor: string; readonly reason?: string | undefined },
): Result<Letter> {
  return letters.move(id, discardMove(actor, reason));
}

/** The undo of a discard: it waits for a person again. */
export function restoreLetter({ letters }: ActDeps, id: number, actor: string): Result<Letter> {
  const check = ({ state }: Letter): Result<void> =>
    state === "discarded" ? ok(undefined) : fail("conflict", `Dead letter ${id} is not discarded.`);
  return letters.move(id, { to: "needs_human", actor, notes: [{ what: "restored", detail: "Taken back." }], check });
}

export interface BulkOrder {
  readonly filter: DeadLetterFilter;
  /** How many the person saw and agreed to. */
  readonly expect: number;
  readonly actor: string;
}

/** Spread over time so that never more than the rate begins; the times are stored, so a restart keeps them. */
export function retryAll(
  deps: ActDeps,
  order: BulkOrder & { readonly perSecond: number },
): Result<{ readonly count: number; readonly lastAt: string }> {
  const { letters } = deps;
  const perSecond = Math.min(order.perSecond, MOST_REPLAYS_PER_S);
  const startMs = letters.deps.clock.wallNow();
  const atMs = (index: number): number => startMs + Math.floor((index * 1000) / perSecond);
  const done = inPages(deps, order, (index) => retryMove({ actor: order.actor, atMs: atMs(index) }));
  return done.ok ? ok({ count: done.value, lastAt: toIsoTime(atMs(Math.max(0, done.value - 1))) }) : done;
}

export function discardAll(
  deps: ActDeps,
  order: BulkOrder & { readonly reason?: string | undefined },
): Result<{ readonly count: number }> {
  const done = inPages(deps, order, () => discardMove(order.actor, order.reason));
  return done.ok ? ok({ count: done.value }) : done;
}

/** Errors: conflict when there are not as many as the person agreed to. */
function inPages(
  { letters }: ActDeps,
  { filter, expect, actor }: BulkOrder,
  moveOf: (index: number) => Move,
): Result<number> {
  const open: DeadLetterFilter = {
    ...filter,
    states: (filter.states ?? ["needs_human"]).filter((state) => state !== "replayed" && state !== "discarded"),
  };
  const ids = letters.idsOf(open, MOST_AT_ONCE);
  if (ids.length !== expect)
    return fail(
      "conflict",
      `Meanwhile ${ids.length} dead letters match, not ${expect}. Look at them again, then repeat.`,
      { count: ids.length },
    );
  let moved = 0;
  for (let from = 0; from < ids.length; from += BULK_PAGE) {
    const page = ids.slice(from, from + BULK_PAGE).map((id, at) => ({ id, move: moveOf(from + at) }));
    const done = letters.moveAll(page, actor);
    if (!done.ok) return done;
    moved += done.value.filter((one) => one.ok).length;
  }
  return ok(moved);
}

interface Retry {
  readonly actor: string;
  readonly atMs: number;
  readonly alternative?: ToolRef;
}

function retryMove({ actor, atMs, alternative }: Retry): Move {
  const sentence =
    alternative === undefined ? "Sent again." : `Tries ${alternative.tool} of ${alternative.server} instead.`;
  const plan: HealingPlan = {
    strategy: alternative === undefined ? "retry" : "alternative_tool",
    by: "person",
    dueAt: toIsoTime(atMs),
    timeoutMs: LONGER_TIMEOUT_MS,
    ...(alternative === undefined ? {} : { alternative }),
    sentence,
  };
  return { ...planned(plan), actor, check: notUnderWay };
}

function discardMove(actor: string, reason: string | undefined): Move {
  const set = { plan: null, due_at: null, attempt_at: null };
  return {
    to: "discarded",
    actor,
    notes: [{ what: "discarded", detail: reason ?? "Discarded." }],
    set,
    check: notUnderWay,
  };
}

function notUnderWay({ id, attemptMs }: Letter): Result<void> {
  return attemptMs === undefined
    ? ok(undefined)
    : fail("running", `An attempt at dead letter ${id} is under way. Wait for its end.`);
}

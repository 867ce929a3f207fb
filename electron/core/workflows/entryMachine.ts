/**
 * The state machine of one entry of a run. Pure: `moveEntry` answers the next entry or why the move is not legal. Only
 * who holds the lock moves a working entry on; a lock whose lease is over can be taken over, and the entry says so.
 */
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Entry, EntryState, SnapshotRef, StepError } from "#shared/model/workflow.ts";
import type { CallSpec } from "#shared/model/workflowFile.ts";
import { isRefused } from "./undoing.ts";

export type EntryMove =
  /** Its needs are completed; or, of a failed one, somebody wants it tried again; or its pause between attempts is over. */
  | {
      readonly type: "queue";
      readonly timeoutMs?: number | undefined;
      /** Done instead of what the file says. */
      readonly other?: { readonly call: CallSpec; readonly target: string } | undefined;
    }
  | { readonly type: "lock"; readonly by: string; readonly leaseMs: number; readonly begin: Beginning }
  /** A sign of life of the holder: the lease begins anew. */
  | {
      readonly type: "renew";
      readonly by: string;
      readonly leaseMs: number;
      readonly thought?: string | undefined;
      /** Tokens of this attempt so far. */
      readonly usedNow?: number | undefined;
    }
  /** Longer held by a program that lives, without a word of what works for it. */
  | { readonly type: "hold"; readonly by: string; readonly leaseMs: number }
  | { readonly type: "stall" }
  | {
      readonly type: "complete";
      readonly by: string;
      readonly output: unknown;
      readonly snapshot?: SnapshotRef | undefined;
      readonly used?: number | undefined;
    }
  | {
      readonly type: "retry";
      readonly by: string;
      readonly error: StepError;
      readonly nextAtMs: number;
      readonly used?: number | undefined;
    }
  | {
      readonly type: "fail";
      readonly by: string;
      readonly error: StepError;
      readonly used?: number | undefined;
      /** Nobody heals it: its run is being undone. */
      readonly isOver: boolean;
      /** It did something, but did not give what its file promises. */
      readonly output?: unknown;
    }
  /** Its call goes on, or is known to have ended: the lock passes to another program without a new attempt. */
  | { readonly type: "adopt"; readonly by: string; readonly leaseMs: number; readonly gone: boolean }
  /** The holder has gone: its lease is over, or `gone` says so from elsewhere. The attempt counts; `isLast`: none follows. */
  | {
      readonly type: "take_over";
      readonly by: string;
      readonly gone: boolean;
      readonly isLast: boolean;
      readonly isOver: boolean;
      readonly why: string;
      readonly used?: number | undefined;
    }
  /** Whom a failed one waits for; nobody: the run fails, and a failed undo is skipped. */
  | { readonly type: "leave"; readonly to: "healer" | "person" | "nobody" }
  | { readonly type: "plan_b"; readonly call: CallSpec; readonly target: string }
  /** What it did is to be undone. */
  | { readonly type: "undo"; readonly round: number; readonly target: string }
  | { readonly type: "abort" };

export interface Beginning {
  readonly input: unknown;
  readonly hydratedFrom?: SnapshotRef | undefined;
  readonly given?: number | undefined;
}

/** From where each move may be made. */
const FROM: Readonly<Record<EntryMove["type"], readonly EntryState[]>> = {
  queue: ["waiting", "retrying", "failed"],
  lock: ["queued", "plan_b"],
  renew: ["working"],
  hold: ["working"],
  stall: ["working"],
  complete: ["working"],
  retry: ["working"],
  fail: ["working"],
  adopt: ["working"],
  take_over: ["working"],
  leave: ["failed"],
  plan_b: ["failed", "retrying"],
  undo: ["completed", "not_undone"],
  abort: ["waiting", "queued", "working", "retrying", "failed", "plan_b"],
};

export function moveEntry(entry: Entry, move: EntryMove, nowMs: number): Result<Entry> {
  const refused = refusal(entry, move, nowMs);
  if (refused !== undefined) return fail("conflict", refused);
  const next = apply(entry, move, nowMs);
  const isNewState = next.state !== entry.state;
  return ok({ ...next, revision: entry.revision + 1, since: isNewState ? toIsoTime(nowMs) : entry.since });
}

function refusal(entry: Entry, move: EntryMove, nowMs: number): string | undefined {
  const isLegal = FROM[move.type].includes(entry.state) || (move.type === "undo" && isRefused(entry));
  if (!isLegal)
    return `${entry.step} is ${entry.state}; "${move.type}" is only possible when it is ${FROM[move.type].join(" or ")}.`;
  if (move.type === "plan_b" && entry.undo !== undefined) return `${entry.step} is being undone; that has no plan B.`;
  if (move.type === "plan_b" && entry.plan === "b") return `${entry.step} follows its plan B already.`;
  return lockRefusal(entry, move, nowMs);
}

function lockRefusal(entry: Entry, move: EntryMove, nowMs: number): string | undefined {
  const holder = entry.lockedBy ?? "nobody";
  if (move.type === "take_over" || move.type === "adopt")
    return move.gone || isLeaseOver(entry, nowMs)
      ? undefined
      : `${entry.step} is locked by ${holder} until ${entry.leaseUntil ?? "now"}.`;
  if (move.type === "lock" || !("by" in move) || move.by === entry.lockedBy) return undefined;
  return `${entry.step} is locked by ${holder}, not by ${move.by}; only the holder of the lock moves it.`;
}

export function isLeaseOver({ leaseUntil }: Entry, nowMs: number): boolean {
  return leaseUntil === undefined || parseTime(leaseUntil) <= nowMs;
}

type MoveOf<T extends EntryMove["type"]> = Extract<EntryMove, { type: T }>;
type Rules = { readonly [T in EntryMove["type"]]: (entry: Entry, move: MoveOf<T>, nowMs: number) => Entry };

const RULES: Rules = {
  queue: (entry, { timeoutMs, other }) => ({
    ...without(entry, ["nextAt", "waitsFor"]),
    ...(other === undefined ? {} : instead(entry, other)),
    state: "queued",
    attempts: entry.state === "failed" ? 0 : entry.attempts,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }),
  lock: begun,
  renew: (entry, { leaseMs, thought, usedNow }, nowMs) => ({
    ...entry,
    ...(usedNow === undefined || entry.tokens === undefined ? {} : { tokens: { ...entry.tokens, usedNow } }),
    leaseUntil: toIsoTime(nowMs + leaseMs),
    heardAt: toIsoTime(nowMs),
    stalled: false,
    ...(thought === undefined ? {} : { thought }),
  }),
  hold: (entry, { leaseMs }, nowMs) => ({ ...entry, leaseUntil: toIsoTime(nowMs + leaseMs) }),
  adopt: (entry, { by, leaseMs }, nowMs) => ({ ...entry, lockedBy: by, leaseUntil: toIsoTime(nowMs + leaseMs) }),
  stall: (entry) => ({ ...entry, stalled: true }),
  complete: completed,
  retry: (entry, { error, nextAtMs, used }) => ({
    ...charged(unlocked(entry), used),
    state: "retrying",
    error,
    nextAt: toIsoTime(nextAtMs),
  }),
  fail: (entry, { error, used, isOver, output }) => ({
    ...failed(charged(unlocked(entry), used), { error, isOver }),
    ...(output === undefined ? {} : { output }),
  }),
  take_over: takenOver,
  leave: (entry, { to }) => {
    if (to !== "nobody") return { ...entry, waitsFor: to };
    const left = without(entry, ["waitsFor"]);
    return entry.undo === undefined ? left : { ...left, state: "not_undone" };
  },
  plan_b: (entry, { call, target }) => ({
    ...without(entry, ["nextAt", "input", "output", "waitsFor", "timeoutMs"]),
    state: "plan_b",
    plan: "b",
    call,
    target,
    attempts: 0,
  }),
  undo: (entry, { round, target }) => ({
    ...without(entry, ["nextAt", "error", "thought", "timeoutMs"]),
    state: "queued",
    target,
    attempts: 0,
    undo: { round, doneAt: entry.undo?.doneAt ?? entry.since },
  }),
  abort: (entry) => ({
    ...without(unlocked(entry), ["nextAt", "waitsFor"]),
    state: entry.undo === undefined ? "aborted" : "not_undone",
  }),
};

function apply<T extends EntryMove["type"]>(
  entry: Entry,
  move: MoveOf<T> & { readonly type: T },
  nowMs: number,
): Entry {
  const rule: (entry: Entry, move: MoveOf<T>, nowMs: number) => Entry = RULES[move.type];
  return rule(entry, move, nowMs);
}

function takenOver(before: Entry, { why, isLast, isOver, used }: MoveOf<"take_over">, nowMs: number): Entry {
  const error = { code: "lock_lost", message: why };
  const entry = charged(unlocked(before), used);
  if (isLast || isOver) return failed(entry, { error, isOver });
  return { ...entry, state: "retrying", error, nextAt: toIsoTime(nowMs) };
}

function failed(entry: Entry, { error, isOver }: { readonly error: StepError; readonly isOver: boolean }): Entry {
  return { ...entry, state: "failed", error, ...(isOver ? {} : { waitsFor: "healer" as const }) };
}

function instead(entry: Entry, { call, target }: { call: CallSpec; target: string }): Partial<Entry> {
  return entry.undo === undefined ? { call, target } : { undo: { ...entry.undo, call }, target };
}

function begun(entry: Entry, { by, leaseMs, begin }: Extract<EntryMove, { type: "lock" }>, nowMs: number): Entry {
  const { input, hydratedFrom, given } = begin;
  return {
    ...without(entry, entry.undo === undefined ? ["error", "thought", "output"] : ["error", "thought"]),
    state: "working",
    lockedBy: by,
    leaseUntil: toIsoTime(nowMs + leaseMs),
    heardAt: toIsoTime(nowMs),
    attempts: entry.attempts + 1,
    begun: (entry.begun ?? entry.attempts) + 1,
    stalled: false,
    ...(entry.undo === undefined ? { input } : { undo: { ...entry.undo, input } }),
    ...(hydratedFrom === undefined ? {} : { hydratedFrom }),
    ...(given === undefined ? {} : { tokens: { given, used: entry.tokens?.used ?? 0 } }),
  };
}

function completed(entry: Entry, { output, snapshot, used }: Extract<EntryMove, { type: "complete" }>): Entry {
  const done = without(charged(unlocked(entry), used), ["error", "thought"]);
  if (entry.undo !== undefined) return { ...done, state: "undone", undo: { ...entry.undo, output } };
  return {
    ...done,
    state: "completed",
    output,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

/** An attempt is over: what it used counts, whatever came of it. */
function charged(entry: Entry, used: number | undefined): Entry {
  const { tokens } = entry;
  if (used === undefined || tokens === undefined) return entry;
  return { ...entry, tokens: { given: tokens.given, used: tokens.used + used } };
}

function unlocked(entry: Entry): Entry {
  return { ...without(entry, ["lockedBy", "leaseUntil"]), stalled: false };
}

type Optional =
  | "timeoutMs"
  | "nextAt"
  | "waitsFor"
  | "input"
  | "output"
  | "error"
  | "thought"
  | "lockedBy"
  | "leaseUntil";

function without(entry: Entry, keys: readonly Optional[]): Entry {
  const rest = { ...entry };
  for (const key of keys) delete rest[key];
  return rest;
}

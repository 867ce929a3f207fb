import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENTRY_STATES, stateName } from "#shared/model/workflow.ts";
import type { Entry, EntryState } from "#shared/model/workflow.ts";
import { moveEntry } from "./entryMachine.ts";
import type { EntryMove } from "./entryMachine.ts";

const NOW = Date.parse("2026-11-29T12:00:00.000Z");
const call = { kind: "tool", server: "library", tool: "search", with: {} } as const;
const error = { code: "timeout", message: "It did not answer." };

function entry(more: Partial<Entry> = {}): Entry {
  return {
    run: "r-1",
    step: "vision",
    state: "waiting",
    plan: "a",
    target: "tool:vision.describe",
    attempts: 0,
    revision: 0,
    contextId: "run-r-1",
    since: "2026-11-29T11:00:00.000Z",
    stalled: false,
    ...more,
  };
}

function working(more: Partial<Entry> = {}): Entry {
  return entry({ state: "working", lockedBy: "core:a", leaseUntil: "2026-11-29T12:00:30.000Z", attempts: 1, ...more });
}

function moved(from: Entry, move: EntryMove, nowMs = NOW): Entry {
  const result = moveEntry(from, move, nowMs);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function refusal(from: Entry, move: EntryMove, nowMs = NOW): string {
  const result = moveEntry(from, move, nowMs);
  if (result.ok) throw new Error("was allowed");
  return result.error.message;
}

const MOVES: readonly EntryMove[] = [
  { type: "queue" },
  { type: "lock", by: "core:a", leaseMs: 30_000, begin: { input: {} } },
  { type: "renew", by: "core:a", leaseMs: 30_000 },
  { type: "hold", by: "core:a", leaseMs: 30_000 },
  { type: "stall" },
  { type: "complete", by: "core:a", output: 1 },
  { type: "retry", by: "core:a", error, nextAtMs: NOW + 1000 },
  { type: "fail", by: "core:a", error, isOver: false },
  { type: "adopt", by: "core:b", leaseMs: 30_000, gone: true },
  { type: "take_over", by: "core:b", gone: true, isLast: false, isOver: false, why: "gone" },
  { type: "leave", to: "person" },
  { type: "leave", to: "nobody" },
  { type: "undo", round: 1, target: "tool:vision.forget" },
  { type: "plan_b", call, target: "tool:library.search" },
  { type: "abort" },
];
const anyMove = fc.constantFrom(...MOVES);
const CHANGES: Readonly<Record<EntryState, readonly EntryState[]>> = {
  waiting: ["queued", "aborted"],
  queued: ["working", "aborted"],
  working: ["working", "completed", "retrying", "failed", "aborted"],
  retrying: ["queued", "plan_b", "aborted"],
  failed: ["failed", "queued", "plan_b", "aborted"],
  plan_b: ["working", "aborted"],
  completed: ["queued"],
  aborted: [],
  undone: [],
  not_undone: [],
};
/** Once it is queued for its undo. */
const UNDO_CHANGES: typeof CHANGES = {
  waiting: [],
  queued: ["working", "not_undone"],
  working: ["working", "undone", "retrying", "failed", "not_undone"],
  retrying: ["queued", "not_undone"],
  failed: ["failed", "queued", "not_undone"],
  plan_b: [],
  completed: [],
  aborted: [],
  undone: [],
  not_undone: ["queued"],
};

describe("an entry of a run", () => {
  it("goes from waiting to completed, and its states have the names that handovers carry", () => {
    const queued = moved(entry(), { type: "queue" });
    const locked = moved(queued, { type: "lock", by: "core:a", leaseMs: 30_000, begin: { input: { file: "a.png" } } });
    const done = moved(locked, { type: "complete", by: "core:a", output: { colours: 3 } });
    expect([queued, locked, done].map((one) => stateName(one, "analyzing"))).toEqual([
      "VisionQueued",
      "VisionAnalyzing",
      "VisionCompleted",
    ]);
    expect(done).toMatchObject({ revision: 3, attempts: 1, output: { colours: 3 } });
    expect(done.lockedBy).toBeUndefined();
  });

  it("is moved on by the holder of its lock alone", () => {
    for (const move of [
      { type: "complete", by: "core:b", output: 1 },
      { type: "fail", by: "core:b", error, isOver: false },
      { type: "retry", by: "core:b", error, nextAtMs: NOW },
      { type: "renew", by: "core:b", leaseMs: 1 },
    ] as const)
      expect(refusal(working(), move)).toContain("locked by core:a, not by core:b");
  });

  it("gives its lock to another only when the lease is over, or the holder is known to be gone", () => {
    const take = { type: "take_over", by: "core:b", gone: false, isLast: false, isOver: false, why: "silent" } as const;
    expect(refusal(working(), take)).toContain("locked by core:a until");
    expect(moved(working(), take, NOW + 30_000)).toMatchObject({ state: "retrying", attempts: 1 });
    expect(moved(working(), { ...take, gone: true })).toMatchObject({ state: "retrying" });
  });

  it("does not take the word of a holder whose lock was taken over", () => {
    const taken = moved(working(), {
      type: "take_over",
      by: "core:b",
      gone: true,
      isLast: false,
      isOver: false,
      why: "gone",
    });
    const again = moved(moved(taken, { type: "queue" }), {
      type: "lock",
      by: "core:b",
      leaseMs: 30_000,
      begin: { input: {} },
    });
    expect(refusal(again, { type: "complete", by: "core:a", output: "late" })).toContain("locked by core:b");
    expect(again.attempts).toBe(2);
  });

  it("counts the attempts of plan B anew, and has no plan C", () => {
    const failed = moved(working({ attempts: 4 }), { type: "fail", by: "core:a", error, isOver: false });
    const other = moved(failed, { type: "plan_b", call, target: "tool:library.search" });
    expect(other).toMatchObject({ state: "plan_b", plan: "b", attempts: 0, target: "tool:library.search" });
    expect(stateName(other)).toBe("VisionPlanB");
    const failedAgain = entry({ state: "failed", plan: "b" });
    expect(refusal(failedAgain, { type: "plan_b", call, target: "x" })).toContain("plan B already");
  });

  it("has no way but the legal ones, whatever is asked of it", () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 60 }), fc.array(fc.nat(40_000), { maxLength: 60 }), (moves, waits) => {
        let now = NOW;
        let current = entry();
        for (const [index, move] of moves.entries()) {
          now += waits[index] ?? 0;
          const result = moveEntry(current, move, now);
          if (!result.ok) {
            expect(result.error.code).toBe("conflict");
            continue;
          }
          const next = result.value;
          expect((current.undo === undefined ? CHANGES : UNDO_CHANGES)[current.state]).toContain(next.state);
          expect(current.undo === undefined || next.undo !== undefined).toBe(true);
          expect(next.begun ?? 0).toBe((current.begun ?? 0) + (move.type === "lock" ? 1 : 0));
          expect(next.revision).toBe(current.revision + 1);
          expect(next.lockedBy !== undefined).toBe(next.state === "working");
          expect(next.leaseUntil !== undefined).toBe(next.state === "working");
          expect(next.waitsFor === undefined || next.state === "failed").toBe(true);
          current = next;
        }
      }),
    );
  });

  it("keeps what it gave while it is undone, and tries what was given up again when it is undone once more", () => {
    const done = moved(working({ input: { a: 1 }, begun: 2 }), { type: "complete", by: "core:a", output: { id: 7 } });
    const queued = moved(done, { type: "undo", round: 1, target: "tool:vision.forget" });
    const undoing = moved(queued, { type: "lock", by: "core:a", leaseMs: 30_000, begin: { input: { id: 7 } } });
    expect([queued, undoing].map((one) => stateName(one, "analyzing"))).toEqual(["VisionUndoQueued", "VisionUndoing"]);
    expect(undoing).toMatchObject({ attempts: 1, begun: 3, input: { a: 1 }, undo: { input: { id: 7 } } });
    const undone = moved(undoing, { type: "complete", by: "core:a", output: { ok: true } });
    expect(undone).toMatchObject({ state: "undone", output: { id: 7 }, undo: { output: { ok: true } } });
    const failed = moved(undoing, { type: "fail", by: "core:a", error, isOver: false });
    expect(refusal(failed, { type: "plan_b", call, target: "x" })).toContain("no plan B");
    const skipped = moved(failed, { type: "leave", to: "nobody" });
    expect(skipped.state).toBe("not_undone");
    const again = moved(skipped, { type: "undo", round: 2, target: "tool:vision.forget" });
    expect(again).toMatchObject({ state: "queued", attempts: 0, begun: 3, undo: { round: 2, doneAt: done.since } });
  });

  it("moves no further once it is completed, aborted or undone, but to be undone", () => {
    for (const state of ["completed", "aborted", "undone"] as const)
      for (const move of MOVES.filter(({ type }) => state !== "completed" || type !== "undo"))
        expect(moveEntry(entry({ state, lockedBy: "core:a" }), move, NOW).ok).toBe(false);
    expect(ENTRY_STATES).toHaveLength(Object.keys(CHANGES).length);
  });
});

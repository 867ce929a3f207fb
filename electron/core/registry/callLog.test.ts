import { expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { openStore } from "#core/store/index.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { closeInterrupted, finishCall, insertCall, readCalls, readExperience } from "./callLog.ts";

it("a call that the app's end cut short is found as interrupted, once; one that had ended stays as it was", async () => {
  const clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const call = { server: "memory", tool: "add", by: { kind: "cli" as const }, args: "{}", startedAtMs: 1000 };
  store.transact({
    actor: "system",
    work: (tx) => {
      for (const id of ["ended", "cut"])
        insertCall(tx, { ...call, id, contextId: undefined, correlationId: undefined });
      finishCall(tx, { id: "ended", outcome: "completed", tookMs: 5, attempts: 1 });
    },
  });
  const atBoot = () => store.transact({ actor: "system", work: (tx) => closeInterrupted(tx) });
  expect([atBoot(), atBoot()]).toEqual([
    { ok: true, value: 1 },
    { ok: true, value: 0 },
  ]);
  expect(readCalls(store, { limit: 10 })).toMatchObject([
    { id: "cut", outcome: "interrupted", code: "disconnected", message: expect.stringContaining("Signalbox ended") },
    { id: "ended", outcome: "completed" },
  ]);
  store.close();
});

it("tells how calls of each tool went; what was refused or denied says nothing of it", async () => {
  const clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const by = { kind: "cli" as const };
  const endings = ["completed", "completed", "failed", "denied"] as const;
  store.transact({
    actor: "system",
    work: (tx) => {
      for (const [at, outcome] of endings.entries()) {
        const call = { server: "memory", tool: "add", by, args: "{}", startedAtMs: 1000, correlationId: undefined };
        insertCall(tx, { ...call, id: `c${at}`, contextId: at === 1 ? "job" : undefined });
        finishCall(tx, { id: `c${at}`, outcome, tookMs: 5, attempts: 1 });
      }
    },
  });
  const known = { calls: 3, completed: 2 };
  expect(readExperience(store, "job")).toEqual(new Map([["memory add", { ...known, isOfContext: true }]]));
  expect(readExperience(store, "other")).toEqual(new Map([["memory add", { ...known, isOfContext: false }]]));
  expect(readExperience(store)).toEqual(new Map([["memory add", { ...known, isOfContext: false }]]));
  store.close();
});

/** A flood of reports is written in slices: the core goes on in between, and nothing of it is lost, whatever happens. */
import { afterEach, describe, expect, it } from "vitest";
import { StoreError } from "#core/ports/database.ts";
import type { Database } from "#core/ports/database.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";

const open: LedgerRig[] = [];
const SLICE = 100;
/** More than wait at most. */
const MORE_THAN_FIT = 20_500;

/** Kept when the ledger over it is closed; refuses to commit while it is full. */
function keptDatabase(): { readonly database: Database; readonly setFull: (isFull: boolean) => void } {
  const inner = connectSqlite(":memory:");
  let isFull = false;
  const transaction = <T>(work: () => T): T =>
    inner.transaction(() => {
      const value = work();
      if (isFull) throw new StoreError("disk_full", "SQLITE_FULL");
      return value;
    });
  return { database: { ...inner, transaction, close: () => undefined }, setFull: (next) => (isFull = next) };
}

async function openRig(database?: Database): Promise<LedgerRig> {
  const rig = await openLedger(database === undefined ? {} : { database });
  open.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of open.splice(0)) {
    rig.close();
    expect(rig.errors).toEqual([]);
  }
});

function flood(rig: LedgerRig, count: number): void {
  for (let output = 0; output < count; output += 1)
    rig.ledger.report(usageReport({ tokens: { input: 10, output, cacheRead: 300, cacheWrite: 40, reasoning: 0 } }));
}
const written = ({ store }: Pick<LedgerRig, "store">): number =>
  Number(store.get("SELECT count(*) AS n FROM usage_entries")?.["n"]);

describe("a flood of reports", () => {
  it("is written a slice a turn, until all of it is", async () => {
    const rig = await openRig();
    flood(rig, 5 * SLICE + 1);
    rig.recorder.flush();
    expect(written(rig)).toBe(SLICE);
    // A question commits what is on its way, not the flood.
    expect(rig.views.totals({ imported: "with", groupBy: "none" }).total.entries).toBeLessThanOrEqual(2 * SLICE);
    await rig.clock.advance(50);
    expect(written(rig)).toBe(5 * SLICE + 1);
  });

  it("is overtaken by what the gateway saw: the hard brake counts with the next commit", async () => {
    const rig = await openRig();
    flood(rig, 10 * SLICE);
    rig.ledger.report(usageReport({ source: "gateway", messageId: "msg_000001" }));
    rig.recorder.flush();
    expect(written(rig)).toBe(SLICE + 1);
    expect(rig.views.totals({ imported: "with", groupBy: "source" }).rows.map(({ key }) => key)).toContain("gateway");
  });

  it("loses nothing when more comes than may wait", { timeout: 60_000 }, async () => {
    const rig = await openRig();
    flood(rig, MORE_THAN_FIT);
    expect(written(rig)).toBeGreaterThan(0);
    await rig.clock.advance(2000);
    expect(written(rig)).toBe(MORE_THAN_FIT);
  });

  it("is written to its end when the app closes in the middle of it", async () => {
    const { database } = keptDatabase();
    const rig = await openRig(database);
    flood(rig, 4 * SLICE);
    rig.close();
    open.splice(open.indexOf(rig), 1);
    expect(written(await openRig(database))).toBe(4 * SLICE);
  });

  it("waits for a full disk, in order, and is counted once when there is space again", async () => {
    const { database, setFull } = keptDatabase();
    const rig = await openRig(database);
    setFull(true);
    flood(rig, 3 * SLICE);
    await rig.clock.advance(5000);
    expect(written(rig)).toBe(0);
    flood(rig, SLICE);
    setFull(false);
    await rig.clock.advance(5000);
    expect([written(rig), rig.views.totals({ imported: "with", groupBy: "none" }).total.entries]).toEqual([
      4 * SLICE,
      4 * SLICE,
    ]);
    expect(rig.errors.splice(0).filter((line) => !line.includes("store cannot be written"))).toEqual([]);
  });

  it("is not given up for one report that shows a mistake", async () => {
    const rig = await openRig();
    rig.ledger.report(usageReport());
    rig.ledger.report({ ...usageReport(), model: undefined as unknown as string });
    rig.ledger.report(usageReport());
    rig.recorder.flush();
    expect([written(rig), rig.errors.splice(0).length]).toEqual([2, 1]);
  });
});

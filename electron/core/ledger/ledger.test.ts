/** The ledger's promises over a real database: one request counts once, whoever speaks of it, how often and in what order. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";

describe("the ledger", () => {
  let rig: LedgerRig;
  beforeEach(async () => {
    rig = await openLedger();
  });
  afterEach(() => {
    rig.close();
    expect(rig.errors).toEqual([]);
  });

  const counting = (): unknown[] => {
    rig.recorder.flush();
    const page = rig.views.entries({ order: "oldest", limit: 1000, imported: "with", includeSuperseded: false });
    if (!page.ok) throw new Error(page.error.message);
    return page.value.entries.map(({ source, tokens }) => [source, tokens.input, tokens.output]);
  };

  it("lets a better source take the place of a worse one, and keeps both", () => {
    const tokens = { input: 10, output: 21, cacheRead: 300, cacheWrite: 40, reasoning: 5 };
    rig.ledger.report(usageReport({ messageId: "msg_000001", sourceKey: "t" }));
    rig.ledger.report(usageReport({ messageId: "msg_000001", source: "gateway", sourceKey: "g", tokens }));
    expect(counting()).toEqual([["gateway", 10, 21]]);
    const told = rig.views.entry(2);
    expect(told.ok && told.value.history.map(({ source, supersededBy }) => [source, supersededBy])).toEqual([
      ["transcript", 2],
      ["gateway", undefined],
    ]);
    expect(told.ok && told.value.reports.map(({ source }) => source)).toEqual(["transcript", "gateway"]);
  });

  it("tells listeners of each change after its commit, with what it replaces", () => {
    const heard: unknown[] = [];
    rig.ledger.listen({ onEntry: (entry, previous) => heard.push([entry?.source, previous?.source]) });
    rig.ledger.report(usageReport({ messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ messageId: "msg_000001", source: "otlp" }));
    rig.ledger.report(usageReport({ messageId: "msg_000001", source: "acp" }));
    expect(heard).toEqual([]);
    rig.recorder.flush();
    expect(heard).toEqual([
      ["transcript", undefined],
      ["otlp", "transcript"],
    ]);
  });

  it("refuses to change or delete an entry, whoever asks", () => {
    rig.ledger.report(usageReport());
    rig.recorder.flush();
    for (const sql of ["UPDATE usage_entries SET input = 0", "DELETE FROM usage_entries"])
      expect(() => rig.store.transact({ actor: "system", work: (tx) => tx.run(sql) })).toThrow("never");
    expect(counting()).toEqual([["transcript", 10, 20]]);
  });
});

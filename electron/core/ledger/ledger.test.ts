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

  it("counts what a session's totals know beyond its requests, also when one of them turns out to be another session's", () => {
    const tokens = { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    const settled = (): unknown[] => {
      rig.recorder.flush();
      rig.ledger.settle();
      return counting();
    };
    rig.ledger.report(usageReport({ sessionId: "s2", messageId: "msg_000001", tokens }));
    rig.ledger.totals({
      source: "otlp",
      at: "2026-11-28T11:00:01.000Z",
      agent: "claude",
      sessionId: "s2",
      provider: "anthropic",
      model: "claude-test",
      mode: "delta",
      sourceKey: "t",
      tokens: { ...tokens, input: 20, output: 10 },
    });
    expect(settled()).toEqual([
      ["transcript", 10, 5],
      ["otlp", 10, 5],
    ]);
    rig.ledger.report(usageReport({ sessionId: "s1", messageId: "msg_000001", source: "gateway", tokens }));
    expect(settled()).toEqual([
      ["gateway", 10, 5],
      ["otlp", 20, 10],
    ]);
  });

  it.each([
    ["hook", "gateway"],
    ["gateway", "hook"],
  ] as const)(
    "parts two that were one by their numbers once ids say otherwise, and each keeps its source (%s first)",
    (...order) => {
      const said = {
        hook: usageReport({ source: "hook", sourceKey: "h", requestId: "req_000001" }),
        gateway: usageReport({ source: "gateway", sourceKey: "g", messageId: "msg_000001" }),
      };
      for (const source of order) {
        rig.ledger.report(said[source]);
        rig.recorder.flush();
      }
      expect(counting()).toEqual([["gateway", 10, 20]]);
      const { tokens: _none, ...silent } = usageReport({ source: "gateway", sourceKey: "g2" });
      rig.ledger.report({ ...silent, messageId: "msg_000001", requestId: "req_000003" });
      const both = [
        ["gateway", 10, 20],
        ["hook", 10, 20],
      ];
      expect(counting()).toHaveLength(2);
      expect(counting()).toEqual(expect.arrayContaining(both));
    },
  );

  it("refuses to change or delete an entry, whoever asks", () => {
    rig.ledger.report(usageReport());
    rig.recorder.flush();
    for (const sql of ["UPDATE usage_entries SET input = 0", "DELETE FROM usage_entries"])
      expect(() => rig.store.transact({ actor: "system", work: (tx) => tx.run(sql) })).toThrow("never");
    expect(counting()).toEqual([["transcript", 10, 20]]);
  });
});

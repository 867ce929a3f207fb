/** Whatever arrives first, twice, late or in another grouping: the same reports give the same sums, and the sums are the entries'. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UsageReport, UsageTotals } from "#core/ports/usage.ts";
import { USAGE_CONFIDENCES, USAGE_SOURCES } from "#shared/model/usage.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { ENTRY_SUMS, SELECT_SUMS } from "./sums.ts";

type Said = { readonly report: UsageReport } | { readonly totals: UsageTotals };

const tokens = fc.constantFrom(
  { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  { input: 10, output: 6, cacheRead: 7, cacheWrite: 0, reasoning: 2 },
  { input: 100, output: 5, cacheRead: 0, cacheWrite: 9, reasoning: 0 },
  { input: -4, output: 2.5, cacheRead: 0, cacheWrite: 0, reasoning: 90 },
  { input: Number.NaN, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
);

const KEYS = 13;

/** What each record is about, as its source key promises for ever; a source may not know all of it at first. */
const records = fc.array(
  fc.record({
    session: fc.constantFrom("s1", "s2", undefined),
    cliSession: fc.constantFrom("c1", "c2", undefined),
    requestId: fc.constantFrom("req_000001", "req_000002", "req_000003", undefined),
    messageId: fc.constantFrom("msg_000001", "msg_000002", "msg_000003", undefined),
    model: fc.constantFrom("claude-test", "vendor/claude-test", "free-model"),
  }),
  { minLength: KEYS, maxLength: KEYS },
);
type About = Parameters<Parameters<typeof records.map>[0]>[0];

/** Few ids, sessions and times, so that they meet in every way. */
const report = (about: About): fc.Arbitrary<Said> =>
  fc
    .record({
      source: fc.constantFrom(...USAGE_SOURCES),
      confidence: fc.constantFrom(...USAGE_CONFIDENCES),
      outcome: fc.constantFrom("complete", "interrupted", "failed"),
      second: fc.constantFrom(0, 1, 10, 20, 29, 31, 45, 60, 90, 3600, 50_000),
      key: fc.nat(KEYS - 1),
      knows: fc.record({ session: fc.boolean(), request: fc.boolean(), message: fc.boolean() }),
      tokens: fc.option(tokens, { nil: undefined }),
    })
    .map(({ second, key, knows, tokens: counts, ...rest }) => {
      const { sessionId: _s, cliSessionId: _c, tokens: _t, ...base } = usageReport();
      const { session, cliSession, requestId, messageId, model } = about[key] ?? { model: "claude-test" };
      return {
        report: {
          ...base,
          ...rest,
          model,
          sourceKey: `k${key}`,
          at: new Date(Date.parse("2026-10-25T00:00:00Z") + second * 1000).toISOString(),
          ...(session === undefined || !knows.session ? {} : { sessionId: session }),
          ...(cliSession === undefined ? {} : { cliSessionId: cliSession }),
          ...(requestId === undefined || !knows.request ? {} : { requestId }),
          ...(messageId === undefined || !knows.message ? {} : { messageId }),
          ...(counts === undefined ? {} : { tokens: counts }),
        },
      };
    });

const totals: fc.Arbitrary<Said> = fc
  .record({ key: fc.nat(4), session: fc.constantFrom("s1", "s2"), mode: fc.constantFrom("delta", "cumulative") })
  .map(({ key, session, mode }) => ({
    totals: {
      source: mode === "delta" ? ("otlp" as const) : ("transcript" as const),
      at: "2026-10-25T01:00:00.000Z",
      agent: "claude",
      sessionId: session,
      provider: "anthropic",
      model: "claude-test",
      mode,
      sourceKey: `t${key}`,
      tokens: { input: 20 * (key + 1), output: 10, cacheRead: 7 * key, cacheWrite: 0, reasoning: 0 },
    },
  }));

function say(rig: LedgerRig, said: Said): void {
  if ("report" in said) rig.ledger.report(said.report);
  else rig.ledger.totals(said.totals);
}

/** By day and by everything that is summed: what any order must come to. */
function outcome(rig: LedgerRig): unknown {
  rig.recorder.flush();
  rig.ledger.settle();
  rig.recorder.flush();
  return rig.store.all(
    `SELECT s.day, d.path, d.source, d.confidence, d.outcome, d.model, ${SELECT_SUMS} FROM usage_days s JOIN usage_dims d ON d.id = s.dim
     GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(entries) > 0 ORDER BY 1, 2, 3, 4, 5, 6`,
  );
}

function sumsOf(rig: LedgerRig, table: string): unknown {
  return rig.store.all(
    `SELECT dim, ${SELECT_SUMS} FROM ${table} GROUP BY dim HAVING sum(entries) <> 0 OR sum(input) <> 0 ORDER BY dim`,
  );
}

const COUNTING = `(SELECT e.dim, ${ENTRY_SUMS} FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
  WHERE NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id))`;

describe("the same reports", () => {
  const story = records.chain((about) =>
    fc.array(fc.oneof({ weight: 5, arbitrary: report(about) }, { weight: 1, arbitrary: totals }), {
      minLength: 1,
      maxLength: 14,
    }),
  );

  it("give the same sums in any order, any number of times, with a flush anywhere", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.infiniteStream(fc.nat()), async (said, chances) => {
        const chance = (below: number): number => (chances.next().value ?? 0) % below;
        const first = await openLedger();
        for (const one of said) say(first, one);
        const again = [...said, ...said.filter(() => chance(3) === 0)]
          .map((one) => ({ one, rank: chance(1_000_000) }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ one }) => one);
        const second = await openLedger();
        for (const one of again) {
          say(second, one);
          if (chance(3) === 0) second.recorder.flush();
          if (chance(5) === 0) second.ledger.settle();
        }
        expect(outcome(second)).toEqual(outcome(first));
        expect([...first.errors, ...second.errors]).toEqual([]);
        first.close();
        second.close();
      }),
      { numRuns: 60 },
    );
  });

  it("leave sums that are the entries' own, in every table", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(story, async (said) => {
        const rig = await openLedger();
        for (const one of said) say(rig, one);
        outcome(rig);
        const own = sumsOf(rig, COUNTING);
        for (const table of ["usage_quarters", "usage_days", "usage_session_days", "usage_dim_sums"])
          expect(sumsOf(rig, table)).toEqual(own);
        rig.close();
      }),
      { numRuns: 40 },
    );
  });
});

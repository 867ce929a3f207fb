/** Requests that were cut off with their core, over a real database. */
import { afterEach, describe, expect, it } from "vitest";
import type { GatewayCall, GatewayDesk } from "#core/ports/gateway.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { gatewayDesk } from "./gatewayDesk.ts";
import { reportLeftOver } from "./requestsUnderWay.ts";

const CALL: GatewayCall = {
  id: "req-1",
  sessionId: "s1",
  agent: "claude",
  provider: "anthropic",
  api: "anthropic",
  model: "claude-test",
  estimate: { inputTokens: 700 },
};
/** An agent that waits for its answer. */
const STAYS = new AbortController().signal;
const FIRST_WORDS: UsageReport = {
  ...usageReport({ source: "gateway", confidence: "estimated", outcome: "interrupted", sourceKey: "s1:req-1" }),
  messageId: "msg_0001",
  tokens: { input: 12, output: 3, cacheRead: 5000, cacheWrite: 0, reasoning: 0 },
};

const open: LedgerRig[] = [];
afterEach(() => {
  for (const rig of open.splice(0)) {
    expect(rig.errors).toEqual([]);
    rig.close();
  }
});

/** A core that lets requests out, and the one after it on the same database. */
async function core(
  database = connectSqlite(":memory:"),
  used: (id: string, amount: { tokens: number }) => boolean = () => false,
): Promise<LedgerRig & { desk: GatewayDesk; database: typeof database }> {
  const rig = await openLedger({ database });
  open.push(rig);
  const desk = gatewayDesk({
    ...rig,
    budgets: { reserve: () => ({ ok: true, reservationId: "r1" }), used, release: () => undefined },
    ownerOf: () => ({ path: "shop/s1" }),
    onLimit: () => undefined,
  });
  return { ...rig, desk, database };
}

async function next(before: Awaited<ReturnType<typeof core>>): Promise<LedgerRig> {
  // Nothing of it is heard of again, not even what it had gathered for its next commit.
  open.splice(open.indexOf(before), 1);
  const rig = await core(before.database);
  reportLeftOver({ ...rig, logger: silentLogger });
  return rig;
}

function entriesOf(rig: LedgerRig) {
  const page = rig.views.entries({ imported: "with", order: "newest", includeSuperseded: false, limit: 10 });
  if (!page.ok) throw new Error(page.error.message);
  return page.value.entries;
}

describe("a request that was cut off with its core", () => {
  it("is an estimate by its size, listed as unknown, once and for all cores after it", async () => {
    const first = await core();
    await first.desk.authorize(CALL, STAYS);
    const second = await next(first);
    const estimate = { source: "estimate", confidence: "estimated", outcome: "interrupted", path: "shop/s1" };
    expect(entriesOf(second)).toMatchObject([{ ...estimate, model: "claude-test", tokens: { input: 700, output: 0 } }]);
    expect(second.views.unknown({ limit: 10 })).toMatchObject([
      { sessionId: "s1", why: "interrupted", detail: "Counted as 700 tokens, an estimate" },
    ]);
    reportLeftOver({ ...second, logger: silentLogger });
    expect(entriesOf(second)).toHaveLength(1);
    expect(second.store.all("SELECT * FROM gateway_requests")).toEqual([]);
  });

  it("has the provider's own count as far as it had spoken, and gives way to whoever tells of the whole of it", async () => {
    const first = await core();
    await first.desk.authorize(CALL, STAYS);
    first.desk.progress(CALL, FIRST_WORDS);
    const second = await next(first);
    expect(entriesOf(second)).toMatchObject([
      { source: "gateway", confidence: "estimated", tokens: { cacheRead: 5000 } },
    ]);
    const whole = { input: 12, output: 80, cacheRead: 5000, cacheWrite: 0, reasoning: 0 };
    second.ledger.report(usageReport({ messageId: "msg_0001", tokens: whole }));
    second.recorder.flush();
    expect(entriesOf(second)).toMatchObject([{ source: "transcript", confidence: "exact", tokens: whole }]);
    expect(second.views.unknown({ limit: 10 })).toEqual([]);
  });

  it("is exact when its answer had come to its end, though the ledger's commit had not", async () => {
    const first = await core();
    await first.desk.authorize(CALL, STAYS);
    const report = { ...FIRST_WORDS, confidence: "exact", outcome: "complete" } as const;
    first.desk.settle({ call: CALL, report });
    expect(entriesOf(await next(first))).toMatchObject([{ source: "gateway", confidence: "exact" }]);
  });

  it("is one of many: a thousand at once are all counted", async () => {
    const first = await core();
    const ids = Array.from({ length: 1000 }, (_, at) => `req-${at}`);
    for (const id of ids) await first.desk.authorize({ ...CALL, id }, STAYS);
    const second = await next(first);
    expect(second.views.totals({ imported: "with", groupBy: "none" }).total).toMatchObject({
      entries: 1000,
      input: 700_000,
    });
    expect(second.store.all("SELECT id FROM gateway_requests")).toEqual([]);
  });

  it("is nothing any more once the ledger has it", async () => {
    const first = await core();
    await first.desk.authorize(CALL, STAYS);
    first.desk.settle({ call: CALL, report: { ...FIRST_WORDS, confidence: "exact", outcome: "complete" } });
    first.desk.flush();
    expect(first.store.all("SELECT * FROM gateway_requests")).toEqual([]);
    expect(entriesOf(await next(first))).toHaveLength(1);
  });
});

describe("a request that ended", () => {
  it("is in the ledger a moment later, with others; at once where it used a budget up", async () => {
    const used: number[] = [];
    const rig = await core(undefined, (_id, { tokens }) => used.push(tokens) > 1);
    const settle = (id: string): void => {
      const report = {
        ...FIRST_WORDS,
        confidence: "exact",
        outcome: "complete",
        sourceKey: id,
        messageId: id,
      } as const;
      rig.desk.settle({ call: { ...CALL, id }, report, reservationId: "r1" });
    };
    settle("msg_first");
    expect(entriesOf(rig)).toEqual([]);
    await rig.clock.advance(500);
    expect(entriesOf(rig)).toHaveLength(1);
    settle("msg_second");
    expect(entriesOf(rig)).toHaveLength(2);
    expect(used).toEqual([5015, 5015]);
  });
});

/** What the ledger answers: sums, charts, prices, drift, unknown requests, exports. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QueryRequest, UsageFilter } from "#shared/contract/index.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";

const ALL: UsageFilter = { imported: "with" };

describe("the ledger's answers", () => {
  let rig: LedgerRig;
  beforeEach(async () => {
    rig = await openLedger();
  });
  afterEach(() => {
    rig.close();
    expect(rig.errors).toEqual([]);
  });

  const totals = (given: Partial<QueryRequest<"usage.totals">> = {}) =>
    rig.views.totals({ ...ALL, groupBy: "none", ...given });
  const byKey = (given: Partial<QueryRequest<"usage.totals">>) =>
    Object.fromEntries(totals(given).rows.map((row) => [row.key, row.entries]));

  it("adds up by agent, subtree, model, source and session", () => {
    rig.ledger.report(usageReport({ sessionId: "s1" }));
    rig.ledger.report(usageReport({ sessionId: "s2", model: "other", source: "otlp" }));
    rig.ledger.report(usageReport({ sessionId: "outside", cliSessionId: "c9" }));
    expect(byKey({ groupBy: "agent" })).toEqual({ "shop/s1": 1, "shop/s2": 1, "": 1 });
    expect(byKey({ groupBy: "subtree" })).toEqual({ "shop/s1": 1, "shop/s2": 1, shop: 2, "": 1 });
    expect(byKey({ groupBy: "model" })).toEqual({ "claude-test": 2, other: 1 });
    expect(byKey({ groupBy: "source" })).toEqual({ transcript: 2, otlp: 1 });
    expect(byKey({ groupBy: "session" })).toEqual({ s1: 1, s2: 1, outside: 1 });
    expect([totals({ scope: "shop" }).total.entries, totals({ scope: "shop/s2" }).total.entries]).toEqual([2, 1]);
    expect([totals({ text: "OTHER" }).total.entries, totals({ sessionId: "s1" }).total.entries]).toEqual([1, 1]);
  });

  it("counts a subset of output only once and the total without it", () => {
    rig.ledger.report(usageReport());
    const { total } = totals();
    expect([total.output, total.reasoning, total.totalTokens, total.costNanos]).toEqual([20, 5, 370, 370_000]);
  });

  it("begins days where the person's do, on the day that has 25 hours, too", () => {
    // Berlin's 25 October 2026 lasts from 22:00Z on the 24th to 23:00Z on the 25th.
    for (const at of ["2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"])
      rig.ledger.report(usageReport({ at }));
    expect(byKey({ groupBy: "day" })).toEqual({ "2026-10-24": 1, "2026-10-25": 2, "2026-10-26": 1 });
    const series = rig.views.series({ ...ALL, groupBy: "none", bucket: "day", from: "2026-10-24T00:00:00Z" });
    expect([series.times.slice(1, 3), series.series[0]?.tokens.slice(0, 3)]).toEqual([
      ["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"],
      [370, 740, 370],
    ]);
  });

  it("answers any ragged period exactly", () => {
    const times = Array.from({ length: 60 }, (_, index) => Date.parse("2026-11-20T00:00:00Z") + index * 4_321_987);
    for (const at of times) rig.ledger.report(usageReport({ at: new Date(at).toISOString() }));
    for (const [from, to] of [
      [0, 30],
      [1, 59],
      [7, 8],
      [20, 45],
    ] as const) {
      const range = { from: new Date(times[from] ?? 0).toISOString(), to: new Date(times[to] ?? 0).toISOString() };
      for (const groupBy of ["none", "session", "day"] as const)
        expect([range, groupBy, totals({ ...range, groupBy }).total.entries]).toEqual([range, groupBy, to - from]);
      for (const bucket of ["hour", "day"] as const) {
        const chart = rig.views.series({ ...ALL, ...range, groupBy: "none", bucket });
        expect(chart.series[0]?.tokens.reduce((sum, one) => sum + one, 0)).toBe((to - from) * 370);
      }
    }
  });

  it("makes the days anew when the person's time zone is another", async () => {
    const database = connectSqlite(":memory:");
    const kept = { ...database, close: () => undefined };
    const first = await openLedger({ database: kept, timeZone: "Europe/Berlin" });
    first.ledger.report(usageReport({ at: "2026-11-20T23:30:00Z" }));
    first.close();
    const second = await openLedger({ database: kept, timeZone: "America/New_York" });
    expect(second.views.totals({ ...ALL, groupBy: "day" }).rows.map(({ key }) => key)).toEqual(["2026-11-20"]);
    expect(second.views.totals({ ...ALL, groupBy: "session" }).rows.map(({ key }) => key)).toEqual(["s1"]);
    second.close();
    database.close();
  });

  it("says what has no price, and prices it once a person does, without changing what was written", async () => {
    rig.ledger.report(usageReport({ model: "free-model", messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ model: "claude-test" }));
    const before = totals().total;
    expect([before.unpricedEntries, before.unpricedTokens, before.costNanos]).toEqual([1, 370, 370_000]);
    const set = rig.ledger.setPrice({ model: "free-model", input: 1, output: 2, cacheRead: 0.1 }, "person");
    expect(set.ok).toBe(true);
    await rig.clock.advance(10);
    const after = totals().total;
    // 10 + 20 × 2 + 300 × 0.1 + 40 at the input's price, in thousands of nanos.
    expect([after.unpricedEntries, after.costNanos]).toEqual([0, 370_000 + 120_000]);
    const told = rig.views.entry(3);
    expect(told.ok && [told.value.history.length, told.value.entry.priceVersion]).toEqual([2, "override 2026-11-28"]);
    rig.ledger.report(usageReport({ model: "free-model", source: "otlp", messageId: "msg_000001" }));
    expect(totals().total.entries).toBe(2);
  });

  it("lets a person's price hold from when it was set, not before", () => {
    rig.ledger.setPrice({ model: "claude-test", input: 1000, output: 1000 }, "person");
    rig.ledger.report(usageReport({ at: "2026-11-28T11:00:00Z" }));
    expect(totals().total.costNanos).toBe(370_000);
    rig.clock.jumpWall(60_000);
    rig.ledger.report(usageReport({ at: "2026-11-28T12:00:30Z" }));
    expect(totals().total.costNanos).toBe(370_000 + 370_000_000);
  });

  it("marks what it had to change, and lists what has no numbers", () => {
    const { tokens: _tokens, ...without } = usageReport({ outcome: "interrupted", requestId: "req_000009" });
    rig.ledger.report(without);
    const part = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    rig.ledger.report(usageReport({ tokens: { ...part, input: 2e9 } }));
    rig.ledger.report(usageReport({ tokens: { ...part, input: Number.NaN } }));
    rig.ledger.report(usageReport({ tokens: { ...part, input: -5, output: 3 }, at: "2031-01-01T00:00:00Z" }));
    rig.ledger.report(usageReport({ tokens: part, outcome: "failed", at: "1970-01-01" }));
    rig.ledger.gap({
      source: "otlp",
      at: "2026-11-28T11:00:00Z",
      agent: "codex",
      why: "auxiliary",
      detail: "A title.",
      sourceKey: "g",
    });
    const unknown = rig.views.unknown({ limit: 50 }).map(({ why }) => why);
    expect(unknown.toSorted()).toEqual(["auxiliary", "bad_numbers", "bad_numbers", "interrupted"]);
    const page = rig.views.entries({ ...ALL, order: "oldest", limit: 10, includeSuperseded: false });
    expect(page.ok && page.value.entries.map(({ at, marks }) => [at, marks])).toEqual([
      ["2026-11-28T12:00:00.000Z", ["clock", "clamped"]],
      ["2026-11-28T12:00:00.000Z", ["clock"]],
    ]);
  });

  it("lists what a CLI hides, except where the gateway sees it", () => {
    for (const sessionId of ["s1", "s2"])
      rig.ledger.gap({
        source: "stream_json",
        at: "2026-11-28T11:00:00Z",
        agent: "opencode",
        sessionId,
        why: "auxiliary",
        detail: "A title.",
        sourceKey: `title ${sessionId}`,
      });
    rig.ledger.report(usageReport({ sessionId: "s1", source: "gateway", messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ sessionId: "s2", source: "stream_json" }));
    expect(rig.views.unknown({ limit: 50 }).map(({ sessionId, why }) => [sessionId, why])).toEqual([
      ["s2", "auxiliary"],
    ]);
  });

  it("lists what was interrupted once, and not where its tokens are counted by another source", () => {
    const cut = { agent: "codex", why: "interrupted", detail: "Cut.", at: "2026-11-28T11:00:00Z" } as const;
    for (const sessionId of ["s1", "s2", "s3"])
      for (const source of ["otlp", "transcript"] as const)
        if (source === "transcript" || sessionId !== "s3")
          rig.ledger.gap({ ...cut, source, sessionId, sourceKey: `cut ${sessionId}` });
    const { tokens: _tokens, ...without } = usageReport({ outcome: "interrupted", agent: "opencode", sessionId: "s4" });
    for (const source of ["stream_json", "transcript"] as const)
      rig.ledger.report({ ...without, source, sourceKey: "msg_1" });
    rig.ledger.report(usageReport({ sessionId: "s1", source: "gateway", messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ sessionId: "s2", source: "otlp", messageId: "msg_000002" }));
    const unknown = rig.views.unknown({ limit: 50 });
    expect(unknown.map(({ sessionId, source }) => `${sessionId} ${source}`).toSorted()).toEqual([
      "s2 otlp",
      "s3 transcript",
      "s4 stream_json",
    ]);
  });

  it("joins sources without ids by their numbers, and only what can be one", () => {
    const twin = { agent: "gemini" };
    rig.ledger.report(usageReport({ ...twin, at: "2026-11-28T11:00:00Z" }));
    rig.ledger.report(usageReport({ ...twin, at: "2026-11-28T11:00:04Z", source: "otlp" }));
    rig.ledger.report(usageReport({ ...twin, at: "2026-11-28T11:10:00Z", source: "otlp" }));
    rig.ledger.report(usageReport({ ...twin, at: "2026-11-28T11:10:01Z", source: "otlp" }));
    expect(byKey({ groupBy: "source" })).toEqual({ otlp: 3 });
  });

  it("counts what a session's totals know beyond its requests, once", async () => {
    const whole = { input: 30, output: 40, cacheRead: 300, cacheWrite: 40, reasoning: 0 };
    const said = {
      source: "otlp",
      at: "2026-11-28T11:00:00Z",
      agent: "claude",
      sessionId: "s1",
      provider: "anthropic",
      model: "claude-test",
      mode: "cumulative",
      sourceKey: "t",
      tokens: whole,
    } as const;
    rig.ledger.report(usageReport());
    rig.ledger.totals(said);
    await rig.clock.advance(4000);
    expect([totals().total.input, totals().total.output, totals().total.entries]).toEqual([30, 40, 2]);
    rig.ledger.report(
      usageReport({
        tokens: { input: 20, output: 20, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
        outcome: "interrupted",
      }),
    );
    await rig.clock.advance(4000);
    expect([totals().total.input, totals().total.output, totals().total.entries]).toEqual([30, 40, 2]);
  });

  it("shows where two sources differ and why", async () => {
    const tokens = { input: 10, output: 20, cacheRead: 300, cacheWrite: 40, reasoning: 5 };
    rig.ledger.report(usageReport({ messageId: "msg_000001" }));
    rig.ledger.report(usageReport({ messageId: "msg_000001", source: "otlp" }));
    rig.ledger.report(usageReport({ messageId: "msg_000002" }));
    rig.ledger.report(usageReport({ messageId: "msg_000002", source: "otlp", tokens: { ...tokens, output: 25 } }));
    rig.ledger.report(usageReport({ messageId: "msg_000003", source: "otlp", kind: "auxiliary" }));
    rig.recorder.flush();
    expect(await rig.views.drift({})).toMatchObject([
      {
        a: "otlp",
        b: "transcript",
        tokensA: 370 + 375 + 370,
        tokensB: 740,
        explained: [{ why: "Only otlp knows of auxiliary requests", requests: 1, tokens: 370 }],
        unexplainedTokens: 5,
      },
    ]);
  });

  it("forecasts from habits, and says nothing without any", () => {
    expect(rig.views.forecast({ period: "day" }).forecastNanos).toBeNull();
    for (let day = 20; day <= 27; day++) {
      rig.ledger.report(usageReport({ at: `2026-11-${day}T08:00:00Z` }));
      rig.ledger.report(usageReport({ at: `2026-11-${day}T20:00:00Z` }));
    }
    rig.ledger.report(usageReport({ at: "2026-11-28T08:00:00Z" }));
    const day = rig.views.forecast({ period: "day" });
    expect([day.spentNanos, day.forecastNanos, day.resetsAt]).toEqual([370_000, 740_000, "2026-11-28T23:00:00.000Z"]);
    expect(day.meanDay.at(-1)?.costNanos).toBe(740_000);
  });

  it("exports every entry once, page by page, as the reader has room", async () => {
    for (let index = 0; index < 1200; index++)
      rig.ledger.report(
        usageReport({
          model: '=1+"2"',
          tokens: { input: index, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
        }),
      );
    await rig.clock.advance(100);
    let text = "";
    const room: (() => void)[] = [];
    let isEnded = false;
    const sink = {
      room: 1,
      send: (_item: unknown, bytes?: Uint8Array) => {
        text += Buffer.from(bytes ?? []).toString();
        sink.room = 0;
      },
      end: () => {
        isEnded = true;
      },
      onRoom: (listener: () => void) => void room.push(listener),
    };
    rig.views.streamExport({ ...ALL, format: "csv", includeSuperseded: false }, sink as StreamSink<never>);
    await rig.clock.advance(10);
    const afterOne = text.split("\r\n").length;
    for (let turn = 0; turn < 5 && !isEnded; turn++) {
      sink.room = 1;
      for (const listener of room) listener();
      await rig.clock.advance(10);
    }
    const lines = text.trimEnd().split("\r\n");
    expect([afterOne, lines.length, new Set(lines).size, isEnded]).toEqual([502, 1201, 1201, true]);
    expect(lines[1]).toContain(`"'=1+""2"""`);
  });

  it("never lets a counter fall", () => {
    const value = (): string | undefined =>
      /^signalbox_usage_cost_usd_total\{.*\} (.*)$/m.exec(rig.views.counters())?.[1];
    rig.ledger.report(usageReport({ messageId: "msg_000001", confidence: "estimated", source: "estimate" }));
    expect(value()).toBe("0.00037");
    const tokens = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    rig.ledger.report(usageReport({ messageId: "msg_000001", tokens }));
    expect([totals().total.costNanos, value()]).toEqual([2000, "0.00037"]);
  });

  it("tells what is being spent, at most once a second", async () => {
    const items: { type: string }[] = [];
    const sink = {
      room: 9,
      send: (item: { type: string }) => void items.push(item),
      end: () => undefined,
      onRoom: () => undefined,
    };
    const opened = rig.views.streamUsage(sink as never);
    for (let index = 0; index < 50; index++) {
      rig.ledger.report(usageReport({ at: "2026-11-28T11:59:00Z" }));
      await rig.clock.advance(20);
    }
    await rig.clock.advance(1000);
    const burns = items.filter(({ type }) => type === "burn");
    expect(burns.length).toBeLessThanOrEqual(4);
    expect(burns.at(-1)).toMatchObject({ todayTokens: 50 * 370, todayNanos: 50 * 370_000 });
    if (opened.ok) opened.value.close();
  });
});

/** A fake for looking at screens: a ledger in which nothing was spent yet. */
import { fail, ok } from "#shared/model/result.ts";
import type { UsageSum } from "#shared/model/usage.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";

const NOTHING: UsageSum = {
  entries: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  totalTokens: 0,
  costNanos: 0,
  unpricedEntries: 0,
  unpricedTokens: 0,
  estimatedEntries: 0,
  estimatedCostNanos: 0,
  roundedEntries: 0,
  interruptedEntries: 0,
};

type Named<Of, P extends string> = { [K in Extract<keyof Of, `${P}.${string}`>]: Of[K] };
type UsageQueries = Named<Handlers["queries"], "usage"> & Named<Handlers["queries"], "prices">;
type UsageCommands = Named<Handlers["commands"], "usage"> & Named<Handlers["commands"], "prices">;

export function demoUsageQueries(): UsageQueries {
  return {
    "usage.totals": async () => ok({ total: { ...NOTHING }, rows: [] }),
    "usage.series": async () => ok({ bucket: "hour", times: [], series: [] }),
    "usage.entries": async () => ok({ entries: [] }),
    "usage.entry": async ({ id }) => fail("not_found", `The ledger has no entry ${id}.`),
    "usage.drift": async () => ok([]),
    "usage.unknown": async () => ok([]),
    "usage.sources": async () => ok([]),
    "usage.forecast": async () =>
      ok({
        spentNanos: 0,
        forecastNanos: null,
        lowNanos: null,
        highNanos: null,
        resetsAt: new Date(Date.now() + 3_600_000).toISOString(),
        meanDay: [],
      }),
    "usage.counters": async () => ok({ text: "" }),
    "prices.list": async () => ok({ version: "demo", models: [], unpriced: [] }),
  };
}

export function demoUsageCommands(): UsageCommands {
  return {
    "usage.import": async () => ok({ importId: "demo" }),
    "usage.importCancel": async () => ok({ cancelled: false }),
    "prices.set": async ({ model }) => ok({ model }),
    "prices.remove": async ({ model }) => ok({ model }),
  };
}

export function demoUsageStreams(): Pick<Handlers["streams"], "usage" | "usageImport" | "usageExport"> {
  const nothing = { close() {} };
  return {
    usage: (_input, sink) => {
      sink.send({
        type: "burn",
        todayNanos: 0,
        todayTokens: 0,
        perMinuteTokens: 0,
        perHourNanos: 0,
        topPaths: [],
        unpricedEntries: 0,
        estimatedEntries: 0,
      });
      return ok(nothing);
    },
    usageImport: (_input, sink) => {
      sink.send({
        state: "idle",
        files: 0,
        filesDone: 0,
        bytes: 0,
        bytesDone: 0,
        entries: 0,
        duplicates: 0,
        skippedLines: 0,
      });
      return ok(nothing);
    },
    usageExport: (_input, sink) => {
      sink.end();
      return ok(nothing);
    },
  };
}

/** A fake for looking at screens: a day of requests of the sample fleet, counted, with a doubt of every kind among them. */
import type { Handlers } from "#shared/rpc/handlers.ts";
import type { LedgerEntry, Tokens, UsageSum } from "#shared/model/usage.ts";
import { fail, ok } from "#shared/model/result.ts";
import { nothingSpent, sampleEntries, sumOf } from "./sampleUsage.ts";

type Named<Of, P extends string> = { [K in Extract<keyof Of, `${P}.${string}`>]: Of[K] };
type UsageQueries = Named<Handlers["queries"], "usage"> & Named<Handlers["queries"], "prices">;
type UsageCommands = Named<Handlers["commands"], "usage"> & Named<Handlers["commands"], "prices">;

const HOUR = 3_600_000;

interface Asked {
  readonly from?: string | undefined;
  readonly scope?: string | undefined;
  readonly text?: string | undefined;
}

function chosen({ from, scope, text }: Asked): readonly LedgerEntry[] {
  return sampleEntries(Date.now()).filter(
    (entry) =>
      (from === undefined || entry.at >= from) &&
      (scope === undefined || entry.path === scope || entry.path?.startsWith(`${scope}/`) === true) &&
      (text === undefined || JSON.stringify(entry).includes(text)),
  );
}

const KEYS: Readonly<Record<string, (entry: LedgerEntry) => string>> = {
  agent: (entry) => entry.path ?? "",
  subtree: (entry) => entry.path?.split("/")[0] ?? "",
  fleet: (entry) => entry.path?.split("/")[0] ?? "",
  model: (entry) => entry.model,
  source: (entry) => entry.source,
  cli: (entry) => entry.agent,
  task: () => "",
};

function grouped(entries: readonly LedgerEntry[], by: string): ReadonlyMap<string, readonly LedgerEntry[]> {
  const key = KEYS[by] ?? (() => "");
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  return groups;
}

export function demoUsageQueries(): UsageQueries {
  return {
    "usage.totals": async ({ groupBy, ...filter }) => {
      const entries = chosen(filter);
      const rows = [...grouped(entries, groupBy)].map(([key, own]) => ({ key, label: key, ...sumOf(own) }));
      return ok({ total: sumOf(entries), rows: groupBy === "none" ? [] : rows });
    },
    "usage.series": async ({ groupBy, ...filter }) => {
      const entries = chosen(filter);
      const start = Date.parse(filter.from ?? new Date(Date.now() - 24 * HOUR).toISOString());
      const times = Array.from(
        { length: Math.floor((Date.now() - start) / (HOUR / 4)) + 1 },
        (_, n) => start + (n * HOUR) / 4,
      );
      const groups = grouped(entries, groupBy);
      const series = [...groups].map(([key, own]) => {
        const buckets = times.map((at) =>
          sumOf(own.filter((entry) => Date.parse(entry.at) >= at && Date.parse(entry.at) < at + HOUR / 4)),
        );
        return {
          key,
          label: key,
          costNanos: buckets.map(({ costNanos }) => costNanos),
          tokens: buckets.map(({ totalTokens }) => totalTokens),
        };
      });
      return ok({ bucket: "hour", times: times.map((at) => new Date(at).toISOString()), series });
    },
    "usage.entries": async (filter) => ok({ entries: [...chosen(filter)].slice(0, filter.limit) }),
    "usage.entry": async ({ id }) => {
      const entry = sampleEntries(Date.now()).find((one) => one.id === id);
      if (entry === undefined) return fail("not_found", `The ledger has no entry ${id}.`);
      const { source, confidence, outcome, at, tokens } = entry;
      const older = { ...entry, id: 0, source: "estimate", confidence: "estimated", supersededBy: id } as const;
      const word = { confidence, outcome, at, tokens, marks: [] };
      return ok({
        entry,
        history: [{ ...older, tokens: rounded(tokens) }, entry],
        reports: [
          { ...word, source, sourceKey: `${source}-${id}` },
          { ...word, source: "transcript", sourceKey: `t-${id}` },
        ],
      });
    },
    "usage.drift": async () =>
      ok([
        {
          path: "fleet/planner",
          sessionId: "00000000-0000-4000-8000-000000000001",
          cliSessionId: "7f3c1",
          agent: "claude",
          a: "otlp",
          b: "transcript",
          tokensA: 412_000,
          tokensB: 396_400,
          explained: [{ why: "requests the CLI makes for itself are not in its log", requests: 4, tokens: 14_100 }],
          unexplainedTokens: 1500,
        },
      ]),
    "usage.unknown": async () =>
      ok([
        {
          at: new Date(Date.now() - HOUR).toISOString(),
          path: "fleet/api-builder",
          agent: "codex",
          model: "gpt-6",
          why: "interrupted",
          source: "transcript",
        },
      ]),
    "usage.forecast": async ({ period }) => {
      const spent = sumOf(chosen({ from: midnight().toISOString() })).costNanos;
      const meanDay = Array.from({ length: 96 }, (_, n) => ({
        minuteOfDay: n * 15,
        costNanos: Math.round(1.3 * spent * (1 / (1 + Math.exp(-(n - 52) / 12)))),
      }));
      return ok({
        spentNanos: spent,
        forecastNanos: Math.round(spent * 1.6),
        lowNanos: Math.round(spent * 1.4),
        highNanos: Math.round(spent * 1.9),
        resetsAt: new Date(midnight().getTime() + 24 * HOUR).toISOString(),
        meanDay: period === "day" ? meanDay : [],
      });
    },
    "usage.sources": async () =>
      ok([
        {
          agent: "claude",
          name: "Claude Code",
          sources: [
            { source: "otlp", what: "Its own telemetry: every answered request.", confidence: "exact", live: true },
            {
              source: "hook",
              what: "What a hook script or a program of yours tells of its requests; nothing without one.",
              confidence: "exact",
              live: true,
            },
            {
              source: "transcript",
              what: "Its session files: no compaction, no titles.",
              confidence: "exact",
              live: true,
            },
          ],
          brakes: {
            soft: "Its hooks refuse prompts and tool calls, typed ones too; the request under way ends.",
            hard: "It is interrupted, stopped a second later, and may not start again until more is granted.",
            gateway: "Every request is refused with a sentence; at most the one under way is spent beyond the budget.",
          },
        },
      ]),
    "usage.counters": async () => ok({ text: "" }),
    "prices.list": async () =>
      ok({
        version: "sample list",
        date: "2026-11-20",
        models: [
          {
            provider: "anthropic",
            model: "claude-sonnet-5",
            inputNanos: 3000,
            outputNanos: 15_000,
            cacheReadNanos: 300,
            cacheWriteNanos: 3750,
            overridden: false,
            hasTiers: false,
            used: true,
          },
        ],
        unpriced: [{ provider: "local", model: "qwen-coder-local", tokens: 84_000, entries: 3 }],
      }),
  };
}

function midnight(): Date {
  const date = new Date();
  date.setHours(0, 0, 0, 0);
  return date;
}

function rounded(tokens: Tokens): Tokens {
  return { ...tokens, input: Math.round(tokens.input / 1000) * 1000, output: Math.round(tokens.output / 100) * 100 };
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
      const entries = chosen({ from: midnight().toISOString() });
      const total: UsageSum = sumOf(entries);
      const paths = [...grouped(entries, "agent")].map(([path, own]) => ({ path, ...sumOf(own) }));
      sink.send({
        type: "burn",
        todayNanos: total.costNanos,
        todayTokens: total.totalTokens,
        perMinuteTokens: 18_400,
        perHourNanos: 3_210_000_000,
        topPaths: paths.map(({ path, costNanos, totalTokens }) => ({ path, costNanos, tokens: totalTokens })),
        unpricedEntries: total.unpricedEntries,
        estimatedEntries: total.estimatedEntries,
      });
      sink.send({
        type: "paths",
        rows: paths.map(({ path, costNanos, totalTokens, unpricedTokens }) => ({
          path,
          todayNanos: costNanos,
          todayTokens: totalTokens,
          lifeNanos: costNanos,
          lifeTokens: totalTokens,
          unpricedTokens,
        })),
      });
      return ok(nothing);
    },
    usageImport: (_input, sink) => {
      const { entries: none } = nothingSpent();
      sink.send({
        state: "idle",
        files: none,
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

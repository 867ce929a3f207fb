/** The ledger with a million entries: what each chart and table of the window waits for, and what recording costs. */
import type { QueryRequest } from "#shared/contract/index.ts";
import { createLocalCalendar } from "#shared/lib/localCalendar.ts";
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import { Ledger, LedgerViews } from "#core/ledger/index.ts";
import { lifeOfSession, spendLedger } from "#core/policies/index.ts";
import { createJournal, createRecorder } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { historyFile, openHistory } from "./history.ts";
import { AGENTS, BUSIEST, MODELS, PRICES, seedLedger } from "./ledgerSeed.ts";
import { median, percentile } from "./numbers.ts";

/** The figure: any chart of the window with a million entries. */
const GOAL_MS = 100;
/** What a catch-up or an import may take of the loop in one go: three frames. */
const HOLD_MS = 50;
const REPORTS = 1000;
/** The window asks for a day, a week or a month: what reaches further is told for the record. */
const ALL_TIME = "all time";

export const ledger: Row = {
  name: "ledger",
  about: "every chart and table of the budgets page over a million entries, and what recording one costs",
  run,
};

interface Opened {
  readonly ledger: Ledger;
  readonly views: LedgerViews;
  readonly flush: () => void;
  /** As a budget that is set asks it. */
  readonly spent: ReturnType<typeof spendLedger>;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const size = bench.isQuick ? 100_000 : bench.isFull ? 5_000_000 : 1_000_000;
  const nowMs = Date.now();
  bench.say(`seeding ${size.toLocaleString("en-US")} entries`);
  const opened = await openSeeded(bench, size, nowMs);
  const asked = Object.entries(questions(opened, nowMs));
  const times = new Map(asked.map(([what]) => [what, { wallMs: [] as number[], ownMs: [] as number[] }]));
  const repeats = bench.isQuick ? 3 : 10;
  for (let round = 0; round < bench.rounds * repeats; round += 1)
    for (const [what, ask] of asked) {
      const stopWatch = startWatch();
      ask();
      const took = stopWatch();
      times.get(what)?.wallMs.push(took.wallMs);
      times.get(what)?.ownMs.push(took.ownMs);
    }
  const reads = [...times].flatMap(([what, { wallMs, ownMs }]): Finding[] => {
    const goal = what.includes(ALL_TIME) ? {} : { goal: { atMost: GOAL_MS } };
    return [
      { what: `${what}, median`, unit: "ms", ours: [median(wallMs)], ...goal },
      { what: `${what}, p99 of processor time`, unit: "ms", ours: [percentile(ownMs, 0.99)], ...goal },
    ];
  });
  return [...reads, ...(await driftCost(bench, opened, nowMs)), ...(await recordingCost(bench, opened, nowMs))];
}

async function openSeeded(bench: Bench, size: number, nowMs: number): Promise<Opened> {
  (await openHistory(bench.dir)).close();
  seedLedger(historyFile(bench.dir), { size, nowMs });
  return openViews(bench, await openHistory(bench.dir));
}

function openViews(bench: Bench, store: Store): Opened {
  const clock = createSystemClock();
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (text: string) => bench.say(text),
  };
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const priceList = {
    version: PRICES,
    date: "2026-11-01",
    costOf: () => 1_000_000,
    find: () => undefined,
    models: () => [],
  };
  const lifeOf = lifeOfSession(store);
  // The local days are made by the ledger itself: the seed has no time zone yet.
  const opened = new Ledger({ store, recorder, clock, logger, priceList, timeZone, lifeOf });
  const ancestorsOf = (path: string): readonly string[] => {
    const [fleet = "", id = ""] = path.split("/");
    return [path, `${fleet}/team${Number(id.slice(1)) % 5}`, fleet];
  };
  bench.defer(() => {
    opened.close();
    recorder.flush();
    journal.close();
    store.close();
  });
  const views = new LedgerViews({ ledger: opened, store, recorder, clock, ancestorsOf });
  return { ledger: opened, views, flush: () => recorder.flush(), spent: spendLedger(store) };
}

const SCOPES = { everything: undefined, "one team": "shop/team1", "one agent": BUSIEST } as const;
const SPANS = ["day", "week", "month"] as const;
const GROUPS = ["agent", "subtree", "task", "model", "source"] as const;

/** What `useBudgetsPage`, the head, the tray and the tree ask, by the name a reader of the table knows it by. */
function questions({ views, spent }: Opened, nowMs: number): Readonly<Record<string, () => unknown>> {
  const calendar = localCalendar();
  const asked: Record<string, () => unknown> = {};
  const page = (filter: Partial<QueryRequest<"usage.entries">>) => () =>
    views.entries({ imported: "with", order: "newest", limit: 200, includeSuperseded: false, ...filter });
  for (const [whom, scope] of Object.entries(SCOPES)) {
    const inScope = scope === undefined ? {} : { scope };
    for (const span of SPANS) {
      const filter = { from: toIsoTime(calendar.startOf(span, nowMs)), imported: "with" as const, ...inScope };
      const about = `${span}, ${whom}`;
      for (const groupBy of GROUPS)
        asked[`totals by ${groupBy}, ${about}`] = () => views.totals({ ...filter, groupBy });
      for (const groupBy of ["none", "agent", "subtree", "model", "source"] as const)
        asked[`chart by ${groupBy}, ${about}`] = () => views.series({ ...filter, groupBy, bucket: "auto" });
      asked[`forecast, ${about}`] = () => views.forecast({ period: span, ...inScope });
      asked[`newest page, ${about}`] = page(filter);
      for (const text of ["model-3", "nothing-like-this"])
        asked[`text "${text}", ${about}`] = page({ ...filter, text });
    }
    asked[`totals by model, ${ALL_TIME}, ${whom}`] = () =>
      views.totals({ ...inScope, imported: "with", groupBy: "model" });
    asked[`chart by agent, ${ALL_TIME}, ${whom}`] = () =>
      views.series({ ...inScope, imported: "with", groupBy: "agent", bucket: "auto" });
    for (const [name, text] of Object.entries({ rare: BUSIEST, none: "nothing-like-this", id: "req_0000001234" }))
      asked[`text "${name}", ${ALL_TIME}, ${whom}`] = page({ ...inScope, text });
  }

  const everyone = { scope: "*", agents: [] };
  asked["what a new budget has spent, month"] = () =>
    spent.sumSince({ ...everyone, fromMs: calendar.startOf("month", nowMs) });
  asked["what a new budget has spent, total"] = () => spent.sumSince({ ...everyone, fromMs: 0 });
  asked["burn"] = () => views.burn();
  asked[`counters, ${ALL_TIME}`] = () => views.counters();
  asked["unknown"] = () => views.unknown({ limit: 200 });
  asked["models in use and their prices"] = () => views.prices({ onlyUsed: true });
  return asked;
}

/** A list, not a chart: every request of the month is looked at, beside everything else. */
async function driftCost(bench: Bench, { views }: Opened, nowMs: number): Promise<readonly Finding[]> {
  const held: Took[] = [];
  const tookMs: number[] = [];
  const from = toIsoTime(localCalendar().startOf("month", nowMs));
  for (let round = 0; round < bench.rounds; round += 1) {
    const began = performance.now();
    held.push(await longestHold(() => views.drift({ from })));
    tookMs.push(performance.now() - began);
  }
  return [
    { what: "drift, month", unit: "ms", ours: tookMs },
    ...holdFindings("drift, month: the loop is held at most", held, GOAL_MS),
  ];
}

function localCalendar(): LocalCalendar {
  return createLocalCalendar(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

async function recordingCost(
  bench: Bench,
  { ledger: recording, flush }: Opened,
  nowMs: number,
): Promise<readonly Finding[]> {
  const report = reports(nowMs);
  const rounds = bench.rounds * (bench.isQuick ? 1 : 5);
  const oneUs: number[] = [];
  const manyMs: number[] = [];
  const held: Took[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let one = 0; one < 100; one += 1) {
      const began = performance.now();
      recording.report(report());
      flush();
      oneUs.push(1000 * (performance.now() - began));
    }
    const began = performance.now();
    held.push(
      await longestHold(async () => {
        const written = countedTo(recording, REPORTS);
        for (let one = 0; one < REPORTS; one += 1) recording.report(report());
        await written;
      }),
    );
    manyMs.push(performance.now() - began);
  }
  return [
    { what: "recording one entry, with its commit, median", unit: "µs", ours: [median(oneUs)] },
    { what: "recording one entry, with its commit, p99", unit: "µs", ours: [percentile(oneUs, 0.99)] },
    ...holdFindings(`the loop is held at most, by ${REPORTS} reports at once`, held, HOLD_MS),
    { what: `${REPORTS} reports at once until all are written`, unit: "ms", ours: manyMs },
  ];
}

/** Each another request, of any agent and model. */
function reports(nowMs: number): () => UsageReport {
  let at = 0;
  return () => ({
    source: "transcript",
    confidence: "exact",
    at: toIsoTime(nowMs + at),
    agent: "claude",
    sessionId: `session-${at % AGENTS}-0`,
    cliSessionId: `cli-${at % AGENTS}`,
    kind: "main",
    provider: "anthropic",
    model: `model-${at % MODELS}`,
    sourceKey: `bench:${nowMs}:${at}`,
    messageId: `msg_bench_${nowMs}_${at}`,
    tokens: { input: 10, output: at++, cacheRead: 30_000, cacheWrite: 400, reasoning: 5 },
    outcome: "complete",
  });
}

/** Resolves when the ledger has told of so many entries more. */
function countedTo(recording: Ledger, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const end = recording.listen({
    onEntry: () => {
      left -= 1;
      if (left > 0) return;
      end();
      resolve();
    },
  });
  return promise;
}

/** The longest time in which nothing else could run. */
async function longestHold(work: () => Promise<unknown>): Promise<Took> {
  let longest = { wallMs: 0, ownMs: 0 };
  let stopWatch = startWatch();
  let isOver = false;
  const tick = (): void => {
    const { wallMs, ownMs } = stopWatch();
    longest = { wallMs: Math.max(longest.wallMs, wallMs), ownMs: Math.max(longest.ownMs, ownMs) };
    stopWatch = startWatch();
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  isOver = true;
  return longest;
}

interface Took {
  readonly wallMs: number;
  /** Of this thread alone: what other programs take of a shared machine is not the ledger's. */
  readonly ownMs: number;
}

function startWatch(): () => Took {
  const began = performance.now();
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return { wallMs: performance.now() - began, ownMs: (user + system) / 1000 };
  };
}

function holdFindings(what: string, held: readonly Took[], atMost: number): readonly Finding[] {
  return [
    { what, unit: "ms", ours: held.map(({ wallMs }) => wallMs), goal: { atMost } },
    { what: `${what}, processor time`, unit: "ms", ours: held.map(({ ownMs }) => ownMs), goal: { atMost } },
  ];
}

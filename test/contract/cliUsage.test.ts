/** `signalbox usage` and `signalbox price` as people and scripts see them: a real process, a real ledger behind the contract. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Importer } from "#core/ledger/index.ts";
import { usageCommands, usageQueries, usageStreams } from "#rpc/handlers/usageHandlers.ts";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import type { LocalSocket } from "#rpc/transports/localSocket.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { jsonLines, runCli } from "./runCli.ts";
import type { Ran } from "./runCli.ts";
import { SERVE } from "./transports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const TIME_ZONE = "America/New_York";
const now = Date.now();
const isoAgo = (ms: number): string => new Date(now - ms).toISOString();
/** The eve of the day that has 25 hours there, one minute before midnight and at midnight. */
const EVE = "2025-11-02T03:59:00.000Z";
const MIDNIGHT = "2025-11-02T04:00:00.000Z";

let dataDir: string;
let rig: LedgerRig;
let server: LocalSocket;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "signalbox-cli-usage-"));
  rig = await openLedger({ timeZone: TIME_ZONE, clock: new ManualClock({ wallMs: now }) });
  for (const report of [
    usageReport({ sessionId: "s1", at: isoAgo(0) }),
    usageReport({ sessionId: "s2", at: isoAgo(0), model: "free-model", source: "otlp", messageId: "msg_000001" }),
    usageReport({ sessionId: "s1", at: isoAgo(40 * DAY_MS), model: '=1+"2"', outcome: "interrupted" }),
    usageReport({ sessionId: "outside", cliSessionId: "c9", at: EVE, confidence: "estimated", agent: "codex" }),
    usageReport({ sessionId: "s2", at: MIDNIGHT }),
  ])
    rig.ledger.report(report);
  rig.recorder.flush();
  const { sessionId: _ours, ...past } = usageReport({ cliSessionId: "past", at: EVE });
  const importer = new Importer({
    ...rig,
    archive: {
      async *read() {
        yield {
          reports: [past],
          totals: [],
          marks: [{ file: "/past.jsonl", mark: "1" }],
          progress: { agent: "claude", files: 1, filesDone: 1, bytes: 9, bytesDone: 9, skippedLines: 2 },
        };
      },
    },
    logger: silentLogger,
    newId: () => "import-1",
  });
  const core = { usage: rig.views, ledger: rig.ledger, importer, adapters: [] };
  const handlers = fakeHandlers({
    queries: usageQueries(core),
    commands: usageCommands(core),
    streams: usageStreams(core),
  });
  const local = await createLocalSocket({ dataDir, handlers, serve: SERVE, logger: keptLog() });
  if (!local.ok) throw new Error(local.error.message);
  server = local.value;
});
afterAll(async () => {
  await server.close();
  rig.close();
  expect(rig.errors).toEqual([]);
  rmSync(dirname(server.path), { recursive: true });
  rmSync(dataDir, { recursive: true });
});

/** The ledger's clock stands still unless it is moved, and answers in pages wait for it. */
async function run(...args: readonly string[]): Promise<Ran> {
  const moving = setInterval(() => void rig.clock.advance(1), 5);
  try {
    return await runCli(args, { env: { SIGNALBOX_DATA: dataDir, TZ: TIME_ZONE } });
  } finally {
    clearInterval(moving);
  }
}
const lines = async (...args: readonly string[]): Promise<string[]> => {
  const ran = await run(...args);
  expect([args, ran.exit, ran.stderr]).toEqual([args, 0, ""]);
  return ran.stdout.toString().trimEnd().split("\n");
};
/** The first column of the table without its head and its total. */
const keys = async (...args: readonly string[]): Promise<string[]> =>
  (await lines(...args)).slice(1, -1).map((line) => line.split(/ {2,}/)[0] ?? "");

describe("signalbox usage", () => {
  it("says who spent what, in words, with what is estimated, broken off or without a price", async () => {
    const [head, ...rows] = await lines("usage", "all");
    expect(head).toMatch(/^agent +requests +input +output +cache read +cache write +cost$/);
    // The most expensive first.
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ["shop/s1", "2", "20", "40", "600", "80", "<$0.01", "1 interrupted"],
      ["shop/s2", "2", "20", "40", "600", "80", "<$0.01 + 370 no price"],
      ["Outside Signalbox", "1", "10", "20", "300", "40", "<$0.01", "1 est."],
      ["total", "5", "50", "100", "1.5k", "200", "<$0.01 + 370 no price", "1 est., 1 interrupted"],
    ]);
  });

  it.each([
    ["agent", ["Outside Signalbox", "shop/s1", "shop/s2"]],
    ["tree", ["Outside Signalbox", "shop", "shop/s1", "shop/s2"]],
    ["fleet", ["Outside Signalbox", "shop"]],
    ["model", ['=1+"2"', "claude-test", "free-model"]],
    ["source", ["otlp", "transcript"]],
    ["cli", ["claude", "codex"]],
    ["task", ["No task"]],
    ["session", ["outside", "s1", "s2"]],
  ])("adds up by %s", async (by, groups) => {
    expect((await keys("usage", "all", "--by", by)).toSorted()).toEqual(groups);
  });

  it("takes a person's days: a date is its local midnight, the end is not in it", async () => {
    const eve = await keys("usage", "--from", "2025-11-01", "--to", "2025-11-02", "--by", "day");
    const dayOf25 = await keys("usage", "--from", "2025-11-02", "--to", "2025-11-03", "--by", "day");
    expect([eve, dayOf25]).toEqual([["2025-11-01"], ["2025-11-02"]]);
    expect(await keys("usage", "--to", "2025-11-02T00:00", "--by", "session")).toEqual(["outside"]);
  });

  it("narrows to a period and to whom it is about", async () => {
    const total = async (...args: readonly string[]): Promise<unknown> =>
      (jsonLines(await run("usage", ...args, "--json")) as { total: { entries: number } }[])[0]?.total.entries;
    expect([await total("all"), await total("month"), await total("all", "--id", "shop")]).toEqual([5, 2, 4]);
    expect([await total("all", "--id", "shop/s1"), await total("all", "--id", "shop/nobody")]).toEqual([2, 0]);
    expect(await lines("usage", "all", "--id", "nobody")).toEqual([
      "Nothing was spent in this period by nobody. An ID is a fleet, or FLEET/NAME: see signalbox usage all --by tree.",
    ]);
    expect(await lines("usage", "--to", "2020-01-01")).toEqual(["Nothing was spent in this period."]);
  });

  it("gives scripts what the core answered, unrounded", async () => {
    const [answer] = jsonLines(await run("usage", "all", "--by", "model", "--json"));
    expect(answer).toEqual(JSON.parse(JSON.stringify(rig.views.totals({ imported: "with", groupBy: "model" }))));
  });

  it("exports every entry as CSV and as JSON lines, formulas quoted", async () => {
    const csv = await run("usage", "all", "--csv");
    const rows = csv.stdout.toString().trimEnd().split("\r\n");
    expect([csv.exit, rows.length, rows[0]?.split(",").slice(0, 4)]).toEqual([0, 6, ["id", "at", "path", "agent"]]);
    expect(rows.find((row) => row.includes("1+"))).toContain(`"'=1+""2"""`);
    const json = jsonLines(await run("usage", "all", "--csv", "--json")) as { tokens: { input: number } }[];
    expect(json.reduce((sum, { tokens }) => sum + tokens.input, 0)).toBe(50);
    const none = await run("usage", "--csv", "--to", "2020-01-01");
    expect([none.exit, none.stdout.toString().split("\r\n").length]).toEqual([0, 2]);
  });

  it("prints Prometheus' counters", async () => {
    const text = (await run("usage", "--prometheus")).stdout.toString();
    expect(text).toContain("# TYPE signalbox_usage_requests_total counter\n");
    expect(text).toMatch(/^signalbox_usage_unpriced_tokens_total\{.*free-model.*\} 370$/m);
  });

  it("imports what there was before, and says how much of it is new", async () => {
    expect(await lines("usage", "--import")).toEqual([
      "1 of 1 files read: 1 requests are new, 0 were known. 2 lines could not be read.",
    ]);
  });

  it.each([
    [["usage", "yesterday"], 'Say today, week, month, all, or --from and --to; not "yesterday".'],
    [["usage", "--by", "colour"], "--by takes agent, tree, fleet, model, source, cli, task, session, day; not"],
    [["usage", "--from", "soon"], "--from and --to take a date like 2026-11-28, or a time like 2026-11-28T14:00."],
    [["usage", "--from", "2026-11-28", "--to", "2026-11-27"], "--to must be later than --from."],
    [["usage", "all", "more"], ""],
    [["usage", "--colour"], ""],
  ])("refuses %j with a sentence", async (args, sentence) => {
    const ran = await run(...args);
    expect([ran.exit, ran.stdout.length, ran.stderr.includes(sentence)]).toEqual([2, 0, true]);
    expect(ran.stderr).toMatch(/^signalbox: /);
  });
});

describe("signalbox price", () => {
  it("prices what had none, says whose price it is, and gives the list's back", async () => {
    expect((await lines("usage", "--prices")).join("\n")).toContain("signalbox price free-model --input");
    expect(await lines("price", "free-model", "--input", "1", "--output", "2", "--cache-read", "0.1")).toEqual([
      "free-model has your price from now on; entries without a price get it, too.",
    ]);
    await rig.clock.advance(100);
    expect(rig.views.totals({ imported: "with", groupBy: "none", model: "free-model" }).total.costNanos).toBe(120_000);
    const prices = (await lines("usage", "--prices")).join("\n");
    expect(prices).toMatch(/any\/free-model +\$1\.00 +\$2\.00 +\$0\.10 +as input +yours since \d{4}-\d\d-\d\d/);
    expect(await lines("price", "free-model", "--remove")).toEqual(["free-model has the list's price again."]);
    expect(await run("price", "free-model", "--remove")).toMatchObject({
      exit: 1,
      stderr: "signalbox: not_found: There is no price of your own for free-model.\n",
    });
  });

  it.each([
    [["price"], ""],
    [["price", "m"], "Say --input and --output, in US dollars per million tokens, or --remove."],
    [["price", "m", "--input", "3"], "Say --input and --output, in US dollars per million tokens, or --remove."],
    [["price", "m", "--input", "3", "--output", "$15"], "A price is a number of US dollars, like 3 or 0.30."],
    [["price", "m", "--input=-3", "--output", "15"], "A price is a number of US dollars, like 3 or 0.30."],
    [["price", "m", "--input", "3", "--output", "1e9"], "A price is a number of US dollars, like 3 or 0.30."],
  ])("refuses %j with a sentence, and sets nothing", async (args, sentence) => {
    const ran = await run(...args);
    expect([ran.exit, ran.stdout.length, ran.stderr.includes(sentence)]).toEqual([2, 0, true]);
    expect(rig.views.prices({ onlyUsed: false }).models).toEqual([]);
  });

  it("passes on what the core refuses", async () => {
    const ran = await run("price", "m", "--input", "2000000", "--output", "1");
    expect([ran.exit, ran.stderr.startsWith("signalbox: bad_request: ")]).toEqual([1, true]);
  });
});

/** A ledger over a real database in memory, with a clock that stands still. */
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { Ledger, LedgerViews } from "#core/ledger/index.ts";
import type { Database } from "#core/ports/database.ts";
import type { PriceList } from "#core/ports/priceList.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { ManualClock } from "./manualClock.ts";

export interface LedgerRig {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly ledger: Ledger;
  readonly views: LedgerViews;
  /** What was logged as an error; a test that expects none looks here. */
  readonly errors: string[];
  close(): void;
}

export interface RigOptions {
  readonly database?: Database;
  readonly clock?: ManualClock;
  readonly timeZone?: string;
}

/** A token costs a thousand nanos; models called `free…` have no price. */
const TEST_PRICES: PriceList = {
  version: "test 1",
  date: "2026-11-01",
  costOf: ({ model, tokens }) =>
    model.startsWith("free") ? undefined : 1000 * (tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite),
  find: () => undefined,
  models: () => [],
};

export const RIG_NOW = "2026-11-28T12:00:00.000Z";

/** Sessions called `s…` belong to `shop/<session>`; others to nobody. */
export async function openLedger(options: RigOptions = {}): Promise<LedgerRig> {
  const clock = options.clock ?? new ManualClock({ wallMs: Date.parse(RIG_NOW) });
  const errors: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message, details) => void errors.push(`${message} ${JSON.stringify(details)}`),
  };
  const opened = await openStore({ database: options.database ?? connectSqlite(":memory:"), clock, logger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const timeZone = options.timeZone ?? "Europe/Berlin";
  const lifeOf = (sessionId: string) =>
    sessionId.startsWith("s") ? { path: `shop/${sessionId}`, generation: 1 } : undefined;
  const ledger = new Ledger({ store, recorder, clock, logger, priceList: TEST_PRICES, timeZone, lifeOf });
  const ancestorsOf = (path: string) => [path, "shop"];
  const views = new LedgerViews({ ledger, store, recorder, clock, ancestorsOf });
  const close = (): void => {
    ledger.close();
    recorder.flush();
    journal.close();
    store.close();
  };
  return { clock, store, recorder, ledger, views, errors, close };
}

let counter = 0;

/** A complete main request of Claude's, as its transcript tells it; each call another one. */
export function usageReport(given: Partial<UsageReport> = {}): UsageReport {
  counter += 1;
  return {
    source: "transcript",
    confidence: "exact",
    at: "2026-11-28T11:00:00.000Z",
    agent: "claude",
    sessionId: "s1",
    cliSessionId: "c1",
    kind: "main",
    provider: "anthropic",
    model: "claude-test",
    sourceKey: `key-${counter}`,
    tokens: { input: 10, output: 20, cacheRead: 300, cacheWrite: 40, reasoning: 5 },
    outcome: "complete",
    ...given,
  };
}

/** The product's own store with as many events as a row wants, each of about 300 bytes. */
import { join } from "node:path";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import type { Store, StoreTx } from "#core/store/index.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const BATCH = 1000;
const AGENTS = 40;
const WORDS = [
  "review",
  "tests",
  "merge",
  "lint",
  "cache",
  "socket",
  "schema",
  "replay",
  "queue",
  "terminal",
  "budget",
];

export function historyFile(dataDir: string): string {
  return join(dataDir, "signalbox.sqlite");
}

export async function openHistory(dataDir: string): Promise<Store> {
  const opened = openDatabase({ file: historyFile(dataDir), newestSchema: SCHEMA_VERSION, logger: quiet });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = await openStore({ database: opened.value.database, clock: createSystemClock(), logger: quiet });
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

export function benchEvent(n: number): Parameters<StoreTx["append"]>[0] {
  const word = (step: number): string => WORDS[(n * step) % WORDS.length] ?? "";
  return {
    subject: `ws.bench.agent.a${n % AGENTS}.state`,
    type: n % 3 === 0 ? "agent.started" : "agent.state_changed",
    data: {
      sessionId: `6f0c5e0a-0000-4000-8000-${String(n).padStart(12, "0")}`,
      from: "busy",
      to: "waiting_answer",
      detail: `Step ${n} of the ${word(3)}: ${word(5)} ${word(7)} in electron/core/${word(2)}.ts, then ${word(1)} again`,
      generation: n % 9,
      cause: "the agent asked",
    },
  };
}

/** Appends `count` events in transactions of a thousand; answers the milliseconds of each thousand. */
export function fill(store: Store, count: number, from = store.events.lastSeq()): readonly number[] {
  const tookMs: number[] = [];
  for (let at = 0; at < count; at += BATCH) {
    const began = performance.now();
    const written = store.transact({
      actor: "bench",
      work: (tx) => {
        for (let i = 0; i < Math.min(BATCH, count - at); i += 1) tx.append(benchEvent(from + at + i));
      },
    });
    if (!written.ok) throw new Error(written.error.message);
    tookMs.push(performance.now() - began);
  }
  return tookMs;
}

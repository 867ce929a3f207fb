/** A hundred thousand memories: what an agent waits for when it asks for its context, searches, and stores. */
import { createHashedNgrams } from "#platform/hashedNgrams.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import { Memory } from "#core/memory/index.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { historyFile } from "./history.ts";
import { median, percentile } from "./numbers.ts";

/** RO-17, and the issue: a context is read in less, whatever is remembered besides. */
const CONTEXT_MS = 50;
const PAGE = 500;
const BY = { actor: "bench" };

export const memory: Row = {
  name: "memory",
  about: "a context read, a hybrid search and a store beside a hundred thousand memories",
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const size = bench.isQuick ? 10_000 : 100_000;
  const open = await openMemory(bench);
  bench.say(`storing ${size.toLocaleString("en-US")} memories with their vectors`);
  for (let at = 0; at < size; at += PAGE) {
    const page = Array.from({ length: Math.min(PAGE, size - at) }, (_, index) => memoryOf(at + index));
    const done = open.import(page, BY);
    if (!done.ok) throw new Error(done.error.message);
  }
  // Vectors follow in the background, a few at a time, between other work.
  while (open.stats().waitingForVector > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  fillContext(open);
  const rounds = bench.rounds * (bench.isQuick ? 20 : 40);
  const times = await measure(open, rounds);
  const finding = (what: string, ms: readonly number[], atMost?: number): Finding[] => [
    { what: `${what}, median`, unit: "ms", ours: [median(ms)] },
    {
      what: `${what}, p99`,
      unit: "ms",
      ours: [percentile(ms, 0.99)],
      ...(atMost === undefined ? {} : { goal: { atMost } }),
    },
  ];
  return [
    ...finding("context of 100 variables and 15 messages", times.context, CONTEXT_MS),
    ...finding("the 50 most important of an agent", times.most),
    ...finding("hybrid search, all scopes", times.search),
    ...finding("hybrid search, one agent's scope", times.scoped),
    ...finding("store one, committed", times.store),
  ];
}

async function openMemory(bench: Bench): Promise<Memory> {
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (text: string) => bench.say(text),
  };
  const database = connectSqlite(historyFile(bench.dir));
  const clock = createSystemClock();
  const opened = await openStore({ database, clock, logger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const newId = () => crypto.randomUUID();
  const embedder = createHashedNgrams();
  const made = new Memory({
    store,
    recorder,
    clock,
    logger,
    newId,
    embedder,
    loadVectors: () => database.loadVectors(),
  });
  made.open();
  bench.defer(() => {
    made.close();
    recorder.flush();
    journal.close();
    store.close();
  });
  return made;
}

const WORDS = (
  "deploy review schema cache socket token budget replay queue terminal agent supervisor restart invoice price chair " +
  "locale staging certificate migration index table column release branch commit rollback latency vector snapshot context"
).split(" ");

/** Thirty words make each text its own; one word in three occurs in most of them, as in life. */
function memoryOf(n: number) {
  const word = (step: number): string => WORDS[(n * step + step) % WORDS.length] ?? "";
  return {
    kind: (["fact", "preference", "context", "instruction"] as const)[n % 4] ?? "fact",
    scope: n % 10 === 0 ? "global" : `agent:bench/a${n % 40}`,
    text: `Note ${n}: the ${word(3)} of the ${word(7)} ${word(11)} before ${word(13)}, so ${word(17)} ${word(5)} goes by number ${n * 31}.`,
    tags: [word(2)],
    importance: 1 + (n % 5),
    confidence: 1,
    retention: "medium" as const,
  };
}

function fillContext(open: Memory): void {
  for (let index = 0; index < 100; index += 1)
    open.upsertContext(
      { id: "bench", set: [{ name: `v${index}`, value: { n: index, text: "x".repeat(500) } }], remove: [] },
      BY,
    );
  for (let index = 0; index < 15; index += 1)
    open.upsertContext({ id: "bench", set: [], remove: [], message: { role: "agent", text: "word ".repeat(100) } }, BY);
}

async function measure(open: Memory, rounds: number) {
  const times = { context: [], most: [], search: [], scoped: [], store: [] } as Record<
    "context" | "most" | "search" | "scoped" | "store",
    number[]
  >;
  const timed = async (into: number[], work: () => unknown): Promise<void> => {
    const began = performance.now();
    await work();
    into.push(performance.now() - began);
  };
  for (let round = 0; round < rounds; round += 1) {
    const { text } = memoryOf(round * 97);
    const question = { text: text.split(" ").slice(2, 8).join(" "), limit: 10, match: "hybrid" } as const;
    await timed(times.context, () => open.context("bench"));
    await timed(times.most, () => open.getMemories({ scopes: ["global", "agent:bench/a7"] }, { limit: 50 }));
    await timed(times.search, () => open.searchHistory(question));
    await timed(times.scoped, () => open.searchHistory({ ...question, scopes: ["agent:bench/a7"] }));
    await timed(times.store, () =>
      open.storeMemory(
        { kind: "fact", scope: "global", text: `New ${round} ${text}`, tags: [], importance: 1, confidence: 1 },
        BY,
      ),
    );
  }
  return times;
}

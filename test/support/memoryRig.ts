/** The memory slice over a real database in memory, or a file, with a clock that stands still and the local embedder. */
import { randomUUID } from "node:crypto";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { Memory } from "#core/memory/index.ts";
import type { NewMemory } from "#core/memory/index.ts";
import type { Database } from "#core/ports/database.ts";
import type { Embedder } from "#core/ports/embedder.ts";
import { createHashedNgrams } from "#platform/hashedNgrams.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { ManualClock } from "./manualClock.ts";
import { silentLogger } from "./silentLogger.ts";

export interface MemoryRig {
  readonly clock: ManualClock;
  readonly database: Database;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly memory: Memory;
  /** Stores a memory and gives its id. */
  readonly remember: (text: string, more?: Partial<NewMemory>) => Promise<string>;
  /** The texts found, best first. */
  readonly find: (text: string, more?: Partial<Parameters<Memory["searchHistory"]>[0]>) => Promise<string[]>;
  close(): void;
}

export interface MemoryRigOptions {
  readonly database?: Database;
  readonly clock?: ManualClock;
  readonly embedder?: Embedder;
  /** As on a machine that sqlite-vec has no binary for. */
  readonly isWithoutVectors?: boolean;
}

export const PERSON = { actor: "person" };
export const AGENT = { actor: "agent", name: "shop/vision" };

export async function openMemory(options: MemoryRigOptions = {}): Promise<MemoryRig> {
  const clock = options.clock ?? new ManualClock({ wallMs: Date.parse("2026-11-28T12:00:00.000Z") });
  const database = options.database ?? connectSqlite(":memory:");
  const logger = silentLogger;
  const opened = await openStore({ database, clock, logger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const memory = new Memory({
    store,
    recorder,
    clock,
    logger,
    embedder: options.embedder ?? createHashedNgrams(),
    newId: randomUUID,
    loadVectors: () =>
      options.isWithoutVectors === true ? fail("unsupported", "There is no sqlite-vec here.") : database.loadVectors(),
  });
  memory.open();
  return {
    clock,
    database,
    store,
    recorder,
    memory,
    remember: async (text, more = {}) => {
      const given = { kind: "fact", scope: "global", tags: [], importance: 1, confidence: 1, ...more, text } as const;
      return must(await memory.storeMemory(given, PERSON)).id;
    },
    find: async (text, more = {}) => {
      const found = must(await memory.searchHistory({ text, limit: 10, match: "hybrid", ...more }));
      return found.hits.map((hit) => hit.memory.text);
    },
    close: () => {
      memory.close();
      recorder.flush();
      journal.close();
      store.close();
    },
  };
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

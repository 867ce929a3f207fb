/** The engines that the bus's contract runs over. A row opens a bus, and opens the same one again after it was closed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createBus,
  createEventStream,
  createLocalBus,
  createMemoryStorage,
  createSqliteStorage,
} from "#core/bus/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { openStore, SCHEMA_VERSION } from "#core/store/index.ts";
import { openDatabase } from "#platform/openDatabase.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";

export interface OpenedBus {
  readonly bus: MessageBus;
  /** The same bus again, as after an orderly restart; undefined: this engine forgets. */
  readonly reopen: (() => Promise<MessageBus>) | undefined;
  close(): Promise<void>;
}

export interface BusEngine {
  readonly name: string;
  /** An empty bus of its own; undefined: not to be had on this machine, and why. */
  open(): Promise<OpenedBus | { readonly skipped: string }>;
}

export const memoryEngine: BusEngine = {
  name: "memory",
  open: async () => {
    const bus = createLocalBus({
      storage: createMemoryStorage(),
      clock: createSystemClock(),
      logger: silentLogger,
      newId: () => crypto.randomUUID(),
    });
    return { bus, reopen: undefined, close: () => bus.close() };
  },
};

export const sqliteEngine: BusEngine = {
  name: "sqlite",
  open: async () => {
    const dir = await mkdtemp(join(tmpdir(), "signalbox-bus-"));
    let current = await openSqliteBus(dir);
    return {
      bus: current.bus,
      reopen: async () => {
        await current.close();
        current = await openSqliteBus(dir);
        return current.bus;
      },
      close: async () => {
        await current.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
};

interface SqliteBus {
  readonly bus: MessageBus;
  close(): Promise<void>;
}

async function openSqliteBus(dir: string): Promise<SqliteBus> {
  const clock = createSystemClock();
  const opened = openDatabase({
    file: join(dir, "signalbox.sqlite"),
    newestSchema: SCHEMA_VERSION,
    logger: silentLogger,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = await openStore({ database: opened.value.database, clock, logger: silentLogger });
  if (!store.ok) throw new Error(store.error.message);
  const events = createBus({ source: store.value.events, logger: silentLogger });
  const bus = createLocalBus({
    storage: createSqliteStorage(store.value, silentLogger),
    clock,
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    readOnly: [createEventStream(store.value.events, events)],
  });
  return {
    bus,
    close: async () => {
      await bus.close();
      events.close();
      store.value.close();
    },
  };
}

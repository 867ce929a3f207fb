/** The engines that the bus's contract runs over. A row opens a bus, and opens the same one again after it was closed. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
import type { Store } from "#core/store/index.ts";
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
  /** Promises that this engine keeps in another way, by the name of their test: what stands in docs/nats.md. */
  readonly differences?: Readonly<Record<string, string>>;
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

export interface SqliteBus {
  readonly bus: MessageBus;
  readonly store: Store;
  close(): Promise<void>;
}

let migrated: Promise<Uint8Array> | undefined;

/** A file that every migration went through; made once, since each of them waits for the disk. */
async function migratedFile(): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), "signalbox-bus-"));
  const store = await openStoreIn(dir);
  store.close();
  const bytes = await readFile(fileIn(dir));
  await rm(dir, { recursive: true, force: true });
  return bytes;
}

/** The bus as the core makes it, over a database of its own. */
export async function openSqliteBus(dir: string): Promise<SqliteBus> {
  if (!existsSync(fileIn(dir))) await writeFile(fileIn(dir), await (migrated ??= migratedFile()));
  const store = await openStoreIn(dir);
  const events = createBus({ source: store.events, logger: silentLogger });
  store.onCommit((committed) => events.publish(committed));
  const bus = createLocalBus({
    storage: createSqliteStorage(store, silentLogger),
    clock: createSystemClock(),
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    readOnly: [createEventStream(store.events, events)],
  });
  return {
    bus,
    store,
    close: async () => {
      await bus.close();
      events.close();
      store.close();
    },
  };
}

async function openStoreIn(dir: string): Promise<Store> {
  const opened = openDatabase({ file: fileIn(dir), newestSchema: SCHEMA_VERSION, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = await openStore({
    database: opened.value.database,
    clock: createSystemClock(),
    logger: silentLogger,
  });
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

function fileIn(dir: string): string {
  return join(dir, "signalbox.sqlite");
}

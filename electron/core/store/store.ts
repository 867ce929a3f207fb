/**
 * The core's memory. One transaction per command: its events, its projections and its receipt commit together or not
 * at all; listeners hear of events only after they are durable. Opening never replays history.
 */
import { StoreError } from "#core/ports/database.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Database, Row, SqlValue, StoreErrorCode } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { createEventLog } from "./eventLog.ts";
import type { EventLog, EventQuery } from "./eventLog.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/all.ts";

/** The transaction a command works in; valid only while `work` runs. */
export interface StoreTx {
  /** Appends to the log; the sequence number is final once `transact` answers ok. The actor is the transaction's. */
  append(event: Omit<NewEvent, "actor"> & { readonly actor?: string }): StoredEvent;
  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastRowId: number };
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
}

export interface Transaction<T> {
  /** The same id a second time answers what the first answered (as JSON gives it back) and does nothing. */
  readonly commandId?: string;
  readonly actor: string;
  /** Synchronous; throwing rolls everything back and rethrows. */
  readonly work: (tx: StoreTx) => T;
  /** As `jot`: outlives this process at once, a power cut a moment later. */
  readonly isUnsynced?: boolean;
}

export interface StoreHealth {
  readonly status: "ok" | StoreErrorCode;
  /** One sentence when something is wrong. */
  readonly message?: string;
}

export interface Store {
  /** Error: store_unavailable, with nothing written; the same command may be sent again. */
  transact<T>(transaction: Transaction<T>): Result<T>;
  /**
   * One row of this moment that the next core must find if this process is killed now; only a power cut within half a
   * second may take it. It costs no sync, so it may stand in the way of a request. Error: store_unavailable.
   */
  jot(sql: string, params: readonly SqlValue[]): Result<void>;
  readonly events: {
    read(query: EventQuery): readonly StoredEvent[];
    /** 0 for an empty log. */
    lastSeq(): number;
  };
  /** Rows of projections. Throws StoreError when the disk fails. */
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  /** See `Database`; throws StoreError. */
  emptyLog(): void;
  /** Called with each commit's events, in commit order, after they are durable. */
  onCommit(listener: (events: readonly StoredEvent[]) => void): () => void;
  /** As the last write found it. */
  health(): StoreHealth;
  onHealth(listener: (health: StoreHealth) => void): () => void;
  close(): void;
}

export interface StoreDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tests only; the product's own by default. */
  readonly migrations?: readonly Migration[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Looking costs one directory listing; a first day's history should not wait long for its first copy. */
const BACKUP_CHECK_MS = 5 * 60 * 1000;
/** A client repeats a command within minutes of a lost answer; a week is generous. */
const RECEIPTS_KEPT_MS = 7 * DAY_MS;

/** Errors: schema_too_new, store_unavailable. The store owns `database` from here on and closes it. */
export async function openStore(deps: StoreDeps): Promise<Result<Store>> {
  const { database, clock, logger, migrations = MIGRATIONS } = deps;
  try {
    const migrated = await migrate(database, migrations, logger);
    if (!migrated.ok) return migrated;
    database.run("DELETE FROM receipts WHERE at < ?", [toIsoTime(clock.wallNow() - RECEIPTS_KEPT_MS)]);
    return ok(new SqlStore(deps));
  } catch (error) {
    if (error instanceof StoreError) return fail("store_unavailable", sentenceFor(error, database.file));
    throw error;
  }
}

class SqlStore implements Store {
  readonly events: Store["events"];
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: EventLog;
  readonly #commitListeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #healthListeners = new Set<(health: StoreHealth) => void>();
  readonly #committed: (readonly StoredEvent[])[] = [];
  readonly #cancelBackup: () => void;
  #health: StoreHealth = { status: "ok" };
  #isInTransaction = false;
  #isPublishing = false;

  constructor({ database, clock, logger }: StoreDeps) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
    this.#log = createEventLog(database, clock);
    const indexed = this.#log.indexAll();
    if (indexed > 0) logger.info("Events that an earlier start left without an index were indexed.", { indexed });
    this.events = { read: (query) => this.#log.read(query), lastSeq: () => this.#log.lastSeq() };
    this.#cancelBackup = backUpDaily({ database, clock, logger, hasEvents: () => this.#log.lastSeq() > 0 });
  }

  transact<T>(transaction: Transaction<T>): Result<T> {
    if (this.#isInTransaction) throw new Error("store.transact inside store.transact: one command is one transaction");
    const appended: StoredEvent[] = [];
    this.#isInTransaction = true;
    try {
      const work = (): T => this.#perform(transaction, appended);
      const value =
        transaction.isUnsynced === true ? this.#database.transactionUnsynced(work) : this.#database.transaction(work);
      this.#isInTransaction = false;
      this.#setHealth({ status: "ok" });
      if (appended.length > 0) this.#log.committed();
      this.#publish(appended);
      return ok(value);
    } catch (error) {
      this.#isInTransaction = false;
      this.#log.rolledBack();
      if (!(error instanceof StoreError)) throw error;
      const message = sentenceFor(error, this.#database.file);
      this.#setHealth({ status: error.code, message });
      return fail("store_unavailable", message, { reason: error.code });
    }
  }

  jot(sql: string, params: readonly SqlValue[]): Result<void> {
    if (this.#isInTransaction) throw new Error("store.jot inside store.transact");
    try {
      this.#database.runUnsynced(sql, params);
      return ok(undefined);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const message = sentenceFor(error, this.#database.file);
      this.#setHealth({ status: error.code, message });
      return fail("store_unavailable", message, { reason: error.code });
    }
  }

  all(sql: string, params: readonly SqlValue[] = []): readonly Row[] {
    return this.#database.all(sql, params);
  }

  get(sql: string, params: readonly SqlValue[] = []): Row | undefined {
    return this.#database.get(sql, params);
  }

  emptyLog(): void {
    this.#database.emptyLog();
  }

  onCommit(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  health(): StoreHealth {
    return this.#health;
  }

  onHealth(listener: (health: StoreHealth) => void): () => void {
    this.#healthListeners.add(listener);
    return () => this.#healthListeners.delete(listener);
  }

  close(): void {
    this.#cancelBackup();
    this.#log.close();
    this.#commitListeners.clear();
    this.#healthListeners.clear();
    this.#database.close();
  }

  #perform<T>({ commandId, actor, work }: Transaction<T>, appended: StoredEvent[]): T {
    const database = this.#database;
    if (commandId !== undefined) {
      const receipt = database.get("SELECT result FROM receipts WHERE command_id = ?", [commandId]);
      if (receipt !== undefined) return revive(String(receipt["result"]));
    }
    const value = work({
      append: (event) => {
        const stored = this.#log.append({ ...event, actor: event.actor ?? actor });
        appended.push(stored);
        return stored;
      },
      run: (sql, params) => database.run(sql, params),
      get: (sql, params) => database.get(sql, params),
      all: (sql, params) => database.all(sql, params),
    });
    if (commandId !== undefined) {
      const params = [commandId, JSON.stringify({ value }), toIsoTime(this.#clock.wallNow())];
      database.run("INSERT INTO receipts (command_id, result, at) VALUES (?, ?, ?)", params);
    }
    return value;
  }

  /** A listener may itself commit; its events wait their turn, so everyone hears commits in order. */
  #publish(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    this.#committed.push(events);
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    for (let batch = this.#committed.shift(); batch !== undefined; batch = this.#committed.shift()) {
      for (const listener of this.#commitListeners) this.#tell(() => listener(batch), "commit");
    }
    this.#isPublishing = false;
  }

  #setHealth(health: StoreHealth): void {
    if (health.status === this.#health.status) return;
    this.#health = health;
    if (health.status === "ok") this.#logger.info("The store can be written again.");
    else this.#logger.error("The store cannot be written.", { ...health });
    for (const listener of this.#healthListeners) this.#tell(() => listener(health), "health");
  }

  #tell(call: () => void, what: string): void {
    try {
      call();
    } catch (error) {
      this.#logger.error(`A listener of the store failed on a ${what}.`, { error: String(error) });
    }
  }
}

/** JSON.parse gives back what the first call returned, as far as JSON carries it. */
function revive<T>(receipt: string): T {
  const parsed: { value: T } = JSON.parse(receipt);
  return parsed.value;
}

function sentenceFor(error: StoreError, file: string): string {
  switch (error.code) {
    case "disk_full":
      return `The disk that holds ${file} is full, so nothing was recorded. Free some space; recording goes on by itself.`;
    case "read_only":
      return `${file} cannot be written, so nothing was recorded. Restore write access to it and its folder; recording goes on by itself.`;
    case "locked":
      return `Another program holds ${file} locked, so nothing was recorded. Close it and try again.`;
    case "corrupt":
      return `${file} is damaged, so nothing was recorded. Restart Signalbox: it sets the file aside and restores the newest backup.`;
    case "io":
      return `The disk failed while writing ${file}, so nothing was recorded (${error.message}). Check the disk and try again.`;
  }
}

interface DailyBackup {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hasEvents: () => boolean;
}

/** Copies now if the newest copy is a day old, and again every day the store stays open. */
function backUpDaily({ database, clock, logger, hasEvents }: DailyBackup): () => void {
  let isClosed = false;
  let cancel = (): void => undefined;
  const round = async (): Promise<void> => {
    try {
      if (hasEvents() && (await database.keepBackup("daily", DAY_MS))) logger.info("The daily backup was taken.");
    } catch (error) {
      // Closing the store in the middle of a copy ends it; the partial copy is removed and the next start tries again.
      if (!isClosed) logger.warn("The daily backup failed; it is tried again later.", { error: String(error) });
    }
    if (!isClosed) cancel = clock.after(BACKUP_CHECK_MS, () => void round());
  };
  cancel = clock.after(0, () => void round());
  return () => {
    isClosed = true;
    cancel();
  };
}

/** The one SQLite connection that writes. Synchronous by design: a command's events, projections and receipt commit together. */
import type { Result } from "#shared/model/result.ts";
export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

/**
 * Why the database refused, as far as a person can act on it. `locked`: another process holds it. `io`: the disk
 * failed a read or a write.
 */
export type StoreErrorCode = "disk_full" | "read_only" | "io" | "corrupt" | "locked";

/** The outside world failed a statement; a mistake in the statement itself throws something else. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Every method throws StoreError when the outside world fails. */
export interface Database {
  readonly file: string;
  exec(sql: string): void;
  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastRowId: number };
  /** Without waiting for the disk: it outlives this process at once, a power cut half a second later. */
  runUnsynced(sql: string, params: readonly SqlValue[]): void;
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
  iterate(sql: string, params?: readonly SqlValue[]): IterableIterator<Row>;
  /** BEGIN IMMEDIATE … COMMIT; rolls back when `work` throws and rethrows. */
  transaction<T>(work: () => T): T;
  /** The same without waiting for the disk, as `runUnsynced`. */
  transactionUnsynced<T>(work: () => T): T;
  /** Empties the write-ahead log into the database, so that what was deleted is not found there either. */
  emptyLog(): void;
  /** Online copy to `file`; safe beside writers. */
  backup(file: string): Promise<void>;
  /**
   * An online copy named after `label` in the database's own backup folder, of which the newest seven stay. With
   * `unlessYoungerMs`, nothing happens while a younger copy exists. False: nothing was copied (also in memory).
   */
  keepBackup(label: string, unlessYoungerMs?: number): Promise<boolean>;
  /** Makes `vec_distance_…` and its kin known to this connection. Error: unsupported, a sentence; everything else goes on. */
  loadVectors(): Result<{ readonly version: string }>;
  /** Marks the shutdown as clean; idempotent. */
  close(): void;
}

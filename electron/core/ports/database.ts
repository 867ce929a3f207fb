/** The one SQLite connection that writes. Synchronous by design: a command's events, projections and receipt commit together. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Database {
  readonly file: string;
  exec(sql: string): void;
  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastRowId: number };
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
  iterate(sql: string, params?: readonly SqlValue[]): IterableIterator<Row>;
  /** BEGIN IMMEDIATE … COMMIT; rolls back when `work` throws and rethrows. */
  transaction<T>(work: () => T): T;
  /** Online copy to `file`; safe beside writers. */
  backup(file: string): Promise<void>;
  close(): void;
}

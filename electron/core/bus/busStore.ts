/** What the bus needs of the core's store. */
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Result } from "#shared/model/result.ts";

/** What the storage needs of the core's store; its transactions are durable when they answer. */
export interface BusStore {
  transact<T>(transaction: { readonly actor: string; readonly work: (tx: BusTx) => T }): Result<T>;
  jot(sql: string, params: readonly SqlValue[]): Result<void>;
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
}

export interface BusTx {
  run(sql: string, params?: readonly SqlValue[]): { lastRowId: number };
}

/** The store's door. */
import { newestVersion } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/all.ts";

export { openStore, type Store, type StoreDeps, type StoreHealth, type StoreTx, type Transaction } from "./store.ts";
export type { EventQuery } from "./eventLog.ts";
export { createJournal, type Fact, type Journal, type JournalDeps } from "./journal.ts";
export { createReceipts, type Receipts } from "./receipts.ts";
export { createRecorder, type Recorder } from "./recorder.ts";
export type { Migration } from "./migrate.ts";

/** The newest schema this program knows; what openDatabase compares a file against. */
export const SCHEMA_VERSION = newestVersion(MIGRATIONS);

/** The store's door. */
import { newestVersion } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/all.ts";

export { openStore, type Store, type StoreTx } from "./store.ts";
export { createJournal, type Journal } from "./journal.ts";
export { createReceipts } from "./receipts.ts";
export { createRecorder, type Recorder } from "./recorder.ts";
export type { Migration } from "./migrate.ts";

/** The newest schema this program knows; what openDatabase compares a file against. */
export const SCHEMA_VERSION = newestVersion(MIGRATIONS);

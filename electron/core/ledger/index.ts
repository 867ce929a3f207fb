/** The ledger's door. */
export { LedgerViews } from "./views.ts";
export { Ledger, type EntryProjection } from "./ledger.ts";

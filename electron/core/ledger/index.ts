/** The ledger's door. */
export { LedgerViews } from "./views.ts";
export { Importer } from "./importer.ts";
export { Ledger, type EntryProjection } from "./ledger.ts";

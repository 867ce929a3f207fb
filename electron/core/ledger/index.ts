/** The ledger's door. */
export { LedgerViews } from "./views.ts";
export { Importer } from "./importer.ts";
export { Ledger } from "./ledger.ts";

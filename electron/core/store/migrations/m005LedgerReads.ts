/** What a million entries need to be asked quickly: sums of all time, and the requests and reports of one session. */
import type { Migration } from "../migrate.ts";

const SUMS = [
  "entries",
  "input",
  "output",
  "cache_read",
  "cache_write",
  "reasoning",
  "cost_nanos",
  "unpriced_entries",
  "unpriced_tokens",
  "estimated_entries",
  "estimated_cost_nanos",
  "rounded_entries",
  "interrupted_entries",
] as const;

export const ledgerReads: Migration = {
  version: 5,
  name: "ledger reads",
  sql: `
    -- Counters and prices ask for all time at once, a scraper every few seconds: from the days it took longer each day.
    CREATE TABLE usage_dim_sums (dim INTEGER PRIMARY KEY, ${SUMS.map((column) => `${column} INTEGER NOT NULL`).join(", ")}) STRICT;
    INSERT INTO usage_dim_sums (dim, ${SUMS.join(", ")})
      SELECT dim, ${SUMS.map((column) => `sum(${column})`).join(", ")} FROM usage_quarters GROUP BY dim;
    -- Drift looks at every request of a session, those without counts, too; with the source no report is read for one that has no other.
    DROP INDEX usage_requests_twins;
    CREATE INDEX usage_requests_scope ON usage_requests (scope, twin_key, at, twin_of);
    DROP INDEX usage_reports_request;
    CREATE INDEX usage_reports_request ON usage_reports (request, source);
    -- A new price list looks for the few entries without a price among all.
    CREATE INDEX usage_entries_unpriced ON usage_entries (id) WHERE cost_nanos IS NULL;
  `,
};

/** Requests under way through the metering gateway, so that one cut off with its core is still known; a consent for one reset. */
import type { Migration } from "../migrate.ts";

export const gatewayRequests: Migration = {
  version: 6,
  name: "gateway requests",
  sql: `
    CREATE TABLE gateway_requests (
      id TEXT PRIMARY KEY,
      at_ms REAL NOT NULL,
      -- Whose it is, which model, how large: JSON of a GatewayCall.
      call TEXT NOT NULL,
      -- What the provider has said of its usage so far: JSON of a UsageReport.
      report TEXT
    ) STRICT, WITHOUT ROWID;
    -- What a budget holds for a request follows from the request: it is kept in memory, the request here.
    INSERT INTO gateway_requests (id, at_ms, call)
      SELECT id, at_ms, json_object('id', id, 'sessionId', session_id, 'agent', 'unknown', 'provider', 'unknown',
        'api', 'other', 'estimate', json_object('inputTokens', tokens))
      FROM budget_reservations WHERE session_id IS NOT NULL;
    DROP TABLE budget_reservations;
    -- 1: for the next reset only.
    ALTER TABLE resume_at_reset ADD COLUMN once INTEGER NOT NULL DEFAULT 0;
  `,
};

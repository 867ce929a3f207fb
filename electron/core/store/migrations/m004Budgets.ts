/** Budgets: rules and standing of each, what is set aside for requests under way, and who may resume by itself. */
import type { Migration } from "../migrate.ts";

export const budgets: Migration = {
  version: 4,
  name: "budgets",
  sql: `
    CREATE TABLE budgets (
      id TEXT PRIMARY KEY,
      scope TEXT NOT NULL,
      set_by TEXT NOT NULL,
      rules TEXT NOT NULL,
      state TEXT NOT NULL
    ) STRICT;
    CREATE TABLE budget_reservations (
      id TEXT PRIMARY KEY,
      path TEXT NOT NULL,
      session_id TEXT,
      nanos INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      at_ms REAL NOT NULL,
      entry_id INTEGER NOT NULL
    ) STRICT;
    -- A person's word on one agent; without a row the fleet file decides.
    CREATE TABLE resume_at_reset (path TEXT PRIMARY KEY, allowed INTEGER NOT NULL) STRICT;
  `,
};

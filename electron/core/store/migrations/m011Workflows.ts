/** Workflows: runs, the state machine of every entry in them, and completions that are not yet on the bus. */
import type { Migration } from "../migrate.ts";

export const workflows: Migration = {
  version: 11,
  name: "workflows",
  sql: `
    CREATE TABLE workflow_runs (
      id TEXT PRIMARY KEY,
      fleet TEXT NOT NULL,
      state TEXT NOT NULL,
      started_at TEXT NOT NULL,
      head TEXT NOT NULL,
      spec TEXT NOT NULL
    ) STRICT;
    CREATE INDEX workflow_runs_by_start ON workflow_runs (started_at);
    CREATE TABLE workflow_entries (
      run TEXT NOT NULL,
      step TEXT NOT NULL,
      state TEXT NOT NULL,
      target TEXT NOT NULL,
      locked_by TEXT,
      since TEXT NOT NULL,
      entry TEXT NOT NULL,
      PRIMARY KEY (run, step)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX workflow_entries_by_target ON workflow_entries (target, state);
    CREATE TABLE workflow_outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      subject TEXT NOT NULL,
      msg_id TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
  `,
};

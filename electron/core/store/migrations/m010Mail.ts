/** Messages to agents, one row per message and receiver: the mailboxes, and the conversations a person looks back at. */
import type { Migration } from "../migrate.ts";

export const mail: Migration = {
  version: 10,
  name: "mail",
  sql: `
    CREATE TABLE mail (
      id TEXT NOT NULL,
      to_path TEXT NOT NULL,
      seq INTEGER NOT NULL,
      fleet TEXT NOT NULL,
      from_path TEXT NOT NULL,
      priority INTEGER NOT NULL,
      state TEXT NOT NULL,
      expires_at_ms REAL NOT NULL,
      posted_at TEXT NOT NULL,
      -- All of it: JSON of a Mail.
      mail TEXT NOT NULL,
      PRIMARY KEY (id, to_path)
    ) STRICT, WITHOUT ROWID;
    -- The next one for a receiver, and the first to expire.
    CREATE INDEX mail_waiting ON mail (to_path, priority, seq) WHERE state IN ('waiting', 'delivering');
    CREATE INDEX mail_posted ON mail (posted_at);
  `,
};

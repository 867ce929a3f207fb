/** The index by kind becomes a table of its own, so that it can follow the log (eventIndexes.ts) instead of being written with it. */
import type { Migration } from "../migrate.ts";

export const eventIndex: Migration = {
  version: 3,
  name: "event index",
  sql: `
    CREATE TABLE event_index (
      kind_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (kind_id, seq)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO event_index (kind_id, seq) SELECT kind_id, seq FROM event_log ORDER BY kind_id, seq;
    DROP INDEX event_log_kind;
  `,
};

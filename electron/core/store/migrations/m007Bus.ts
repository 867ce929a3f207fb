/** The bus: streams, their messages in blocks, the newest message of each subject, and how far consumers are. */
import type { Migration } from "../migrate.ts";

export const bus: Migration = {
  version: 7,
  name: "bus",
  sql: `
    CREATE TABLE bus_streams (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      -- JSON of StreamSettings.
      settings TEXT NOT NULL,
      first_seq INTEGER NOT NULL DEFAULT 1,
      last_seq INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      -- bus_subjects is right up to here; what follows is read from the blocks.
      subjects_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    -- id is stream << 44 | first sequence number, so a stream's blocks lie one after the other and in order.
    CREATE TABLE bus_blocks (
      id INTEGER PRIMARY KEY,
      last_seq INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE bus_subjects (
      stream_id INTEGER NOT NULL,
      subject TEXT NOT NULL,
      last_seq INTEGER NOT NULL,
      PRIMARY KEY (stream_id, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE bus_consumers (
      stream_id INTEGER NOT NULL,
      name TEXT NOT NULL,
      -- JSON of ConsumerSettings, and what ConsumerProgress saves.
      settings TEXT NOT NULL,
      progress TEXT NOT NULL,
      PRIMARY KEY (stream_id, name)
    ) STRICT, WITHOUT ROWID;
  `,
};

/** The first schema: the event log with its index, receipts, and the projections of the first issue. */
import type { Migration } from "../migrate.ts";

export const initial: Migration = {
  version: 1,
  name: "initial",
  sql: `
    -- Subject and type repeat endlessly, so they are interned: one narrow index serves filters by either, and cost per
    -- event does not depend on the size of the log.
    CREATE TABLE event_kinds (
      id INTEGER PRIMARY KEY,
      subject TEXT NOT NULL,
      type TEXT NOT NULL,
      UNIQUE (subject, type)
    ) STRICT;
    CREATE TABLE event_log (
      seq INTEGER PRIMARY KEY,
      time TEXT NOT NULL,
      kind_id INTEGER NOT NULL REFERENCES event_kinds (id),
      actor TEXT NOT NULL,
      data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_log_kind ON event_log (kind_id, seq);
    CREATE VIEW events AS
      SELECT l.seq, l.time, k.subject, k.type, l.actor, l.data FROM event_log l JOIN event_kinds k ON k.id = l.kind_id;
    CREATE TRIGGER event_log_is_append_only_update BEFORE UPDATE ON event_log
      BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
    CREATE TRIGGER event_log_is_append_only_delete BEFORE DELETE ON event_log
      BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
    -- Contentless: the text is derived from the event and found again by rowid = seq.
    CREATE VIRTUAL TABLE events_text USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');

    CREATE TABLE receipts (command_id TEXT PRIMARY KEY, result TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX receipts_at ON receipts (at);

    CREATE TABLE fleets (
      name TEXT PRIMARY KEY,
      file TEXT NOT NULL,
      text TEXT NOT NULL DEFAULT '',
      last_good_text TEXT,
      status TEXT NOT NULL,
      autostart INTEGER NOT NULL DEFAULT 0,
      stopped_children TEXT NOT NULL DEFAULT '[]'
    ) STRICT;
    CREATE TABLE children (
      path TEXT PRIMARY KEY,
      fleet TEXT NOT NULL,
      id TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE INDEX children_fleet ON children (fleet);
    CREATE INDEX children_id ON children (id);
    CREATE TABLE lives (
      session_id TEXT PRIMARY KEY,
      path TEXT NOT NULL,
      generation INTEGER NOT NULL,
      mode TEXT NOT NULL,
      agent TEXT NOT NULL,
      pid INTEGER,
      cli_session_id TEXT,
      started_at TEXT NOT NULL,
      ended_at TEXT,
      exit_cause TEXT,
      exit_code INTEGER,
      signal TEXT,
      exit_detail TEXT,
      output_bytes INTEGER NOT NULL DEFAULT 0,
      spec TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE INDEX lives_path ON lives (path, generation);
    CREATE INDEX lives_started ON lives (started_at);
    CREATE INDEX lives_open ON lives (path) WHERE ended_at IS NULL;
    CREATE TABLE restarts (supervisor_path TEXT NOT NULL, at_s REAL NOT NULL) STRICT;
    CREATE INDEX restarts_path ON restarts (supervisor_path, at_s);
    CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE inbox (
      id TEXT PRIMARY KEY,
      path TEXT NOT NULL,
      status TEXT NOT NULL,
      item TEXT NOT NULL,
      since TEXT NOT NULL
    ) STRICT;
    CREATE INDEX inbox_status ON inbox (status, since);
  `,
};

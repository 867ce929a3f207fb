/** The ledger: what sources said of model requests, one immutable entry for each, and sums that follow from the entries. */
import type { Migration } from "../migrate.ts";

/** Every sum table carries the same columns; `electron/core/ledger/sums.ts` names them. */
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
]
  .map((column) => `${column} INTEGER NOT NULL`)
  .join(", ");

export const usage: Migration = {
  version: 2,
  name: "usage",
  sql: `
    -- What entries have in common, interned: few rows, so that sums are small. '' stands for none, since NULLs are never equal.
    CREATE TABLE usage_dims (
      id INTEGER PRIMARY KEY,
      path TEXT NOT NULL,
      task TEXT NOT NULL,
      agent TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      kind TEXT NOT NULL,
      confidence TEXT NOT NULL,
      outcome TEXT NOT NULL,
      imported INTEGER NOT NULL,
      UNIQUE (path, task, agent, provider, model, source, kind, confidence, outcome, imported)
    ) STRICT;

    -- One row per model request as ids prove it. twin_of: the request of another source that is the same one by its
    -- numbers; only the first of twins has an entry.
    CREATE TABLE usage_requests (
      id INTEGER PRIMARY KEY,
      scope TEXT NOT NULL,
      twin_key TEXT,
      at INTEGER NOT NULL,
      twin_of INTEGER,
      entry INTEGER,
      remainder_key TEXT,
      is_unknown INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX usage_requests_twins ON usage_requests (scope, twin_key, at) WHERE twin_key IS NOT NULL;
    CREATE UNIQUE INDEX usage_requests_remainder ON usage_requests (remainder_key) WHERE remainder_key IS NOT NULL;
    CREATE INDEX usage_requests_unknown ON usage_requests (at) WHERE is_unknown = 1;

    CREATE TABLE usage_reports (
      id INTEGER PRIMARY KEY,
      request INTEGER NOT NULL,
      source TEXT NOT NULL,
      source_key TEXT NOT NULL,
      at INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      confidence TEXT NOT NULL,
      outcome TEXT NOT NULL,
      agent TEXT NOT NULL,
      kind TEXT NOT NULL,
      subagent TEXT,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      session_id TEXT,
      cli_session_id TEXT,
      request_id TEXT,
      message_id TEXT,
      input INTEGER,
      output INTEGER,
      cache_read INTEGER,
      cache_write INTEGER,
      reasoning INTEGER,
      reported_cost_nanos INTEGER,
      duration_ms INTEGER,
      imported INTEGER NOT NULL,
      marks TEXT NOT NULL,
      UNIQUE (source, source_key)
    ) STRICT;
    CREATE INDEX usage_reports_request ON usage_reports (request);
    CREATE INDEX usage_reports_request_id ON usage_reports (request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX usage_reports_message_id ON usage_reports (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX usage_reports_session ON usage_reports (session_id) WHERE session_id IS NOT NULL;
    CREATE INDEX usage_reports_cli_session ON usage_reports (cli_session_id) WHERE cli_session_id IS NOT NULL;
    CREATE INDEX usage_reports_at ON usage_reports (at);

    CREATE TABLE usage_entries (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      request INTEGER NOT NULL,
      supersedes INTEGER,
      dim INTEGER NOT NULL REFERENCES usage_dims (id),
      at INTEGER NOT NULL,
      recorded_at INTEGER NOT NULL,
      session_id TEXT,
      generation INTEGER,
      cli_session_id TEXT,
      subagent TEXT,
      input INTEGER NOT NULL,
      output INTEGER NOT NULL,
      cache_read INTEGER NOT NULL,
      cache_write INTEGER NOT NULL,
      reasoning INTEGER NOT NULL,
      cost_nanos INTEGER,
      price_version TEXT,
      reported_cost_nanos INTEGER,
      request_id TEXT,
      message_id TEXT,
      is_remainder INTEGER NOT NULL,
      marks TEXT NOT NULL
    ) STRICT;
    CREATE INDEX usage_entries_at ON usage_entries (at, id);
    CREATE INDEX usage_entries_dim ON usage_entries (dim, at);
    CREATE INDEX usage_entries_request ON usage_entries (request);
    CREATE INDEX usage_entries_session ON usage_entries (session_id, at) WHERE session_id IS NOT NULL;
    CREATE INDEX usage_entries_cli_session ON usage_entries (cli_session_id, at) WHERE cli_session_id IS NOT NULL;
    CREATE TRIGGER usage_entries_are_never_changed BEFORE UPDATE ON usage_entries
      BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;
    CREATE TRIGGER usage_entries_are_never_deleted BEFORE DELETE ON usage_entries
      BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;
    -- An entry that no longer counts, and the one that counts in its place (NULL: none).
    CREATE TABLE usage_superseded (entry INTEGER PRIMARY KEY, by_entry INTEGER, at INTEGER NOT NULL) STRICT;
    CREATE INDEX usage_superseded_by ON usage_superseded (by_entry);
    CREATE TRIGGER usage_superseded_is_append_only_update BEFORE UPDATE ON usage_superseded
      BEGIN SELECT RAISE(ABORT, 'the history of the ledger is never changed'); END;
    CREATE TRIGGER usage_superseded_is_append_only_delete BEFORE DELETE ON usage_superseded
      BEGIN SELECT RAISE(ABORT, 'the history of the ledger is never deleted'); END;

    -- Sums of the entries that count. Quarters of an hour are the finest step local days are made of, in any time zone.
    CREATE TABLE usage_quarters (quarter INTEGER NOT NULL, dim INTEGER NOT NULL, ${SUMS}, PRIMARY KEY (quarter, dim)) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_days (day INTEGER NOT NULL, dim INTEGER NOT NULL, ${SUMS}, PRIMARY KEY (day, dim)) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_session_days (day INTEGER NOT NULL, session TEXT NOT NULL, dim INTEGER NOT NULL, ${SUMS}, PRIMARY KEY (day, session, dim)) STRICT, WITHOUT ROWID;
    CREATE INDEX usage_session_days_session ON usage_session_days (session, day);

    CREATE TABLE usage_totals (
      scope TEXT NOT NULL,
      model TEXT NOT NULL,
      source TEXT NOT NULL,
      agent TEXT NOT NULL,
      provider TEXT NOT NULL,
      session_id TEXT,
      cli_session_id TEXT,
      at INTEGER NOT NULL,
      input INTEGER NOT NULL,
      output INTEGER NOT NULL,
      cache_read INTEGER NOT NULL,
      cache_write INTEGER NOT NULL,
      reasoning INTEGER NOT NULL,
      reported_cost_nanos INTEGER,
      imported INTEGER NOT NULL,
      PRIMARY KEY (scope, model, source)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_totals_seen (source_key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE usage_gaps (
      source TEXT NOT NULL,
      source_key TEXT NOT NULL,
      at INTEGER NOT NULL,
      agent TEXT NOT NULL,
      session_id TEXT,
      cli_session_id TEXT,
      model TEXT,
      why TEXT NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (source, source_key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX usage_gaps_at ON usage_gaps (at);

    -- Append-only in practice: a price that is removed ends, entries keep naming it.
    CREATE TABLE usage_price_overrides (
      id INTEGER PRIMARY KEY,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      input_nanos REAL NOT NULL,
      output_nanos REAL NOT NULL,
      cache_read_nanos REAL,
      cache_write_nanos REAL,
      since INTEGER NOT NULL,
      until INTEGER
    ) STRICT;
    CREATE TABLE usage_import_marks (file TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- What the sums were made with: the time zone of the days, the price list unpriced entries were last tried with.
    CREATE TABLE usage_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
};

/** Memories, contexts and snapshots. Vectors are plain rows: they need no extension to be read, backed up or salvaged. */
import type { Migration } from "../migrate.ts";

export const memory: Migration = {
  version: 12,
  name: "memory",
  sql: `
    CREATE TABLE memories (
      -- Never used again, so that what belongs to a row cannot come to belong to another one.
      rowid INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      scope TEXT NOT NULL,
      text TEXT NOT NULL,
      -- Of kind, scope and text: the same thing said again is the same memory.
      digest TEXT NOT NULL,
      tags TEXT NOT NULL,
      importance REAL NOT NULL,
      confidence REAL NOT NULL,
      author TEXT NOT NULL,
      source TEXT,
      context_id TEXT,
      retention TEXT NOT NULL,
      version INTEGER NOT NULL,
      created_at_ms REAL NOT NULL,
      updated_at_ms REAL NOT NULL,
      access_count INTEGER NOT NULL DEFAULT 0,
      accessed_at_ms REAL,
      -- Set by its author; without it the retention counts from the last use.
      expires_at_ms REAL,
      ends_at_ms REAL,
      -- Found ended by a sweep; deleted a week later, so that a clock that jumped takes nothing along.
      ended_at_ms REAL,
      forgotten_at_ms REAL
    ) STRICT;
    CREATE INDEX memories_scope ON memories (scope, updated_at_ms);
    CREATE INDEX memories_digest ON memories (digest);
    CREATE INDEX memories_updated ON memories (updated_at_ms);
    CREATE INDEX memories_context ON memories (context_id) WHERE context_id IS NOT NULL;
    CREATE INDEX memories_ends ON memories (ends_at_ms) WHERE ends_at_ms IS NOT NULL;
    CREATE INDEX memories_forgotten ON memories (forgotten_at_ms) WHERE forgotten_at_ms IS NOT NULL;
    -- Contentless, and not contentless_delete: that one keeps the words of what was deleted until segments merge.
    CREATE VIRTUAL TABLE memories_text USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');
    INSERT INTO memories_text (memories_text, rank) VALUES ('secure-delete', 1);
    -- Read from end to end at each search, so it holds nothing but what that needs.
    CREATE TABLE memory_bits (rowid INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
    CREATE TABLE memory_vectors (rowid INTEGER PRIMARY KEY, embedder TEXT NOT NULL, vector BLOB NOT NULL) STRICT;
    -- What a person had deleted, without its content: neither a snapshot nor a backup brings it back.
    CREATE TABLE memory_tombstones (id TEXT PRIMARY KEY, at_ms REAL NOT NULL) STRICT;

    CREATE TABLE contexts (
      id TEXT PRIMARY KEY,
      fleet TEXT,
      intent TEXT,
      owner TEXT NOT NULL,
      revision INTEGER NOT NULL,
      next_message INTEGER NOT NULL,
      summary TEXT,
      budget TEXT,
      created_at_ms REAL NOT NULL,
      updated_at_ms REAL NOT NULL,
      expires_at_ms REAL,
      ended_at_ms REAL
    ) STRICT;
    CREATE INDEX contexts_updated ON contexts (updated_at_ms);
    CREATE TABLE context_variables (
      context_id TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      author TEXT NOT NULL,
      version INTEGER NOT NULL,
      at_ms REAL NOT NULL,
      expires_at_ms REAL,
      metadata TEXT,
      PRIMARY KEY (context_id, name)
    ) STRICT;
    CREATE TABLE context_messages (
      context_id TEXT NOT NULL,
      seq INTEGER NOT NULL,
      role TEXT NOT NULL,
      author TEXT NOT NULL,
      text TEXT NOT NULL,
      at_ms REAL NOT NULL,
      PRIMARY KEY (context_id, seq)
    ) STRICT;
    CREATE TABLE snapshots (
      id TEXT PRIMARY KEY,
      context_id TEXT NOT NULL,
      fleet TEXT,
      revision INTEGER NOT NULL,
      taken_at_ms REAL NOT NULL,
      taken_by TEXT NOT NULL,
      reason TEXT NOT NULL,
      data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX snapshots_context ON snapshots (context_id, taken_at_ms);
    CREATE TABLE snapshot_memories (
      memory_id TEXT NOT NULL,
      snapshot_id TEXT NOT NULL,
      PRIMARY KEY (memory_id, snapshot_id)
    ) STRICT, WITHOUT ROWID;
  `,
};

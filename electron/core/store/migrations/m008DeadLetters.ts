/** Dead letters, and what became of each. Times are wall-clock ms. */
import type { Migration } from "../migrate.ts";

export const deadLetters: Migration = {
  version: 8,
  name: "dead letters",
  sql: `
    CREATE TABLE dead_letters (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      stream TEXT NOT NULL,
      seq INTEGER NOT NULL,
      consumer TEXT NOT NULL,
      message_id TEXT NOT NULL,
      subject TEXT NOT NULL,
      type TEXT NOT NULL,
      source TEXT,
      state TEXT NOT NULL,
      error_class TEXT NOT NULL,
      error TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      retries INTEGER NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      died_at INTEGER NOT NULL,
      settled_at INTEGER,
      server TEXT,
      tool TEXT,
      agent TEXT,
      context_id TEXT,
      correlation_id TEXT,
      plan TEXT,
      due_at INTEGER,
      -- Set while an attempt is under way: a core that died in it finds it.
      attempt_at INTEGER,
      -- JSON: alternatives that were tried.
      tried TEXT NOT NULL,
      headers TEXT NOT NULL,
      original TEXT NOT NULL,
      edited TEXT,
      -- What is still to be published about it, as bits: 1 that it died, 2 that no strategy is left, 4 that another tool takes over.
      outbox INTEGER NOT NULL
    ) STRICT;
    -- A stream that was made anew counts from 1 again: the message id tells its messages from the old ones.
    CREATE UNIQUE INDEX dead_letters_once ON dead_letters (stream, seq, consumer, message_id);
    CREATE INDEX dead_letters_state ON dead_letters (state, id);
    CREATE INDEX dead_letters_due ON dead_letters (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX dead_letters_context ON dead_letters (context_id, consumer, id) WHERE context_id IS NOT NULL;
    CREATE INDEX dead_letters_settled ON dead_letters (settled_at) WHERE settled_at IS NOT NULL;
    CREATE INDEX dead_letters_outbox ON dead_letters (id) WHERE outbox != 0;
    CREATE INDEX dead_letters_attempts ON dead_letters (attempt_at) WHERE attempt_at IS NOT NULL;

    CREATE TABLE dead_letter_history (
      id INTEGER PRIMARY KEY,
      letter INTEGER NOT NULL REFERENCES dead_letters (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      actor TEXT NOT NULL,
      what TEXT NOT NULL,
      detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX dead_letter_history_letter ON dead_letter_history (letter, id);
  `,
};

/** MCP servers with their tools as last seen, and every call of a tool. */
import type { Migration } from "../migrate.ts";

export const toolServers: Migration = {
  version: 9,
  name: "tool servers",
  sql: `
    CREATE TABLE tool_servers (
      key TEXT PRIMARY KEY,
      fleet TEXT,
      spec TEXT NOT NULL,
      -- A person's word over the fleet file's; NULL: as declared.
      enabled INTEGER,
      wanted INTEGER NOT NULL,
      standing TEXT NOT NULL,
      tools TEXT NOT NULL
    ) STRICT;
    CREATE TABLE tool_calls (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      server TEXT NOT NULL,
      tool TEXT NOT NULL,
      by_kind TEXT NOT NULL,
      by_id TEXT,
      by_json TEXT NOT NULL,
      context_id TEXT,
      correlation_id TEXT,
      args TEXT NOT NULL,
      result TEXT,
      outcome TEXT NOT NULL,
      code TEXT,
      message TEXT,
      started_ms REAL NOT NULL,
      took_ms REAL,
      attempts INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tool_calls_by_server ON tool_calls (server, seq);
    CREATE INDEX tool_calls_under_way ON tool_calls (outcome) WHERE outcome = 'running';
  `,
};

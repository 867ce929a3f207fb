/** Templates of agents that a person keeps: one row each, the agent as an entry of a fleet file. */
import type { Migration } from "../migrate.ts";

export const agentTemplates: Migration = {
  version: 13,
  name: "agent templates",
  sql: `
    CREATE TABLE agent_templates (
      id TEXT PRIMARY KEY,
      about TEXT NOT NULL,
      tags TEXT NOT NULL,
      child TEXT NOT NULL,
      enabled INTEGER NOT NULL,
      kept_ms REAL NOT NULL,
      kept_by TEXT NOT NULL,
      uses INTEGER NOT NULL DEFAULT 0,
      used_ms REAL
    ) STRICT;
  `,
};

/** Calls that were answered from the cache, and by which call's answer. */
import type { Migration } from "../migrate.ts";

export const cachedCalls: Migration = {
  version: 14,
  name: "cached calls",
  sql: "ALTER TABLE tool_calls ADD COLUMN cached_from TEXT;",
};

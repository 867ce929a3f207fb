/** Which memories a question is about, as SQL over `m`. Forgotten and ended ones are in no answer unless asked for. */
import type { MemoryKind, MemoryTier, Retention } from "#shared/model/memory.ts";
import type { SqlValue } from "#core/ports/database.ts";
import { TIER_SQL } from "./retention.ts";
import type { Filter } from "./vectors.ts";

export interface MemoryFilter {
  readonly scopes?: readonly string[] | undefined;
  readonly kinds?: readonly MemoryKind[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly tier?: MemoryTier | undefined;
  readonly retention?: Retention | undefined;
  readonly contextId?: string | undefined;
  readonly author?: string | undefined;
  readonly minConfidence?: number | undefined;
  /** Default live. */
  readonly state?: "live" | "forgotten" | "ended" | undefined;
}

export function filterSql(filter: MemoryFilter, nowMs: number): Filter {
  const parts: string[] = [];
  const params: SqlValue[] = [];
  const add = (sql: string, ...values: SqlValue[]): void => {
    parts.push(sql);
    params.push(...values);
  };
  addState(filter.state ?? "live", nowMs, add);
  if (filter.scopes !== undefined) add(`m.scope IN (${marks(filter.scopes)})`, ...filter.scopes);
  if (filter.kinds !== undefined) add(`m.kind IN (${marks(filter.kinds)})`, ...filter.kinds);
  for (const tag of filter.tags ?? [])
    add("EXISTS (SELECT 1 FROM json_each(m.tags) WHERE lower(value) = lower(?))", tag);
  if (filter.tier !== undefined) add(TIER_SQL[filter.tier]);
  if (filter.retention !== undefined) add("m.retention = ?", filter.retention);
  if (filter.contextId !== undefined) add("m.context_id = ?", filter.contextId);
  if (filter.author !== undefined) add("m.author = ?", filter.author);
  if (filter.minConfidence !== undefined) add("m.confidence >= ?", filter.minConfidence);
  return { sql: parts.join(" AND "), params };
}

function addState(
  state: "live" | "forgotten" | "ended",
  nowMs: number,
  add: (sql: string, ...values: SqlValue[]) => void,
) {
  switch (state) {
    case "live":
      return add("m.forgotten_at_ms IS NULL AND (m.ends_at_ms IS NULL OR m.ends_at_ms > ?)", nowMs);
    case "forgotten":
      return add("m.forgotten_at_ms IS NOT NULL");
    case "ended":
      return add("m.forgotten_at_ms IS NULL AND m.ends_at_ms IS NOT NULL AND m.ends_at_ms <= ?", nowMs);
  }
}

function marks(values: readonly unknown[]): string {
  return values.map(() => "?").join();
}

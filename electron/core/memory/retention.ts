/** How long memories stay. Pure: times come in as wall-clock milliseconds. */
import type { MemoryKind, MemoryTier, Retention } from "#shared/model/memory.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Mission AI-7; undefined: for ever. */
const KEPT_MS: Readonly<Record<Retention, number | undefined>> = {
  critical: undefined,
  high: 365 * DAY_MS,
  medium: 90 * DAY_MS,
  low: 30 * DAY_MS,
  ephemeral: DAY_MS,
};

/** What a person said about how things should be outlasts what happened to be true. */
export function defaultRetention(kind: MemoryKind, scope: string): Retention {
  if (scope.startsWith("session:")) return "ephemeral";
  switch (kind) {
    case "instruction":
    case "preference":
      return "high";
    case "fact":
      return "medium";
    case "context":
      return "low";
  }
}

export interface Lifetime {
  readonly retention: Retention;
  /** Written or used. */
  readonly lastUseMs: number;
  readonly expiresAtMs: number | undefined;
}

/** The time its author set, or the retention from the last use on, whichever comes first. */
export function endsAtMs({ retention, lastUseMs, expiresAtMs }: Lifetime): number | undefined {
  const kept = KEPT_MS[retention];
  const ends = kept === undefined ? [] : [lastUseMs + kept];
  if (expiresAtMs !== undefined) ends.push(expiresAtMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The same as `tierOf`, for a query. */
export const TIER_SQL: Readonly<Record<MemoryTier, string>> = {
  session: "m.scope GLOB 'session:*'",
  long_term: "m.scope NOT GLOB 'session:*' AND m.retention IN ('critical', 'high')",
  working: "m.scope NOT GLOB 'session:*' AND m.retention NOT IN ('critical', 'high')",
};

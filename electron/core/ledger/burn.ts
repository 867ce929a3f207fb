/** What is being spent right now, for the tray, the head of the window and the tree's columns. */
import type { PathUsage, StreamItem, UsageBurn } from "#shared/contract/index.ts";
import { NO_USAGE, addRow, SELECT_SUMS } from "./sums.ts";
import { sumRows } from "./sumQuery.ts";
import type { SumDeps } from "./sumQuery.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";

/** Long enough to be calm, short enough to be now. */
const RECENT_MS = 5 * 60_000;
const TOP_PATHS = 10;

export type UsageItem = StreamItem<"usage">;

interface PathSums {
  costNanos: number;
  tokens: number;
  unpricedTokens: number;
}

export interface Burn {
  readonly burn: UsageBurn;
  readonly paths: readonly PathUsage[];
}

export function readBurn(deps: SumDeps): Burn {
  const { calendar, nowMs } = deps;
  const startOfDay = calendar.startOf("day", nowMs);
  const today = { ...NO_USAGE };
  const byPath = new Map<string, PathSums>();
  for (const { dim, row } of sumRows(deps, {
    filter: { from: toIsoTime(startOfDay), imported: "with" },
    byTime: false,
    bySession: false,
  })) {
    addRow(today, row);
    if (dim.path === "") continue;
    const one = { ...NO_USAGE };
    addRow(one, row);
    const sums = byPath.get(dim.path) ?? { costNanos: 0, tokens: 0, unpricedTokens: 0 };
    byPath.set(dim.path, {
      costNanos: sums.costNanos + one.costNanos,
      tokens: sums.tokens + one.totalTokens,
      unpricedTokens: sums.unpricedTokens + one.unpricedTokens,
    });
  }
  const recent = { ...NO_USAGE };
  const [from, to] = [toIsoTime(nowMs - RECENT_MS), toIsoTime(nowMs + 1)];
  for (const { row } of sumRows(deps, {
    filter: { from, to, imported: "without" },
    byTime: false,
    bySession: false,
    finest: "minute",
  }))
    addRow(recent, row);
  const topPaths = [...byPath]
    .map(([path, { costNanos, tokens }]) => ({ path, costNanos, tokens }))
    .toSorted((a, b) => b.costNanos - a.costNanos || b.tokens - a.tokens);
  return {
    burn: {
      type: "burn",
      todayNanos: today.costNanos,
      todayTokens: today.totalTokens,
      perMinuteTokens: Math.round(recent.totalTokens / (RECENT_MS / 60_000)),
      perHourNanos: Math.round(recent.costNanos * (3_600_000 / RECENT_MS)),
      topPaths: topPaths.slice(0, TOP_PATHS),
      unpricedEntries: today.unpricedEntries,
      estimatedEntries: today.estimatedEntries,
    },
    paths: pathRows(deps, byPath),
  };
}

/** Agents that spent today or whose last life spent anything. */
function pathRows({ store }: SumDeps, today: ReadonlyMap<string, PathSums>): readonly PathUsage[] {
  const rows = store.all(
    // The last life of each path, and what its sessions' sums say.
    `WITH last AS (SELECT path, session_id, max(generation) FROM lives GROUP BY path)
     SELECT last.path, ${SELECT_SUMS} FROM last JOIN usage_session_days s ON s.session = last.session_id GROUP BY last.path`,
  );
  const lives = new Map(rows.map((row) => [String(row["path"]), row]));
  return [...new Set([...today.keys(), ...lives.keys()])].map((path) => {
    const life = { ...NO_USAGE };
    const row = lives.get(path);
    if (row !== undefined) addRow(life, row);
    const day = today.get(path);
    return {
      path,
      todayNanos: day?.costNanos ?? 0,
      todayTokens: day?.tokens ?? 0,
      lifeNanos: life.costNanos,
      lifeTokens: life.totalTokens,
      unpricedTokens: Math.max(day?.unpricedTokens ?? 0, life.unpricedTokens),
    };
  });
}

/** What of `next` a reader of `previous` does not know yet. */
export function burnDelta(previous: Burn | undefined, next: Burn): readonly UsageItem[] {
  const known = new Map(previous?.paths.map((row) => [row.path, JSON.stringify(row)]));
  const rows = next.paths.filter((row) => known.get(row.path) !== JSON.stringify(row));
  const isSame = JSON.stringify(previous?.burn) === JSON.stringify(next.burn);
  return [...(isSame ? [] : [next.burn]), ...(rows.length === 0 ? [] : [{ type: "paths" as const, rows }])];
}

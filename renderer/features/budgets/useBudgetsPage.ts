/** What the page is asked for: the span, the measure, whom it is about; and the answers, asked anew while money is spent. */
import { useDeferredValue, useMemo, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useAppState, useNavigation, useNowNumber, useRoute } from "#renderer/state/hooks.ts";
import { budgetsByScope } from "#renderer/state/usageSlice.ts";
import type { Group } from "./Breakdown.tsx";
import { budgetRows } from "./budgetRows.ts";
import { makeChart } from "./chartData.ts";
import { unitOf, type Measure } from "./measures.ts";
import { spanEnd, spanStart, type Span } from "./periods.ts";
import { useFollowed } from "./useFollowed.ts";
import { useLedger } from "./useLedger.ts";

const isoOf = (ms: number): string => new Date(ms).toISOString();

export type Tab = "ledger" | "breakdown" | "drift" | "unknown" | "prices" | "sources";

export function useBudgetsPage() {
  const route = useRoute();
  const navigation = useNavigation();
  const asked = route.page === "budgets" ? route : undefined;
  const [span, setSpan] = useState<Span>("day");
  const [measure, setMeasure] = useState<Measure>("cost");
  const [group, setGroup] = useState<Group | "none">("none");
  const [tab, setTab] = useState<Tab>("ledger");
  const [text, setText] = useState("");
  const [isAll, setAll] = useState(false);
  const scope = asked?.scope;
  const entry = asked?.entry;
  const narrowTo = (next: string | undefined) =>
    navigation.replace({ page: "budgets", ...(next === undefined ? {} : { scope: next }) });
  const showEntry = (id: number | undefined) =>
    navigation.replace({
      page: "budgets",
      ...(scope === undefined ? {} : { scope }),
      ...(id === undefined ? {} : { entry: id }),
    });
  const from = useNowNumber((now) => spanStart(span, now));
  const data = useSpanData({ span, measure, group, scope, from, text: useDeferredValue(text.trim()), isAll });
  return {
    span,
    setSpan,
    measure,
    setMeasure,
    group,
    setGroup,
    tab,
    setTab,
    text,
    setText,
    isAll,
    setAll,
    scope,
    entry,
    narrowTo,
    showEntry,
    fromIso: isoOf(from),
    ...data,
  };
}

export type PageState = ReturnType<typeof useBudgetsPage>;

interface Asked {
  readonly span: Span;
  readonly measure: Measure;
  readonly group: Group | "none";
  readonly scope: string | undefined;
  readonly from: number;
  readonly text: string;
  readonly isAll: boolean;
}

function useSpanData({ span, measure, group, scope, from, text, isAll }: Asked) {
  const inScope = scope === undefined || scope === "*" ? {} : { scope };
  const filter = { from: isoOf(from), imported: "with" as const, ...inScope };
  const shownGroup = group === "none" ? "agent" : group;
  const totals = useCoreQuery("usage.totals", { ...filter, groupBy: shownGroup }, { key: "shown" });
  const byAgent = useCoreQuery(
    "usage.totals",
    { from: filter.from, imported: "without", groupBy: "agent" },
    { key: "tree" },
  );
  const series = useCoreQuery("usage.series", { ...filter, groupBy: group }, { key: "shown" });
  const forecast = useCoreQuery("usage.forecast", { period: span, ...inScope }, { key: "shown" });
  const ledger = useLedger({ ...filter, ...(text === "" ? {} : { text }) });
  const burn = useAppState((state) => state.burn);
  useFollowed([totals.refetch, byAgent.refetch, series.refetch, forecast.refetch, ledger.refetch], burn);
  const tree = useAppState(useShallow(({ fleets, nodes, children }) => ({ fleets, nodes, children })));
  const budgets = useAppState((state) => budgetsByScope(state.budgets));
  const unit = unitOf(measure);
  const budget = budgets.get(scope ?? "*")?.find((one) => one.unit === unit && one.period === span);
  const rows = useMemo(() => {
    const spent = new Map(byAgent.data?.rows.map((row) => [row.key, row]));
    return budgetRows({ tree, budgets, spent, unit, isAll });
  }, [byAgent.data, tree, budgets, unit, isAll]);
  const chart = useMemo(() => {
    if (series.data === undefined) return undefined;
    const nowMs = Date.parse(series.data.times.at(-1) ?? "") || from;
    return makeChart({
      series: series.data,
      measure,
      startMs: from,
      endMs: spanEnd(span, from),
      // The dataset is as old as its query; the newest moment it speaks of is when it was asked.
      nowMs: Math.max(nowMs, series.dataUpdatedAt),
      isGrouped: group !== "none",
      forecast: group === "none" ? forecast.data : undefined,
      limit: group === "none" ? budget?.allowance : undefined,
    });
  }, [series.data, series.dataUpdatedAt, forecast.data, measure, from, span, group, budget?.allowance]);
  return { totals, series, forecast: forecast.data, ledger, rows, chart, budget, shownGroup };
}

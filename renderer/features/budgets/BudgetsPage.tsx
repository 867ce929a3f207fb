/** What is spent, of what, by whom and for what; and the budgets that cap it. */
import { Download, X } from "lucide-react";
import { lazy, Suspense, useRef, useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useIsLive, useKeys, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay, showToast } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { dayWords } from "#shared/lib/words.ts";
import { BudgetDetails } from "./BudgetDetails.tsx";
import { BudgetTree } from "./BudgetTree.tsx";
import { GROUPS } from "./Breakdown.tsx";
import { ChartTable } from "./ChartTable.tsx";
import { EntryDetails } from "./EntryDetails.tsx";
import { exportLedger } from "./exportLedger.ts";
import { Lower } from "./Lower.tsx";
import { measureWords } from "./measures.ts";
import { SPANS, SPAN_WORDS } from "./periods.ts";
import { Summary } from "./Summary.tsx";
import { scopeName } from "./budgetWords.ts";
import { useBudgetsPage, type PageState } from "./useBudgetsPage.ts";
import "./budgets.css";

const BurnChart = lazy(async () => ({ default: (await import("./BurnChart.tsx")).BurnChart }));

export function BudgetsPage(): ReactElement {
  const page = useBudgetsPage();
  const { store } = useApp();
  const today = useNowText((now) => dayWords(now));
  const scroller = useRef<HTMLDivElement>(null);
  const [isTable, setTable] = useState(false);
  const place = page.scope ?? "*";
  useKeys("Budgets", [
    { keys: "e", label: "Set a budget here", run: () => openOverlay(store, { kind: "setBudget", scope: place }) },
    { keys: "t", label: "Chart or table", run: () => setTable((was) => !was) },
    {
      keys: "/",
      label: "Filter the ledger",
      run: () => document.querySelector<HTMLInputElement>("#ledger-filter")?.select(),
    },
    {
      keys: "i",
      label: "Close the inspector",
      run: () => (page.entry === undefined ? page.narrowTo(undefined) : page.showEntry(undefined)),
    },
  ]);
  return (
    <Page
      title="Budgets"
      fact={today}
      bleed
      actions={<Choices page={page} />}
      inspector={inspectorOf(page)}
      onCloseInspector={() => (page.entry === undefined ? page.narrowTo(undefined) : page.showEntry(undefined))}
    >
      <div className="budgets scroll" ref={scroller}>
        <div className="budgets-top">
          <section className="budgets-spent" aria-label="Spent">
            <Spent page={page} isTable={isTable} />
          </section>
          <section className="budgets-tree" aria-label="Budget tree">
            <TreeHead page={page} />
            <BudgetTree rows={page.rows} measure={page.measure} selected={page.scope} onSelect={page.narrowTo} />
          </section>
        </div>
        <Lower page={page} scroller={scroller} />
      </div>
    </Page>
  );
}

function inspectorOf(page: PageState): ReactElement | undefined {
  if (page.entry !== undefined) return <EntryDetails id={page.entry} />;
  return page.scope === undefined ? undefined : <BudgetDetails scope={page.scope} />;
}

function Choices({ page }: { readonly page: PageState }): ReactElement {
  const { client, store } = useApp();
  const isLive = useIsLive();
  const [isExporting, setExporting] = useState(false);
  const save = async (format: "csv" | "json") => {
    setExporting(true);
    const scope = page.scope === undefined || page.scope === "*" ? {} : { scope: page.scope };
    const text = page.text.trim() === "" ? {} : { text: page.text.trim() };
    const result = await exportLedger(client, { format, from: page.fromIso, ...scope, ...text });
    setExporting(false);
    if (!result.ok) showToast(store, { kind: "error", text: result.error.message });
  };
  return (
    <>
      <Segments label="Span" value={page.span} options={SPANS} onChange={page.setSpan} />
      <Segments
        label="Measure"
        value={page.measure}
        options={[
          { value: "cost", label: "Cost" },
          { value: "tokens", label: "Tokens" },
        ]}
        onChange={page.setMeasure}
      />
      <span className="budgets-export">
        <Button
          icon={<Download size={13} />}
          disabled={!isLive}
          running={isExporting && "Exporting"}
          onClick={() => void save("csv")}
        >
          Export CSV
        </Button>
        <Button kind="quiet" disabled={!isLive || isExporting} onClick={() => void save("json")}>
          JSON
        </Button>
      </span>
    </>
  );
}

function Spent({ page, isTable }: { readonly page: PageState; readonly isTable: boolean }): ReactElement {
  const { totals, series, chart, measure, span } = page;
  const problem = totals.error ?? series.error;
  if (problem !== null)
    return (
      <Problem
        title={problem.message}
        action="Try again"
        onAction={() => void Promise.all([totals.refetch(), series.refetch()])}
      />
    );
  if (totals.data === undefined || chart === undefined) return <Skeleton rows={5} />;
  const label = `Spent ${SPAN_WORDS[span]}: ${measureWords(measure, chart.lines.findLast(({ role }) => role === "spent" || role === "stack")?.values.findLast((value) => value !== null) ?? 0)}. Press T for a table.`;
  return (
    <>
      <Summary
        total={totals.data.total}
        measure={measure}
        span={span}
        scope={page.scope}
        budget={page.budget}
        forecast={page.forecast}
        onCheck={page.setTab}
      />
      <div className="budgets-by">
        <span className="small t3">By</span>
        <span className="field budgets-group">
          <select
            aria-label="Chart by"
            value={page.group}
            onChange={(event) =>
              page.setGroup(GROUPS.find(({ value }) => value === event.target.value)?.value ?? "none")
            }
          >
            <option value="none">sum</option>
            {GROUPS.map(({ value, label: name }) => (
              <option key={value} value={value}>
                {name.toLowerCase()}
              </option>
            ))}
          </select>
        </span>
        {page.scope !== undefined && (
          <Button kind="quiet" icon={<X size={12} />} onClick={() => page.narrowTo(undefined)}>
            {`Only ${scopeName(page.scope)}`}
          </Button>
        )}
        <span className="grow" />
        <Legend page={page} />
      </div>
      {isTable ? (
        <ChartTable chart={chart} measure={measure} span={span} />
      ) : (
        <Suspense fallback={<div style={{ height: 210 }} />}>
          <BurnChart chart={chart} measure={measure} span={span} label={label} />
        </Suspense>
      )}
    </>
  );
}

function Legend({ page }: { readonly page: PageState }): ReactElement {
  const lines = page.chart?.lines.filter(({ role }) => role !== "spent") ?? [];
  return (
    <span className="budgets-legend micro t2">
      {lines.map((line) => (
        <span key={line.key} className="budgets-legend-item">
          <span
            className={
              line.role === "stack" ? `swatch swatch-${line.colour + 1}` : `swatch-line swatch-line-${line.role}`
            }
            aria-hidden="true"
          />
          {line.label}
        </span>
      ))}
    </span>
  );
}

function TreeHead({ page }: { readonly page: PageState }): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  return (
    <div className="section-head">
      Budget tree
      <span className="aside row">
        <Button kind="quiet" aria-pressed={page.isAll} onClick={() => page.setAll(!page.isAll)}>
          {page.isAll ? "Only what spends" : "All agents"}
        </Button>
        <Button
          keys="e"
          disabled={!isLive}
          onClick={() => openOverlay(store, { kind: "setBudget", scope: page.scope ?? "*" })}
        >
          Set a budget
        </Button>
      </span>
    </div>
  );
}

/** Below the chart: the ledger, the sums by group, and what the numbers do not say by themselves. */
import { ListFilter } from "lucide-react";
import type { ReactElement, RefObject } from "react";
import { Field } from "#renderer/ui/Field.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { plural } from "#shared/lib/words.ts";
import { Breakdown, type Group } from "./Breakdown.tsx";
import { DriftList, PriceList, UnknownList } from "./Checks.tsx";
import { SourceList } from "./SourceList.tsx";
import { ImportBar } from "./ImportBar.tsx";
import { LedgerTable } from "./LedgerTable.tsx";
import type { PageState, Tab } from "./useBudgetsPage.ts";

const TABS: readonly { readonly value: Tab; readonly label: string }[] = [
  { value: "ledger", label: "Ledger" },
  { value: "breakdown", label: "By group" },
  { value: "drift", label: "Disagreements" },
  { value: "unknown", label: "Unknown" },
  { value: "prices", label: "Prices" },
  { value: "sources", label: "Sources" },
];

interface Props {
  readonly page: PageState;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

export function Lower({ page, scroller }: Props): ReactElement {
  const count = page.totals.data?.total.entries ?? 0;
  return (
    <section className="budgets-lower" aria-label="Ledger">
      <div className="budgets-tabs">
        <Segments label="Below the chart" value={page.tab} options={TABS} onChange={page.setTab} />
        <span className="small t3 nowrap budgets-count">{plural(count, "request")}</span>
        <ImportBar />
        {page.tab === "ledger" && (
          <Field
            id="ledger-filter"
            icon={<ListFilter size={13} />}
            keys="/"
            width={220}
            type="search"
            placeholder="Filter entries"
            aria-label="Filter entries by agent, model or id"
            value={page.text}
            onChange={(event) => page.setText(event.target.value)}
          />
        )}
      </div>
      <Body page={page} scroller={scroller} />
    </section>
  );
}

function Body({ page, scroller }: Props): ReactElement {
  switch (page.tab) {
    case "ledger":
      return (
        <LedgerTable
          feed={page.ledger}
          scroller={scroller}
          selected={page.entry}
          isFiltered={page.text !== "" || page.scope !== undefined}
          onSelect={page.showEntry}
        />
      );
    case "breakdown":
      return <Groups page={page} />;
    case "drift":
      return <DriftList from={page.fromIso} scope={page.scope === "*" ? undefined : page.scope} />;
    case "unknown":
      return <UnknownList from={page.fromIso} />;
    case "prices":
      return <PriceList />;
    case "sources":
      return <SourceList />;
  }
}

function Groups({ page }: { readonly page: PageState }): ReactElement {
  return (
    <Breakdown
      rows={page.totals.data?.rows ?? []}
      group={page.shownGroup}
      measure={page.measure}
      coloured={page.chart?.lines.filter(({ role }) => role === "stack").map(({ key }) => key) ?? []}
      onPick={(key) => pick(page, page.shownGroup, key)}
    />
  );
}

/** Places of the tree narrow the page; anything else filters the ledger by its word. */
function pick(page: PageState, group: Group, key: string): void {
  if (key === "") return;
  if (group === "agent" || group === "subtree" || group === "fleet") return page.narrowTo(key);
  page.setText(key);
  page.setTab("ledger");
}

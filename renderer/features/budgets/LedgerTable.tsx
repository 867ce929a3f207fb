import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { useNowText } from "#renderer/state/hooks.ts";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import type { LedgerEntry } from "#shared/model/usage.ts";
import { clockWords, exactClock, isSameDay } from "#shared/lib/words.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { tokenWords } from "#shared/lib/amountWords.ts";
import { Confidence } from "./Confidence.tsx";
import { entryCost, entryWho, SOURCE_WORDS } from "./ledgerWords.ts";
import type { LedgerFeed } from "./useLedger.ts";

interface Props {
  readonly feed: LedgerFeed;
  /** The page scrolls, the table does not. */
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly selected: number | undefined;
  readonly isFiltered: boolean;
  readonly onSelect: (id: number) => void;
}

const ROW_PX = 29;
const READ_AHEAD_ROWS = 40;

/** One row a model request, newest first. Arrow keys move, Enter or a click shows where its numbers come from. */
export function LedgerTable({ feed, scroller, selected, isFiltered, onSelect }: Props): ReactElement {
  const { entries, loadMore } = feed;
  const list = useRef<HTMLDivElement>(null);
  const [above, setAbove] = useState(0);
  useEffect(() => setAbove(list.current?.offsetTop ?? 0), [entries.length]);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is memoised by what the virtualizer returns
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
    scrollMargin: above,
    getItemKey: (index) => entries[index]?.id ?? index,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (entries.length > 0 && last >= entries.length - READ_AHEAD_ROWS) loadMore();
  }, [last, entries.length, loadMore]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step =
      event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
    if (step === 0) return;
    const at = entries.findIndex((entry) => entry.id === selected);
    const next = Math.min(entries.length - 1, Math.max(0, at + step));
    const entry = entries[next];
    if (entry !== undefined) onSelect(entry.id);
    rows.scrollToIndex(next);
    event.preventDefault();
  };
  if (feed.problem !== undefined)
    return <Problem title={feed.problem} action="Try again" onAction={() => void feed.refetch()} />;
  if (!feed.isLoaded) return <Skeleton rows={6} />;
  if (entries.length === 0) return <Empty isFiltered={isFiltered} />;
  return (
    <div
      className="ledger"
      role="table"
      aria-label="Ledger, newest first"
      aria-rowcount={entries.length}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="ledger-row ledger-head" role="row">
        {HEAD.map(({ title, isNumber, name }) => (
          <span key={title} role="columnheader" className={`${isNumber ? "num" : ""} ledger-${name}`}>
            {title}
          </span>
        ))}
      </div>
      <div ref={list} role="rowgroup" style={{ height: rows.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const entry = entries[item.index];
          return entry === undefined ? null : (
            <LedgerRow
              key={item.key}
              entry={entry}
              top={item.start - above}
              isSelected={entry.id === selected}
              onSelect={() => onSelect(entry.id)}
            />
          );
        })}
      </div>
    </div>
  );
}

const HEAD = [
  { title: "Time", name: "time", isNumber: false },
  { title: "Agent", name: "agent", isNumber: false },
  { title: "CLI", name: "cli", isNumber: false },
  { title: "Model", name: "model", isNumber: false },
  { title: "In", name: "in", isNumber: true },
  { title: "Cached", name: "cached", isNumber: true },
  { title: "Out", name: "out", isNumber: true },
  { title: "Cost", name: "cost", isNumber: true },
  { title: "Source", name: "source", isNumber: false },
  { title: "Confidence", name: "confidence", isNumber: false },
] as const;

interface RowProps {
  readonly entry: LedgerEntry;
  readonly top: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function LedgerRow({ entry, top, isSelected, onSelect }: RowProps): ReactElement {
  const at = Date.parse(entry.at);
  const time = useNowText((now) => (isSameDay(at, now) ? exactClock(at) : clockWords(at, now)));
  const { tokens } = entry;
  return (
    <div
      role="row"
      className={`ledger-row ledger-line${entry.outcome === "complete" ? "" : " ledger-cut"}`}
      aria-selected={isSelected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onSelect}
    >
      <span role="cell" className="mono t2 ledger-time">
        {time}
      </span>
      <span role="cell" className="medium ell ledger-agent" title={entry.path}>
        {entryWho(entry)}
        {entry.kind !== "main" && entry.kind !== "unknown" && <span className="t3"> {entry.kind}</span>}
      </span>
      <span role="cell" className="t2 ell ledger-cli">
        {cliName(entry.agent)}
      </span>
      <span role="cell" className="t2 ell ledger-model" title={entry.model}>
        {entry.model}
      </span>
      <span role="cell" className="num ledger-in">
        {tokenWords(tokens.input)}
      </span>
      <span role="cell" className="num t2 ledger-cached">
        {tokenWords(tokens.cacheRead + tokens.cacheWrite)}
      </span>
      <span role="cell" className="num ledger-out">
        {tokenWords(tokens.output)}
      </span>
      <span role="cell" className="num medium ledger-cost">
        {entryCost(entry)}
      </span>
      <span role="cell" className="t2 ell ledger-source">
        {SOURCE_WORDS[entry.source]}
        {entry.outcome !== "complete" && <span className="t3"> {entry.outcome}</span>}
      </span>
      <span role="cell" className="t2 ledger-confidence">
        <Confidence value={entry.confidence} />
      </span>
    </div>
  );
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  return (
    <p className="ledger-empty t2">
      {isFiltered
        ? "No entry matches."
        : "No model request was counted yet in this time. Each one of an agent becomes a row here, once, with the source of its numbers."}
    </p>
  );
}

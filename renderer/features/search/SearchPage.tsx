/** Search over everything agents ever printed, and over events; a hit opens the session at that very place. */
import { CaseSensitive, Search as SearchIcon } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState, type ReactElement } from "react";
import { useStore } from "zustand";
import { useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import type { Route } from "#renderer/state/navigation.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { plural } from "#shared/lib/words.ts";
import { EventHits } from "./EventHits.tsx";
import { OutputHits } from "./OutputHits.tsx";
import { useOutputSearch, type OutputSearch } from "./useOutputSearch.ts";
import "./search.css";

/** Shorter texts hit nearly every line. */
const MIN_LENGTH = 2;

export function SearchPage(): ReactElement {
  const route = useRoute();
  const { store } = useNavigation();
  // One search per step of the history: what is typed here changes the step, a search asked for elsewhere is a new one.
  const step = useStore(store, (state) => state.index);
  return route.page === "search" ? <SearchStep key={step} given={route} /> : <Skeleton />;
}

function SearchStep({ given }: { readonly given: Extract<Route, { page: "search" }> }): ReactElement {
  const navigation = useNavigation();
  const [text, setText] = useState(given.text ?? "");
  const [isCaseSensitive, setCaseSensitive] = useState(false);
  const fieldRef = useRef<HTMLInputElement>(null);
  useEffect(() => fieldRef.current?.focus(), []);
  const wanted = useSettledText(text.trim());
  useEffect(() => {
    if (wanted !== (given.text ?? ""))
      navigation.replace({ page: "search", text: wanted, ...(given.path === undefined ? {} : { path: given.path }) });
  }, [wanted, given.text, given.path, navigation]);
  const isLongEnough = wanted.length >= MIN_LENGTH;
  const search = useOutputSearch(isLongEnough ? wanted : "", { caseSensitive: isCaseSensitive, id: given.path });
  useKeys("Search", [
    { keys: "/", label: "Search text", run: () => fieldRef.current?.select() },
    { keys: "c", label: "Match case", run: () => setCaseSensitive(!isCaseSensitive) },
  ]);
  return (
    <Page title="Search" fact={factOf(search, isLongEnough)}>
      <div className="search">
        <div className="row">
          <Field
            inputRef={fieldRef}
            type="search"
            className="search-field"
            icon={<SearchIcon size={16} aria-hidden="true" />}
            aria-label="Search everything agents printed"
            placeholder="Text an agent printed, or an event holds"
            value={text}
            keys="/"
            onChange={(event) => setText(event.target.value)}
          />
          <Button
            icon={<CaseSensitive size={16} />}
            aria-pressed={isCaseSensitive}
            className={isCaseSensitive ? "search-on" : ""}
            onClick={() => setCaseSensitive(!isCaseSensitive)}
          >
            Match case
          </Button>
          {given.path !== undefined && (
            <Button onClick={() => navigation.replace({ page: "search", text: wanted })} title="Search all agents">
              Only {given.path} ×
            </Button>
          )}
        </div>
        {!isLongEnough ? (
          <p className="t2 search-hint">
            Every byte agents print is recorded. Type at least {MIN_LENGTH} characters to find them again, across all
            agents and all their lives. The same in a terminal: <code>signalbox search TEXT</code>
          </p>
        ) : (
          <>
            <OutputHits search={search} />
            <EventHits text={wanted} />
          </>
        )}
      </div>
    </Page>
  );
}

/** The text once typing has paused; a search reads every log, so not every letter starts one. */
function useSettledText(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 180);
    return () => clearTimeout(timer);
  }, [text]);
  return useDeferredValue(settled);
}

function factOf({ hits, status, isTruncated }: OutputSearch, isLongEnough: boolean): string {
  if (!isLongEnough) return "";
  const found = `${plural(hits.length, "line")} of ${plural(new Set(hits.map((hit) => hit.path)).size, "agent")}`;
  if (status === "searching") return `${found}, searching`;
  return isTruncated ? `the first ${found}` : found;
}

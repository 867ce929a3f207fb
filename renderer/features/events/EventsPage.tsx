/** The event log as a live feed. Not a live region: it says how much is new when asked. */
import { Pause, Play, Search } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState, type ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import { isValidPattern } from "#shared/lib/subjects.ts";
import { useAppState, useIsLive, useKeys, useNavigation, useNowText, useRoute } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { PatternField } from "#renderer/ui/PatternField.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { EventDetails } from "./EventDetails.tsx";
import { EventRows } from "./EventRows.tsx";
import { rateWords } from "./feed.ts";
import { QuickFilters } from "./QuickFilters.tsx";
import { useEventFeed, type EventFeed } from "./useEventFeed.ts";
import "./events.css";

export function EventsPage(): ReactElement {
  const page = useEventsPage();
  const { feed, isPaused, selected } = page;
  const details = feed.shown.find((event) => event.seq === selected);
  return (
    <Page
      title="Events"
      bleed
      fact={<PatternField value={page.typed} inputRef={page.patternField} onChange={page.setPattern} />}
      actions={
        <>
          <Rate feed={feed} isHeld={page.isHeld} />
          <Button
            icon={isPaused ? <Play size={13} /> : <Pause size={13} />}
            keys={isPaused ? "l" : "space"}
            onClick={page.toggle}
          >
            {isPaused ? "Go to live" : "Hold"}
          </Button>
        </>
      }
      inspector={details !== undefined && <EventDetails event={details} onSubject={page.setPattern} />}
      onCloseInspector={() => page.setSelected(undefined)}
    >
      <div className="events">
        <div className="events-filters">
          <QuickFilters pattern={page.valid} onPattern={page.setPattern} />
          <span className="grow" />
          <Field
            icon={<Search size={13} />}
            width={220}
            type="search"
            placeholder="Text in any event"
            aria-label="Text in any event"
            value={page.text}
            onChange={(event) => page.setText(event.target.value)}
          />
        </div>
        <FeedBody
          feed={feed}
          selected={selected}
          topSignal={page.topSignal}
          onSelect={page.setSelected}
          onTop={page.setAtTop}
          isFiltered={page.valid !== ">" || page.text !== ""}
        />
        {feed.waiting.length > 0 && (
          <div className="events-new">
            <Button kind="primary" keys="l" onClick={page.goLive}>
              {plural(feed.waiting.length, "new event")}
            </Button>
          </div>
        )}
        <div className="sr-only" role="status">
          {page.said}
        </div>
      </div>
    </Page>
  );
}

/** What is asked for, what is held, what is selected. */
function useEventsPage() {
  const route = useRoute();
  const navigation = useNavigation();
  const asked = route.page === "events" ? route : undefined;
  const [typed, setTyped] = useTyped(asked?.pattern);
  const [text, setText] = useState("");
  const [isPaused, setPaused] = useState(false);
  const [isAtTop, setAtTop] = useState(true);
  const [selected, setSelected] = useState<number | undefined>(asked?.seq);
  const [topSignal, setTopSignal] = useState(0);
  const [said, setSaid] = useState("");
  const patternField = useRef<HTMLInputElement>(null);
  const valid = useLastValid(typed);
  const calmText = useDeferredValue(text.trim());
  const isHeld = isPaused || !isAtTop;
  const feed = useEventFeed(
    useMemo(() => ({ pattern: valid, text: calmText }), [valid, calmText]),
    isHeld,
  );
  const setPattern = (pattern: string) => {
    setTyped(pattern);
    if (isValidPattern(pattern)) navigation.replace({ page: "events", pattern });
  };
  const goLive = () => {
    setPaused(false);
    setAtTop(true);
    setTopSignal((signal) => signal + 1);
  };
  const toggle = () => (isPaused ? goLive() : setPaused(true));
  const step = (by: 1 | -1) => {
    const at = feed.shown.findIndex((event) => event.seq === selected);
    const next = feed.shown[at < 0 ? 0 : Math.min(feed.shown.length - 1, Math.max(0, at + by))];
    if (next !== undefined) setSelected(next.seq);
  };
  useKeys("Events", [
    { keys: "l", label: "Go to live", run: goLive },
    { keys: "space", label: "Hold, or go on", run: toggle },
    { keys: "/", label: "Filter by subject", run: () => patternField.current?.select() },
    { keys: "j", label: "Next event below", run: () => step(1) },
    { keys: "k", label: "Next event above", run: () => step(-1) },
    { keys: "down", label: "Next event below", run: () => step(1), hidden: true },
    { keys: "up", label: "Next event above", run: () => step(-1), hidden: true },
    {
      keys: "a",
      label: "Say how many events are new",
      run: () => setSaid(`${plural(feed.waiting.length, "new event")}.`),
    },
    { keys: "i", label: "Close the details", run: () => setSelected(undefined) },
  ]);
  return {
    typed,
    text,
    setText,
    isPaused,
    isHeld,
    setAtTop,
    selected,
    setSelected,
    topSignal,
    said,
    patternField,
    valid,
    feed,
    setPattern,
    goLive,
    toggle,
  };
}

/** The pattern as typed; a link to this page with another one replaces it. */
function useTyped(asked: string | undefined): readonly [string, (typed: string) => void] {
  const [typed, setTyped] = useState(asked ?? ">");
  const [seen, setSeen] = useState(asked);
  if (asked !== seen) {
    setSeen(asked);
    if (asked !== undefined) setTyped(asked);
  }
  return [typed, setTyped];
}

interface BodyProps {
  readonly feed: EventFeed;
  readonly selected: number | undefined;
  readonly topSignal: number;
  readonly isFiltered: boolean;
  readonly onSelect: (seq: number) => void;
  readonly onTop: (isAtTop: boolean) => void;
}

function FeedBody({ feed, selected, topSignal, isFiltered, onSelect, onTop }: BodyProps): ReactElement {
  if (feed.problem !== undefined) return <Problem title={feed.problem} action="Try again" onAction={feed.retry} />;
  if (!feed.isLoaded && feed.shown.length === 0) return <Skeleton rows={10} />;
  if (feed.shown.length === 0)
    return (
      <p className="page-note t2">
        {isFiltered
          ? "No event matches. The pattern is valid; new ones that match appear here."
          : "Nothing has happened yet. The first start of an agent is the first event."}
      </p>
    );
  return (
    <EventRows
      events={feed.shown}
      selected={selected}
      topSignal={topSignal}
      onSelect={(event) => onSelect(event.seq)}
      onTop={onTop}
      onBottom={feed.loadOlder}
    />
  );
}

function Rate({ feed, isHeld }: { readonly feed: EventFeed; readonly isHeld: boolean }): ReactElement {
  const isConnected = useIsLive();
  const stored = useAppState((state) => state.status?.lastSeq ?? 0);
  const rate = useNowText((now) =>
    rateWords(
      [...feed.waiting, ...feed.shown.slice(0, 200)].map((event) => Date.parse(event.time)),
      now,
    ),
  );
  const total = Math.max(feed.lastSeq, stored);
  if (!isConnected) return <span className="small t3">Not connected</span>;
  return (
    <span className="row small">
      <span className={isHeld ? "t2" : "events-live"}>{isHeld ? "Held" : `Live, ${rate}`}</span>
      <span className="t3 tab events-total">{countWords(total)} stored</span>
    </span>
  );
}

/** A pattern being typed is often wrong for a moment: the feed stays with the last right one. */
function useLastValid(typed: string): string {
  const [valid, setValid] = useState(isValidPattern(typed) ? typed : ">");
  if (typed !== valid && isValidPattern(typed)) setValid(typed);
  return valid;
}

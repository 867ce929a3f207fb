/** What passes on the bus now, by subject; held while it is read. Positions are kept by nobody: this only watches. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { Pause, Play } from "lucide-react";
import { useEffect, useRef, useState, type ReactElement } from "react";
import { isValidPattern } from "#shared/lib/subjects.ts";
import { countWords, exactClock, plural } from "#shared/lib/words.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useIsLive, useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { PatternField } from "#renderer/ui/PatternField.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { BusFrame } from "./BusFrame.tsx";
import { payloadLine } from "./decode.ts";
import { DecodedMessage } from "./DecodedMessage.tsx";
import { EMPTY_TAIL, letPass, passed, type Passed, type Tail } from "./tail.ts";

const ROW_PX = 29;

export function LiveTab(): ReactElement {
  const page = useLive();
  const { tail, isHeld, selected } = page;
  const detailed = tail.shown.find(({ at }) => at === selected);
  return (
    <BusFrame
      tab="live"
      fact={<PatternField value={page.typed} inputRef={page.field} onChange={page.setPattern} />}
      actions={
        <>
          <LiveWord isHeld={isHeld} />
          <Button
            icon={isHeld ? <Play size={13} /> : <Pause size={13} />}
            keys={isHeld ? "l" : "space"}
            onClick={page.toggle}
          >
            {isHeld ? "Go to live" : "Hold"}
          </Button>
        </>
      }
      inspector={
        detailed !== undefined && (
          <div className="bus-details">
            <h2 className="strong mono">{detailed.message.subject}</h2>
            <DecodedMessage message={detailed.message} />
          </div>
        )
      }
      onCloseInspector={() => page.setSelected(undefined)}
    >
      <div className="bus">
        {tail.missed > 0 && (
          <div className="bus-missed small" role="status">
            {plural(tail.missed, "message")} passed too fast to be shown. The streams keep them.
          </div>
        )}
        <LiveBody page={page} />
        {tail.waiting.length > 0 && (
          <div className="bus-new">
            <Button kind="primary" keys="l" onClick={page.goLive}>
              {plural(tail.waiting.length, "new message")}
            </Button>
          </div>
        )}
      </div>
    </BusFrame>
  );
}

/** As on the page of events. */
function LiveWord({ isHeld }: { readonly isHeld: boolean }): ReactElement {
  const isConnected = useIsLive();
  if (!isConnected) return <span className="small t3 bus-live-word">Not connected</span>;
  return <span className={`small bus-live-word ${isHeld ? "t2" : "bus-live"}`}>{isHeld ? "Held" : "Live"}</span>;
}

function LiveBody({ page: { problem, retry, tail, pattern, selected, setSelected } }: { readonly page: LivePage }) {
  const isLive = useIsLive();
  if (problem !== undefined) return <Problem title={problem} action="Try again" onAction={retry} />;
  if (tail.shown.length > 0) return <Rows rows={tail.shown} selected={selected} onSelect={setSelected} />;
  if (!isLive) return <p className="page-note t2">Not connected. What passes meanwhile is kept by the streams.</p>;
  return (
    <Blank
      title={
        pattern === ">" ? "Nothing has passed since this page was opened." : "Nothing that matches has passed since."
      }
      commands={[`signalbox bus tail '${pattern}'`]}
    >
      {pattern === ">"
        ? "What agents, tools, workflows and Signalbox itself publish appears here as it is said. What was said before is in the streams."
        : "The pattern is valid; new messages that match appear here. In a pattern * stands for one word, > for all that follow."}
    </Blank>
  );
}

type LivePage = ReturnType<typeof useLive>;

function useLive() {
  const route = useRoute();
  const navigation = useNavigation();
  const asked = (route.page === "bus" ? route.pattern : undefined) ?? ">";
  const [typed, setTyped] = useState(asked);
  const [pattern, setValid] = useState(asked);
  const [isHeld, setHeld] = useState(false);
  const [selected, setSelected] = useState<number>();
  const field = useRef<HTMLInputElement>(null);
  const { tail, problem, retry, release } = useTail(pattern, isHeld);
  const setPattern = (next: string) => {
    setTyped(next);
    if (!isValidPattern(next)) return;
    setValid(next);
    navigation.replace({ page: "bus", tab: "live", pattern: next });
  };
  const goLive = () => {
    setHeld(false);
    release();
  };
  const toggle = () => (isHeld ? goLive() : setHeld(true));
  const step = (by: 1 | -1) => {
    const at = tail.shown.findIndex((one) => one.at === selected);
    const next = tail.shown[at < 0 ? 0 : Math.min(tail.shown.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    // Who reads one message must not have it pushed away.
    setHeld(true);
    setSelected(next.at);
  };
  useKeys("Live", [
    { keys: "l", label: "Go to live", run: goLive },
    { keys: "space", label: "Hold, or go on", run: toggle },
    { keys: "/", label: "Filter by subject", run: () => field.current?.select() },
    { keys: "j", label: "Next message below", run: () => step(1) },
    { keys: "k", label: "Next message above", run: () => step(-1) },
    { keys: "down", label: "Next message below", run: () => step(1), hidden: true },
    { keys: "up", label: "Next message above", run: () => step(-1), hidden: true },
    { keys: "i", label: "Close the details", run: () => setSelected(undefined) },
  ]);
  return { typed, setPattern, pattern, field, isHeld, toggle, goLive, selected, setSelected, tail, problem, retry };
}

/** What was heard under one pattern; of another one it is nothing. */
interface Heard {
  readonly wanted: string;
  readonly tail: Tail;
  readonly problem: string | undefined;
}

function useTail(pattern: string, isHeld: boolean) {
  const { client } = useApp();
  const [attempt, setAttempt] = useState(0);
  const wanted = `${attempt} ${pattern}`;
  const [kept, setKept] = useState<Heard>({ wanted, tail: EMPTY_TAIL, problem: undefined });
  const { tail, problem } = under(kept, wanted);
  const held = useRef(isHeld);
  useEffect(() => {
    held.current = isHeld;
  }, [isHeld]);
  useEffect(() => {
    const change = (make: (heard: Heard) => Heard) => setKept((now) => make(under(now, wanted)));
    const control = client.open(
      "bus.tail",
      { pattern },
      {
        onItem: (item) => change((heard) => ({ ...heard, tail: passed(heard.tail, item, held.current) })),
        onEnd: (error) => error !== undefined && change((heard) => ({ ...heard, problem: error.message })),
      },
    );
    return () => control.close();
  }, [client, pattern, wanted]);
  return {
    tail,
    problem,
    retry: () => setAttempt((now) => now + 1),
    release: () => setKept((now) => ({ ...now, tail: letPass(now.tail) })),
  };
}

function under(heard: Heard, wanted: string): Heard {
  return heard.wanted === wanted ? heard : { wanted, tail: EMPTY_TAIL, problem: undefined };
}

interface RowsProps {
  readonly rows: readonly Passed[];
  readonly selected: number | undefined;
  readonly onSelect: (at: number) => void;
}

function Rows({ rows, selected, onSelect }: RowsProps): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is memoised by what the virtualizer returns
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
    getItemKey: (index) => rows[index]?.at ?? index,
  });
  return (
    <div className="live-table" role="table" aria-label="Messages, newest first" aria-rowcount={rows.length}>
      <div className="live-row bus-head" role="row">
        {["Time", "Subject", "Content"].map((title) => (
          <span key={title} role="columnheader">
            {title}
          </span>
        ))}
      </div>
      <div className="scroll bus-scroll" ref={frame} role="rowgroup" tabIndex={0} aria-label="Messages">
        <div style={{ height: list.getTotalSize(), position: "relative" }}>
          {list.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const { message, at } = row;
            return (
              <div
                key={item.key}
                role="row"
                className="live-row live-line mono"
                aria-selected={at === selected}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onSelect(at)}
              >
                <span role="cell" className="t2">
                  {exactClock(Date.parse(message.time))}
                </span>
                <span role="cell" className="ell" title={`${message.stream} ${countWords(message.seq)}`}>
                  {message.subject}
                </span>
                <span role="cell" className="t2 ell">
                  {payloadLine(message)}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

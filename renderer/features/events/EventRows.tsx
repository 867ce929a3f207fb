import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactElement } from "react";
import { countWords, exactClock } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { eventLamp, payloadWords, splitSubject } from "./eventRow.ts";

interface Props {
  /** Newest first. */
  readonly events: readonly StoredEvent[];
  readonly selected: number | undefined;
  readonly onSelect: (event: StoredEvent) => void;
  readonly onTop: (isAtTop: boolean) => void;
  readonly onBottom: () => void;
  /** Changes when the list shall go to its top. */
  readonly topSignal: number;
}

const ROW_PX = 29;
/** Older rows are read when this many are left below. */
const READ_AHEAD_ROWS = 60;

export function EventRows({ events, selected, onSelect, onTop, onBottom, topSignal }: Props): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
    getItemKey: (index) => events[index]?.seq ?? index,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= events.length - READ_AHEAD_ROWS) onBottom();
  }, [last, events.length, onBottom]);
  useEffect(() => {
    if (topSignal > 0) frame.current?.scrollTo({ top: 0 });
  }, [topSignal]);
  const at = selected === undefined ? -1 : events.findIndex((event) => event.seq === selected);
  const scrollTo = rows.scrollToIndex;
  useEffect(() => {
    if (at >= 0) scrollTo(at, { align: "auto" });
    // Only when the selection moves: new rows must not pull the view back to it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  return (
    <div className="event-table" role="table" aria-label="Events, newest first" aria-rowcount={events.length}>
      <div className="event-row event-head" role="row">
        <span role="columnheader">Seq</span>
        <span role="columnheader">Time</span>
        <span role="columnheader">Subject</span>
        <span role="columnheader">Payload</span>
      </div>
      <div
        ref={frame}
        className="scroll event-scroll"
        tabIndex={0}
        role="rowgroup"
        aria-label="Events"
        onScroll={(event) => onTop(event.currentTarget.scrollTop < ROW_PX)}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const event = events[item.index];
            if (event === undefined) return null;
            const lamp = eventLamp(event);
            const [head, verb] = splitSubject(event.subject);
            return (
              <div
                key={item.key}
                role="row"
                className="event-row event-line mono"
                aria-selected={event.seq === selected}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onSelect(event)}
              >
                <span role="cell" className="t2">
                  {countWords(event.seq)}
                </span>
                <span role="cell" className="t2">
                  {exactClock(Date.parse(event.time))}
                </span>
                <span role="cell" className="event-subject">
                  <span className="event-lamp">{lamp !== undefined && <Lamp state={lamp} size={12} />}</span>
                  <span className="ell event-who">{head}</span>
                  <b className="strong nowrap">{verb}</b>
                </span>
                <span role="cell" className="t2 ell event-payload">
                  {payloadWords(event.data)}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

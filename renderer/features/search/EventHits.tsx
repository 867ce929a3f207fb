import type { ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { clockWords, countWords } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";

const LIMIT = 50;

/** Events that hold the text, newest first. */
export function EventHits({ text }: { readonly text: string }): ReactElement | null {
  const found = useCoreQuery("events.read", { text, order: "desc", limit: LIMIT }, { staleMs: 10_000 });
  const events = found.data?.events ?? [];
  if (found.isError) return <p className="problem-inline">{found.error.message}</p>;
  if (events.length === 0) return null;
  return (
    <section aria-label="Events" className="search-group">
      <div className="section-head">
        <h2>Events</h2>
        <span className="count">{events.length === LIMIT ? `the last ${LIMIT}` : events.length}</span>
      </div>
      <ul className="list">
        {events.map((event) => (
          <EventLine key={event.seq} event={event} />
        ))}
      </ul>
    </section>
  );
}

function EventLine({ event }: { readonly event: StoredEvent }): ReactElement {
  const navigation = useNavigation();
  const time = useNowText((now) => clockWords(Date.parse(event.time), now));
  return (
    <li>
      <button
        type="button"
        className="search-hit"
        onClick={() => navigation.navigate({ page: "events", seq: event.seq })}
      >
        <span className="small t3 tab nowrap search-life">{countWords(event.seq)}</span>
        <span className="small t3 tab nowrap">{time}</span>
        <span className="mono nowrap">{event.subject}</span>
        <span className="mono t3 ell">{JSON.stringify(event.data)}</span>
      </button>
    </li>
  );
}

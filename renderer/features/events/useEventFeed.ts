/** The feed of one filter: the newest page from the log, then the stream; older pages as the person scrolls. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { StoredEvent } from "#shared/model/event.ts";
import { ask } from "#renderer/state/ask.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { arrived, EMPTY_FEED, older, release, type Feed } from "./feed.ts";

export interface EventFilter {
  /** A valid pattern. */
  readonly pattern: string;
  /** Full text; empty for none. */
  readonly text: string;
}

export interface EventFeed extends Feed {
  readonly isLoaded: boolean;
  readonly problem: string | undefined;
  readonly lastSeq: number;
  readonly loadOlder: () => void;
  readonly retry: () => void;
}

const PAGE_ROWS = 500;
/** Full text is the store's business: what streams in is looked up there, at most this often. */
const TEXT_EVERY_MS = 700;

interface Range {
  readonly from?: number;
  readonly to?: number;
  readonly order: "asc" | "desc";
}

export function useEventFeed({ pattern, text }: EventFilter, isHeld: boolean): EventFeed {
  const { client } = useApp();
  const [feed, setFeed] = useState(EMPTY_FEED);
  const [loaded, setLoaded] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [lastSeq, setLastSeq] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const wanted = `${attempt} ${pattern} ${text}`;
  const held = useLatest(isHeld);
  const isReading = useRef(false);
  // What waited is shown the moment nobody holds it any more.
  if (!isHeld && feed.waiting.length > 0) setFeed(release(feed));
  const about = useMemo(() => ({ pattern, limit: PAGE_ROWS, ...(text === "" ? {} : { text }) }), [pattern, text]);
  const query = useCallback((range: Range) => client.query("events.read", { ...about, ...range }), [client, about]);
  useEffect(() => {
    const over = new AbortController();
    let close = () => {};
    const take = (events: readonly StoredEvent[]) => {
      setLastSeq((seq) => Math.max(seq, events.at(-1)?.seq ?? 0));
      setFeed((now) => arrived(now, events, held.current));
    };
    const input = { ...about, order: "desc" as const };
    void ask(client, { name: "events.read", input, signal: over.signal }).then((result) => {
      if (over.signal.aborted) return;
      setLoaded(wanted);
      setProblem(result.ok ? undefined : result.error.message);
      if (!result.ok) return;
      setFeed({ ...EMPTY_FEED, shown: result.value.events, hasOlder: result.value.events.length >= PAGE_ROWS });
      setLastSeq(result.value.lastSeq);
      close = follow({
        client,
        pattern,
        from: result.value.lastSeq + 1,
        lookUp: text === "" ? undefined : (from) => query({ from, order: "asc" }),
        take,
      });
    });
    return () => {
      over.abort();
      close();
    };
  }, [client, query, about, pattern, text, wanted, held]);
  return {
    ...feed,
    isLoaded: loaded === wanted,
    problem,
    lastSeq,
    retry: useCallback(() => setAttempt((now) => now + 1), []),
    loadOlder: useCallback(() => {
      const oldest = feed.shown.at(-1)?.seq;
      if (oldest === undefined || !feed.hasOlder || isReading.current || oldest === 0) return;
      isReading.current = true;
      void query({ to: oldest - 1, order: "desc" }).then((result) => {
        isReading.current = false;
        if (result.ok) setFeed((now) => older(now, result.value.events, PAGE_ROWS));
      });
    }, [feed, query]),
  };
}

function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  }, [value]);
  return latest;
}

interface Following {
  readonly client: ReturnType<typeof useApp>["client"];
  readonly pattern: string;
  readonly from: number;
  /** With full text: reads the matching ones from a number on. */
  readonly lookUp:
    | ((from: number) => Promise<{ ok: true; value: { events: readonly StoredEvent[] } } | { ok: false }>)
    | undefined;
  readonly take: (events: readonly StoredEvent[]) => void;
}

function follow({ client, pattern, from, lookUp, take }: Following): () => void {
  let next = from;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    timer = undefined;
    const asked = next;
    void lookUp?.(asked).then((result) => {
      if (result.ok && result.value.events.length > 0) take(result.value.events);
    });
  };
  const control = client.open(
    "events",
    { pattern, from },
    {
      onItem({ events }) {
        if (lookUp === undefined) take(events);
        else
          timer ??= setTimeout(() => {
            look();
            next = (events.at(-1)?.seq ?? next - 1) + 1;
          }, TEXT_EVERY_MS);
      },
    },
  );
  return () => {
    clearTimeout(timer);
    control.close();
  };
}

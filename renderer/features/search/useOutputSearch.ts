import { useEffect, useState } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { SearchHit } from "#shared/contract/index.ts";
import type { Rejection } from "#shared/model/result.ts";

export interface OutputSearch {
  readonly status: "none" | "searching" | "done" | "failed";
  readonly hits: readonly SearchHit[];
  /** More was found than is shown. */
  readonly isTruncated: boolean;
  /** Lives of which output was removed. */
  readonly incomplete: number;
  readonly error: Rejection | undefined;
}

const NONE: OutputSearch = { status: "none", hits: [], isTruncated: false, incomplete: 0, error: undefined };
const SEARCHING: OutputSearch = { ...NONE, status: "searching" };
/** Enough to see where to look; more is for the terminal. */
const LIMIT = 500;

interface Options {
  readonly caseSensitive: boolean;
  readonly id: string | undefined;
}

/** Streams hits as they are found; a new text ends the search before it. Empty text: no search. */
export function useOutputSearch(text: string, { caseSensitive, id }: Options): OutputSearch {
  const { client } = useApp();
  const wanted = JSON.stringify([text, caseSensitive, id]);
  const [found, setFound] = useState<{ readonly wanted: string; readonly search: OutputSearch }>();
  useEffect(() => {
    if (text === "") return;
    let search: OutputSearch = SEARCHING;
    const tell = (change: Partial<OutputSearch>) => {
      search = { ...search, ...change };
      setFound({ wanted, search });
    };
    const input = { text, caseSensitive, limit: LIMIT, ...(id === undefined ? {} : { id }) };
    const stream = client.open("search", input, {
      onItem: (item) =>
        tell(
          item.type === "hits"
            ? { hits: [...search.hits, ...item.hits] }
            : { status: "done", isTruncated: item.truncated, incomplete: item.incomplete },
        ),
      onEnd: (error) => tell(error === undefined ? { status: "done" } : { status: "failed", error }),
    });
    return () => stream.close();
  }, [client, text, caseSensitive, id, wanted]);
  if (text === "") return NONE;
  return found?.wanted === wanted ? found.search : SEARCHING;
}

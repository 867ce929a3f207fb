import { useEffect, useState } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { SearchHit } from "#shared/contract/index.ts";
import type { Rejection } from "#shared/model/result.ts";

export interface OutputSearch {
  readonly status: "none" | "searching" | "done" | "failed";
  readonly hits: readonly SearchHit[];
  /** More was found than is shown. */
  readonly isTruncated: boolean;
  readonly error: Rejection | undefined;
}

const NONE: OutputSearch = { status: "none", hits: [], isTruncated: false, error: undefined };
/** Enough to see where to look; more is for the terminal. */
const LIMIT = 500;

interface Options {
  readonly caseSensitive: boolean;
  readonly id: string | undefined;
}

/** Streams hits as they are found; a new text ends the search before it. Empty text: no search. */
export function useOutputSearch(text: string, { caseSensitive, id }: Options): OutputSearch {
  const { client } = useApp();
  const [search, setSearch] = useState<OutputSearch>(NONE);
  useEffect(() => {
    if (text === "") return setSearch(NONE);
    setSearch({ ...NONE, status: "searching" });
    const stream = client.open(
      "search",
      { text, caseSensitive, limit: LIMIT, ...(id === undefined ? {} : { id }) },
      {
        onItem: (item) =>
          setSearch((before) =>
            item.type === "hits"
              ? { ...before, hits: [...before.hits, ...item.hits] }
              : { ...before, status: "done", isTruncated: item.truncated },
          ),
        onEnd: (error) =>
          setSearch((before) =>
            error === undefined ? { ...before, status: "done" } : { ...before, status: "failed", error },
          ),
      },
    );
    return () => stream.close();
  }, [client, text, caseSensitive, id]);
  return search;
}

/** Search over everything one agent printed, streamed in while the person types. */
import { useEffect, useState } from "react";
import { plural } from "#shared/lib/words.ts";
import type { SearchHit } from "#shared/contract/index.ts";
import { useApp } from "#renderer/state/AppContext.tsx";

export interface LivesSearch {
  readonly hits: readonly SearchHit[];
  readonly isDone: boolean;
  readonly isTruncated: boolean;
  readonly problem: string | undefined;
}

const NONE: LivesSearch = { hits: [], isDone: true, isTruncated: false, problem: undefined };
/** A search reads files: it waits until the typing rests. */
const REST_MS = 180;
const LIMIT = 200;

export function useLivesSearch({
  text,
  path,
  caseSensitive,
}: {
  readonly text: string;
  readonly path: string;
  readonly caseSensitive: boolean;
}): LivesSearch {
  const { client } = useApp();
  const [found, setFound] = useState(NONE);
  useEffect(() => {
    if (text === "") return;
    let close = () => {};
    const timer = setTimeout(() => {
      setFound({ ...NONE, isDone: false });
      const control = client.open(
        "search",
        { text, id: path, caseSensitive, limit: LIMIT },
        {
          onItem: (item) =>
            setFound((now) =>
              item.type === "hits"
                ? { ...now, hits: [...now.hits, ...item.hits] }
                : { ...now, isDone: true, isTruncated: item.truncated },
            ),
          onEnd: (error) => setFound((now) => ({ ...now, isDone: true, problem: error?.message })),
        },
      );
      close = () => control.close();
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [client, text, path, caseSensitive]);
  return text === "" ? NONE : found;
}

/** "12 lines", "200+ lines", "None", "Searching". */
export function livesWords(text: string, { hits, isDone, isTruncated, problem }: LivesSearch): string {
  if (text === "") return "";
  if (problem !== undefined) return problem;
  if (hits.length === 0) return isDone ? "None" : "Searching";
  return isTruncated ? `${hits.length}+ lines` : plural(hits.length, "line");
}

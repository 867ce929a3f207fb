/** The thread that reads and searches output logs; one search at a time, stopped between two chunks. */
import { parentPort } from "node:worker_threads";
import type { OutputHit } from "#core/ports/outputLog.ts";
import { outputMatcher, scanSession } from "./outputSearchScan.ts";

export interface SearchOrder {
  readonly text: string;
  readonly caseSensitive: boolean;
  readonly limit: number;
  readonly sessions: readonly { readonly sessionId: string; readonly dir: string }[];
}

export type SearchReport =
  | { readonly type: "hits"; readonly hits: readonly OutputHit[] }
  /** `unread`: sessions whose log the disk would not give. */
  | {
      readonly type: "done";
      readonly truncated: boolean;
      readonly unread: readonly string[];
      /** Sessions of which a part is gone. */
      readonly unsearched: readonly string[];
    };

let running: AbortController | undefined;

async function search(
  { text, caseSensitive, limit, sessions }: SearchOrder,
  signal: AbortSignal,
): Promise<SearchReport> {
  const matcher = outputMatcher(text, caseSensitive);
  const unread: string[] = [];
  const unsearched: string[] = [];
  let left = limit;
  for (const session of sessions) {
    try {
      for await (const hits of scanSession({
        ...session,
        matcher,
        signal,
        onGap: () => unsearched.push(session.sessionId),
      })) {
        parentPort?.postMessage({ type: "hits", hits: hits.slice(0, left) } satisfies SearchReport);
        left -= hits.length;
        if (left <= 0) return { type: "done", truncated: true, unread, unsearched };
      }
    } catch {
      unread.push(session.sessionId);
    }
    if (signal.aborted) return { type: "done", truncated: true, unread, unsearched };
  }
  return { type: "done", truncated: unread.length > 0, unread, unsearched };
}

parentPort?.on("message", (order: SearchOrder | "stop") => {
  if (order === "stop") {
    running?.abort();
    return;
  }
  running = new AbortController();
  void search(order, running.signal).then((report) => parentPort?.postMessage(report));
});

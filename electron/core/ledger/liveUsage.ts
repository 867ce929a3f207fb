/** Streams over the ledger: what is being spent, at most once a second, and exports that wait for their reader. */
import { Buffer } from "node:buffer";
import type { QueryOutput, QueryRequest, StreamItem, StreamRequest } from "#shared/contract/index.ts";
import type { LedgerEntry } from "#shared/model/usage.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Clock } from "#core/ports/clock.ts";
import { burnDelta } from "./burn.ts";
import type { Burn } from "./burn.ts";
import { csvLine, CSV_HEAD } from "./csv.ts";

const PACE_MS = 1000;
/** Rates fall to nothing by themselves when nothing is spent any more. */
const COOLING_MS = 60_000;
const EXPORT_PAGE = 500;

/** What the streams read; the views answer it. */
interface LiveViews {
  burn(): Burn;
  entries(request: QueryRequest<"usage.entries">): Result<QueryOutput<"usage.entries">>;
}

export interface LiveDeps {
  readonly views: LiveViews;
  readonly clock: Clock;
  readonly watch: (watcher: () => void) => () => void;
}

export function streamUsage(deps: LiveDeps, sink: StreamSink<StreamItem<"usage">>): Result<StreamHandle> {
  const { views, clock } = deps;
  let known: Burn | undefined;
  let cancel: (() => void) | undefined;
  const tell = (): void => {
    const next = views.burn();
    // A reader that is behind is told the difference to what it knows, once it has room.
    if (sink.room > 0) {
      for (const item of burnDelta(known, next)) sink.send(item);
      known = next;
    }
    plan(known !== undefined && known.burn.perMinuteTokens > 0 ? COOLING_MS : undefined);
  };
  const plan = (delayMs: number | undefined): void => {
    cancel?.();
    cancel = delayMs === undefined ? undefined : clock.after(delayMs, tell);
  };
  let isDue = false;
  const soon = (): void => {
    if (isDue) return;
    isDue = true;
    cancel?.();
    cancel = clock.after(PACE_MS, () => {
      isDue = false;
      tell();
    });
  };
  const unwatch = deps.watch(soon);
  sink.onRoom(() => {
    if (known === undefined) soon();
  });
  tell();
  return ok({
    close: () => {
      unwatch();
      cancel?.();
    },
  });
}

/** A page at a time, the next one when the reader has room: a million entries take no more memory than a page. */
export function streamExport(
  { views, clock }: Pick<LiveDeps, "views" | "clock">,
  request: StreamRequest<"usageExport">,
  sink: StreamSink<StreamItem<"usageExport">>,
): Result<StreamHandle> {
  const { format, ...filter } = request;
  let after: string | undefined;
  let count = 0;
  let isClosed = false;
  let isWaiting = false;
  const step = (): void => {
    if (isClosed) return;
    if (sink.room <= 0) {
      isWaiting = true;
      return;
    }
    const page = views.entries({
      ...filter,
      order: "oldest",
      limit: EXPORT_PAGE,
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return sink.end(page.error);
    const { entries, next } = page.value;
    const text =
      format === "csv" ? csvPage(entries, count) : entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    count += entries.length;
    if (text !== "") sink.send({ entries: count }, Buffer.from(text));
    after = next;
    if (next === undefined) return sink.end();
    clock.after(0, step);
  };
  sink.onRoom(() => {
    if (!isWaiting) return;
    isWaiting = false;
    step();
  });
  clock.after(0, step);
  return ok({
    close: () => {
      isClosed = true;
    },
  });
}

function csvPage(entries: readonly LedgerEntry[], before: number): string {
  return `${before === 0 ? CSV_HEAD : ""}${entries.map(csvLine).join("")}`;
}

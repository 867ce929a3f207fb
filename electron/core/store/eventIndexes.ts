/**
 * The log's indexes, by kind and by word, follow the log instead of being written with it: they cost three times what
 * the event itself costs, and an acknowledgement need not wait for them. Whoever reads by kind or word brings them up
 * first, so nobody ever misses an event; otherwise they are brought up while the store is quiet, and at the next start.
 */
import type { Clock } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Database } from "#core/ports/database.ts";
import { readData } from "./eventRows.ts";
import { readableText } from "./eventText.ts";
import type { EventKinds } from "./eventKinds.ts";

export interface EventIndexes {
  /** Afterwards every event of the log is found by kind and by word. Answers how many had to be indexed. Throws StoreError. */
  catchUp(): number;
  /** Events were committed; they are indexed when it is quiet. */
  appended(): void;
  /** Where the indexes stand is asked anew: a transaction was rolled back. */
  rolledBack(): void;
  close(): void;
}

export interface EventIndexesDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly kinds: EventKinds;
  readonly lastSeq: () => number;
}

/** A step holds the loop for about 5 ms. */
const STEP = 500;
/** Without a commit for this long the store counts as quiet. */
const QUIET_MS = 100;
/** Further behind than this the indexes do not wait for quiet: a reader would wait a tenth of a second for them. */
const MAX_BEHIND = 10_000;
/** Between steps that do not wait for quiet; 25,000 events a second, with the loop free three quarters of the time. */
const BUSY_STEP_MS = 15;
/** Bringing up many at once (a first start after damage) commits in pieces. */
const CATCH_UP_STEP = 5000;

export function createEventIndexes({ database, clock, kinds, lastSeq }: EventIndexesDeps): EventIndexes {
  let position: number | undefined;
  let cancel: (() => void) | undefined;
  let committedAtMs = 0;
  let isClosed = false;

  const indexed = (): number =>
    (position ??= Number(database.get("SELECT max(id) AS seq FROM events_text_docsize")?.["seq"] ?? 0));
  const step = (limit: number): number => {
    const from = indexed();
    const rows = database.all("SELECT seq, kind_id, data FROM event_log WHERE seq > ? ORDER BY seq LIMIT ?", [
      from,
      limit,
    ]);
    database.transaction(() => indexRows(database, kinds, rows));
    position = Number(rows.at(-1)?.["seq"] ?? lastSeq());
    return rows.length;
  };
  const catchUp = (): number => {
    let count = 0;
    while (indexed() < lastSeq()) count += step(CATCH_UP_STEP);
    return count;
  };
  const goOn = (): void => {
    cancel = undefined;
    if (isClosed) return;
    const behind = lastSeq() - indexed();
    if (behind <= 0) return;
    const quietForMs = clock.now() - committedAtMs;
    if (quietForMs < QUIET_MS && behind < MAX_BEHIND) return later(QUIET_MS - quietForMs);
    step(STEP);
    later(quietForMs < QUIET_MS ? BUSY_STEP_MS : 1);
  };
  const later = (ms: number): void => {
    cancel ??= clock.after(ms, () => {
      try {
        goOn();
      } catch (error) {
        // A full disk is the store's to tell; the next commit or reader tries again.
        if (!(error instanceof StoreError)) throw error;
        position = undefined;
      }
    });
  };
  return {
    catchUp,
    appended: () => {
      committedAtMs = clock.now();
      later(QUIET_MS);
    },
    rolledBack: () => (position = undefined),
    close: () => {
      isClosed = true;
      cancel?.();
    },
  };
}

type LogRow = ReturnType<Database["all"]>[number];

/** In the order of the index, so that each of its pages is touched once. */
function indexRows(database: Database, kinds: EventKinds, rows: readonly LogRow[]): void {
  for (const row of rows.toSorted((a, b) => Number(a["kind_id"]) - Number(b["kind_id"])))
    database.run("INSERT OR IGNORE INTO event_index (kind_id, seq) VALUES (?, ?)", [
      Number(row["kind_id"]),
      Number(row["seq"]),
    ]);
  for (const row of rows) {
    const { subject, type } = kinds.byId(Number(row["kind_id"]));
    database.run("INSERT INTO events_text (rowid, text) VALUES (?, ?)", [
      Number(row["seq"]),
      readableText(type, subject, readData(String(row["data"]))),
    ]);
  }
}

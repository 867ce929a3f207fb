/** The day sums are local days of one time zone; a person who moved gets them made anew from the quarters, which hold in any. */
import type { LocalCalendar } from "#shared/lib/localCalendar.ts";
import type { Store, StoreTx } from "#core/store/index.ts";
import { ENTRY_SUMS, QUARTER_MS, SELECT_SUMS, SUM_COLUMNS } from "./sums.ts";

const KEY = "time_zone";

/** True: the days had to be made anew. */
export function keepDaysLocal(store: Store, calendar: LocalCalendar): boolean {
  const made = store.get("SELECT value FROM usage_state WHERE key = ?", [KEY])?.["value"];
  if (made === calendar.timeZone) return false;
  const done = store.transact({
    actor: "system",
    work: (tx) => {
      const hasDays = tx.get("SELECT 1 AS found FROM usage_quarters LIMIT 1") !== undefined;
      if (hasDays) makeDays(tx, calendar);
      tx.run("INSERT OR REPLACE INTO usage_state (key, value) VALUES (?, ?)", [KEY, calendar.timeZone]);
      return hasDays;
    },
  });
  return done.ok && done.value;
}

function makeDays(tx: StoreTx, calendar: LocalCalendar): void {
  const columns = SUM_COLUMNS.join(", ");
  tx.run("DELETE FROM usage_days");
  tx.run("DELETE FROM usage_session_days");
  const ends = tx.get("SELECT min(quarter) AS first, max(quarter) AS last FROM usage_quarters");
  const first = calendar.dayOf(Number(ends?.["first"]) * QUARTER_MS);
  const last = calendar.dayOf(Number(ends?.["last"]) * QUARTER_MS);
  for (let day = first; day <= last; day++) {
    const [from, to] = [calendar.startOfDay(day), calendar.startOfDay(day + 1)];
    tx.run(
      `INSERT INTO usage_days (day, dim, ${columns}) SELECT ?, dim, ${SELECT_SUMS} FROM usage_quarters
       WHERE quarter >= ? AND quarter < ? GROUP BY dim`,
      [day, from / QUARTER_MS, to / QUARTER_MS],
    );
    tx.run(
      `INSERT INTO usage_session_days (day, session, dim, ${columns}) SELECT ?, session, dim, ${SELECT_SUMS} FROM (
         SELECT e.dim, coalesce(e.session_id, 'cli:' || e.cli_session_id, '') AS session, ${ENTRY_SUMS}
         FROM usage_entries e JOIN usage_dims d ON d.id = e.dim
         WHERE e.at >= ? AND e.at < ? AND NOT EXISTS (SELECT 1 FROM usage_superseded s WHERE s.entry = e.id)
       ) GROUP BY session, dim`,
      [day, from, to],
    );
  }
}

/** Settled letters go seven days later; what waits for somebody stays, up to a bound that is named when it is reached. */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { StoreTx } from "#core/store/index.ts";
import { FAMILY_RULES, familyOf } from "#shared/model/letterFamily.ts";
import { KEPT_MS } from "./letterRows.ts";
import type { DeadLetters, Move } from "./letters.ts";

/** Of an hour, the shortest time that anything is kept, a twelfth. */
const EVERY_MS = 5 * 60 * 1000;
/** At a kilobyte or two each some hundred megabytes; a person who has this many looks at none of them. */
export const MOST_LETTERS = 100_000;
const PAGE = 1000;

export interface RetentionDeps {
  readonly letters: DeadLetters;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tests only. */
  readonly most?: number;
}

/** The returned function ends it. */
export function keepSevenDays(deps: RetentionDeps): () => void {
  let cancel = (): void => undefined;
  const again = (): void => {
    sweep(deps);
    cancel = deps.clock.after(EVERY_MS, again);
  };
  again();
  return () => cancel();
}

/** Overflow: settled ones go before their time, then the oldest that wait for a person. Never what is being tried. */
export function sweep({ letters, clock, logger, most = MOST_LETTERS }: RetentionDeps): void {
  discardUntaken(letters, clock.wallNow());
  drop(letters, {
    where: "settled_at < ?",
    params: [clock.wallNow() - KEPT_MS],
    order: "settled_at",
    most: Number.MAX_SAFE_INTEGER,
    why: "kept_seven_days",
  });
  const over = (): number => letters.count({}) - most;
  if (over() <= 0) return;
  drop(letters, { where: "settled_at IS NOT NULL", params: [], order: "settled_at", most: over(), why: "too_many" });
  const lost =
    over() > 0
      ? drop(letters, { where: "state = 'needs_human'", params: [], order: "id", most: over(), why: "too_many" })
      : 0;
  if (lost > 0)
    logger.error("There are more dead letters than are kept: the oldest that waited for a person were removed.", {
      removed: lost,
      kept: most,
    });
}

const { attempts: SYSTEM_ATTEMPTS, discardAfterMs: UNTAKEN_MS = 0 } = FAMILY_RULES.system;

/** The system's own, after all its attempts: nobody took it in its time. What a person had in hand stays theirs. */
function discardUntaken(letters: DeadLetters, nowMs: number): void {
  const old = letters.untaken({ retries: SYSTEM_ATTEMPTS, beforeMs: nowMs - UNTAKEN_MS, limit: PAGE });
  const detail = `Nobody took it within the hour after ${SYSTEM_ATTEMPTS} attempts.`;
  const move: Move = { to: "discarded", actor: "healer", notes: [{ what: "discarded", detail }] };
  const mine = old.filter((letter) => familyOf(letter) === "system");
  if (mine.length > 0)
    letters.moveAll(
      mine.map(({ id }) => ({ id, move })),
      "healer",
    );
}

interface Dropping {
  readonly where: string;
  readonly params: readonly number[];
  readonly order: "settled_at" | "id";
  readonly most: number;
  readonly why: "kept_seven_days" | "too_many";
}

function drop(letters: DeadLetters, { where, params, order, most, why }: Dropping): number {
  let removed = 0;
  while (removed < most) {
    const limit = Math.min(PAGE, most - removed);
    const work = (tx: StoreTx): readonly number[] => {
      const rows = tx.all(`SELECT id FROM dead_letters WHERE ${where} ORDER BY ${order}, id LIMIT ?`, [
        ...params,
        limit,
      ]);
      const ids = rows.map((row) => Number(row["id"]));
      if (ids.length === 0) return ids;
      const list = JSON.stringify(ids);
      tx.run("DELETE FROM dead_letter_history WHERE letter IN (SELECT value FROM json_each(?))", [list]);
      tx.run("DELETE FROM dead_letters WHERE id IN (SELECT value FROM json_each(?))", [list]);
      tx.append({
        subject: systemSubject("dead_letters", "removed"),
        type: "dead_letter.removed",
        data: { count: ids.length, first: ids[0], last: ids.at(-1), why },
      });
      return ids;
    };
    const done = letters.deps.store.transact({ actor: "system", work });
    if (!done.ok || done.value.length === 0) return removed;
    letters.tellRemoved(done.value);
    removed += done.value.length;
    if (done.value.length < limit) return removed;
  }
  return removed;
}

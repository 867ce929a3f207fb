/**
 * Deleting so that nothing is left in the file: SQLite overwrites what a statement frees, and the write-ahead log, which
 * holds older pages, is emptied into the database. Backups taken before keep what they hold until they are replaced.
 */
import type { Result } from "#shared/model/result.ts";
import type { Store } from "#core/store/index.ts";

export function withoutTrace<T>(store: Store, work: () => Result<T>): Result<T> {
  store.get("PRAGMA secure_delete = ON");
  try {
    const done = work();
    // A reader of this moment may keep the log from being emptied; the next checkpoint does it then.
    if (done.ok) store.emptyLog();
    return done;
  } finally {
    store.get("PRAGMA secure_delete = OFF");
  }
}

/** sqlite-vec's functions on a connection. A machine it has no binary for goes on without: search is by words there. */
import type BetterSqlite from "better-sqlite3";
import { getLoadablePath } from "sqlite-vec";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

/** A library cannot be loaded out of the packed app; it lies beside it. */
const PACKED = /\bapp\.asar(?=[\\/])/;

/** Error: unsupported, with why. */
export function loadSqliteVec(db: BetterSqlite.Database): Result<{ readonly version: string }> {
  try {
    db.loadExtension(getLoadablePath().replace(PACKED, "app.asar.unpacked"));
    return ok({ version: String(db.prepare("SELECT vec_version()").pluck().get()) });
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return fail("unsupported", `sqlite-vec cannot be loaded on this machine (${why}), so search goes by words alone.`);
  }
}

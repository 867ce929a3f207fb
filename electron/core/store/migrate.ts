/**
 * Brings a database to the newest schema: each step is one transaction that also bumps user_version, so a crash leaves
 * the old or the new schema and never half of one. A backup is taken before each step on a database that holds anything.
 */
import type { Database } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

export interface Migration {
  /** Consecutive from 1. */
  readonly version: number;
  readonly name: string;
  /** Statements without BEGIN or COMMIT. */
  readonly sql: string;
}

export function newestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** Errors: schema_too_new, with nothing written. Throws StoreError when the disk refuses. */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  logger: Logger,
): Promise<Result<void>> {
  const current = Number(database.get("PRAGMA user_version")?.["user_version"] ?? 0);
  const newest = newestVersion(migrations);
  if (current > newest) {
    const message = `The database ${database.file} was written by a newer Signalbox (schema ${current}, this one knows ${newest}). Nothing was changed; install the newer version to use it.`;
    return fail("schema_too_new", message, { schema: current, newestKnown: newest });
  }
  for (const migration of migrations.filter(({ version }) => version > current)) {
    if (holdsAnything(database)) await database.keepBackup(`before-schema-${migration.version}`);
    database.transaction(() => {
      database.exec(migration.sql);
      database.exec(`PRAGMA user_version = ${migration.version}`);
    });
    logger.info("The database schema was brought up.", { version: migration.version, name: migration.name });
  }
  return ok(undefined);
}

function holdsAnything(database: Database): boolean {
  return database.get("SELECT 1 AS found FROM sqlite_schema LIMIT 1") !== undefined;
}

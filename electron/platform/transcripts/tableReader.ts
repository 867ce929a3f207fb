/** Reads a CLI's own SQLite database, read-only and in short steps, while the CLI may be writing to it. */
import Database from "better-sqlite3";
import { existsSync } from "node:fs";
import type { TableTranscripts } from "#core/ports/usageAdapter.ts";

const PAGE = 500;

export interface TablePage {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Where the next page begins; undefined after the last. */
  readonly next: number | undefined;
}

/** Throws what SQLite says; nothing where there is no such file. */
export function* readTable(file: string, format: TableTranscripts, since: number): Generator<TablePage> {
  if (!existsSync(file)) return;
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 2_000 });
  try {
    const statement = database.prepare(format.sql);
    for (let cursor: number | undefined = since; cursor !== undefined;) {
      const rows: Record<string, unknown>[] = statement.all(cursor, PAGE).filter((row) => isRow(row));
      const last = rows.at(-1)?.["cursor"];
      // Rows of one moment may straddle a page; the cursor is inclusive, and a page full of one moment is stepped over.
      const next: number = typeof last === "number" ? (last > cursor ? last : last + 1) : cursor;
      const isLast = rows.length < PAGE;
      cursor = isLast ? undefined : next;
      yield { rows, next: isLast && typeof last === "number" ? last : cursor };
    }
  } finally {
    database.close();
  }
}

function isRow(row: unknown): row is Record<string, unknown> {
  return typeof row === "object" && row !== null;
}

/** The event log of a finished run, held against the catalogue: what is stored for ever has to be what it says it is. */
import { existsSync } from "node:fs";
import { StoreError } from "#core/ports/database.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { entryOf } from "#shared/model/catalogue/catalogue.ts";

/** As many as help to find the one who wrote them. */
const MOST_NAMED = 5;

/** One sentence for each kind of event whose data no version of its type accepts; none for a database that cannot be read. */
export function unfitEvents(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    const database = connectSqlite(file);
    const rows = database.all("SELECT seq, type, data FROM events ORDER BY seq");
    database.close();
    const problems = rows.flatMap(({ seq, type, data }) => {
      const problem = problemOf(String(type), String(data));
      return problem === undefined ? [] : [`${String(type)} (event ${String(seq)}): ${problem} ${String(data)}`];
    });
    return problems.slice(0, MOST_NAMED);
  } catch (error) {
    // Some runs are about what becomes of damaged files.
    if (error instanceof StoreError) return [];
    throw error;
  }
}

function problemOf(type: string, text: string): string | undefined {
  const entry = entryOf(type);
  if (entry === undefined) return "The catalogue does not know this type.";
  const data: unknown = JSON.parse(text);
  const current = entry.schema.safeParse(data);
  if (current.success || entry.older.some(({ schema }) => schema.safeParse(data).success)) return undefined;
  return current.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
}

/**
 * Reads out of a damaged database whatever can still be read, row by row around the damaged pages, into a fresh file.
 * The damaged file is only read. Full-text tables are made empty: the store fills them again from the events.
 */
import BetterSqlite from "better-sqlite3";
import { z } from "zod";

export interface Salvaged {
  /** Tables of which something could not be read. */
  readonly damagedTables: readonly string[];
  readonly rows: number;
}

const schemaSchema = z.array(z.object({ type: z.string(), name: z.string(), sql: z.string() }));
type SchemaEntry = z.infer<typeof schemaSchema>[number];
const columnsSchema = z.array(z.object({ name: z.string(), pk: z.number() }));
/** Beyond this span without one readable row the rest of a table is given up. */
const MAX_JUMP = 2 ** 40;

/** Undefined: not even the schema can be read, or it cannot be made anew. `target` must not exist. */
export function salvage(damagedFile: string, target: string): Salvaged | undefined {
  let source: BetterSqlite.Database | undefined;
  let copy: BetterSqlite.Database | undefined;
  try {
    source = new BetterSqlite(damagedFile, { readonly: true, fileMustExist: true });
    source.pragma("cell_size_check = ON");
    const schema = schemaSchema.parse(
      source.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").all(),
    );
    copy = new BetterSqlite(target);
    copy.pragma("foreign_keys = OFF");
    return copyAll(source, copy, schema);
  } catch {
    return undefined;
  } finally {
    copy?.close();
    source?.close();
  }
}

function copyAll(source: BetterSqlite.Database, copy: BetterSqlite.Database, schema: readonly SchemaEntry[]): Salvaged {
  const virtual = schema.filter(({ sql }) => /^CREATE VIRTUAL TABLE/i.test(sql)).map(({ name }) => name);
  const isShadow = (name: string): boolean => virtual.some((owner) => name.startsWith(`${owner}_`));
  const own = schema.filter(({ name }) => !name.startsWith("sqlite_") && !isShadow(name));
  const damagedTables: string[] = [];
  let rows = 0;
  copy.transaction(() => {
    for (const { sql } of own.filter(({ type }) => type === "table")) copy.exec(sql);
    for (const { name } of own.filter(({ type, name: table }) => type === "table" && !virtual.includes(table))) {
      const copied = copyTable(source, copy, name);
      rows += copied.rows;
      if (copied.isDamaged) damagedTables.push(name);
    }
    for (const { sql } of own.filter(({ type }) => type !== "table")) copy.exec(sql);
    for (const name of ["user_version", "application_id"])
      copy.pragma(`${name} = ${Number(source.pragma(name, { simple: true }))}`);
  })();
  return { damagedTables, rows };
}

function copyTable(
  source: BetterSqlite.Database,
  copy: BetterSqlite.Database,
  table: string,
): { rows: number; isDamaged: boolean } {
  const columns = columnsSchema.parse(copy.pragma(`table_info(${quote(table)})`)).map(({ name }) => quote(name));
  const insert = copy.prepare(
    `INSERT OR IGNORE INTO ${quote(table)} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
  );
  let rows = 0;
  const isDamaged = readAround(source, {
    table,
    columns: columns.join(),
    take: (values) => {
      rows += insert.run(...values).changes;
    },
  });
  return { rows, isDamaged };
}

interface Reading {
  readonly table: string;
  readonly columns: string;
  readonly take: (values: readonly unknown[]) => void;
}

/** Gives every row that can be read to `take`; true when some could not be. */
function readAround(source: BetterSqlite.Database, { table, columns, take }: Reading): boolean {
  const hasRowid = isPreparable(source, `SELECT rowid FROM ${quote(table)}`);
  const key = hasRowid ? "rowid" : "0";
  const where = hasRowid ? "WHERE rowid > ? ORDER BY rowid" : "WHERE ? IS NOT NULL";
  const select = source.prepare<unknown[], unknown[]>(`SELECT ${key}, ${columns} FROM ${quote(table)} ${where}`).raw();
  // No row is smaller than two bytes; a table without rowids that has more is read in a circle.
  const mostRows =
    (Number(source.pragma("page_count", { simple: true })) * Number(source.pragma("page_size", { simple: true }))) / 2;
  let unkeyed = 0;
  let isDamaged = false;
  let after = Number.MIN_SAFE_INTEGER;
  for (let jump = 1; jump < MAX_JUMP; jump *= 2) {
    try {
      for (const [rowid, ...values] of select.iterate(after)) {
        // A damaged page can point back to one before it: rows that do not advance would be read for ever.
        if (hasRowid && !(Number(rowid) > after)) throw new RangeError("The rows run in a circle.");
        if (!hasRowid && ++unkeyed > mostRows) return true;
        after = Number(rowid);
        jump = 1;
        if (!takeSound(take, values)) isDamaged = true;
      }
      return isDamaged;
    } catch {
      isDamaged = true;
      if (!hasRowid) return true;
      after = Math.max(after, 0) + jump;
    }
  }
  return true;
}

/** A row whose values its own table would refuse was hit by the damage. */
function takeSound(take: Reading["take"], values: readonly unknown[]): boolean {
  try {
    take(values);
    return true;
  } catch {
    return false;
  }
}

function isPreparable(db: BetterSqlite.Database, sql: string): boolean {
  try {
    db.prepare(sql);
    return true;
  } catch {
    return false;
  }
}

/** Rows of the named tables that only the backup has; tables without a key are left alone (rows would double). */
export function fillFromBackup(target: string, backup: string, tables: readonly string[]): void {
  const db = new BetterSqlite(target);
  try {
    db.pragma("foreign_keys = OFF");
    db.prepare("ATTACH ? AS kept").run(backup);
    for (const table of tables) {
      const columns = columnsSchema.parse(db.pragma(`table_info(${quote(table)})`));
      if (!columns.some(({ pk }) => pk > 0)) continue;
      const names = columns.map(({ name }) => quote(name)).join();
      db.exec(`INSERT OR IGNORE INTO main.${quote(table)} (${names}) SELECT ${names} FROM kept.${quote(table)}`);
    }
  } finally {
    db.close();
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

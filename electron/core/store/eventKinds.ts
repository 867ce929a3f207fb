/** Subjects and types repeat endlessly, so the log holds a number for each pair; this is the dictionary, in both directions. */
import type { Database } from "#core/ports/database.ts";
import { isValidSubject, literalPrefix, subjectMatcher } from "#shared/lib/subjects.ts";

export interface EventKind {
  readonly subject: string;
  readonly type: string;
}

export interface EventKinds {
  /** Made if need be, inside the caller's transaction. Throws RangeError for a subject no event can have. */
  id(subject: string, type: string): number;
  byId(id: number): EventKind;
  /** Ids of the kinds a pattern (semantics.md 2.1) and a list of types ask for; undefined when they ask for all. */
  matching(subject: string, types: readonly string[] | undefined): readonly number[] | undefined;
  /** Forget cached ids: the transaction that made them was rolled back. */
  rolledBack(): void;
}

/** The busiest pairs; the rest is one indexed lookup away. */
const CACHED = 10_000;
const UNKNOWN: EventKind = { subject: "sys.store.unreadable", type: "event.unreadable" };

export function createEventKinds(database: Database): EventKinds {
  const ids = new Map<string, number>();
  const kinds = new Map<number, EventKind>();
  const make = (subject: string, type: string): number => {
    if (!isValidSubject(subject)) throw new RangeError(`Not a subject an event can have: "${subject}"`);
    const row = database.get("SELECT id FROM event_kinds WHERE subject = ? AND type = ?", [subject, type]);
    return row === undefined
      ? database.run("INSERT INTO event_kinds (subject, type) VALUES (?, ?)", [subject, type]).lastRowId
      : Number(row["id"]);
  };
  const find = (id: number): EventKind => {
    const row = database.get("SELECT subject, type FROM event_kinds WHERE id = ?", [id]);
    return row === undefined ? UNKNOWN : { subject: String(row["subject"]), type: String(row["type"]) };
  };
  return {
    id: (subject, type) => {
      const key = `${subject} ${type}`;
      const known = ids.get(key);
      if (known !== undefined) return known;
      const id = make(subject, type);
      if (ids.size >= CACHED) ids.clear();
      ids.set(key, id);
      return id;
    },
    byId: (id) => {
      const known = kinds.get(id);
      if (known !== undefined) return known;
      const kind = find(id);
      if (kinds.size >= CACHED) kinds.clear();
      kinds.set(id, kind);
      return kind;
    },
    matching: (subject, types) => matchingIds(database, subject, types),
    rolledBack: () => {
      ids.clear();
      kinds.clear();
    },
  };
}

function matchingIds(
  database: Database,
  subject: string,
  types: readonly string[] | undefined,
): readonly number[] | undefined {
  if (subject === ">" && types === undefined) return undefined;
  const matches = subjectMatcher(subject);
  const wanted = types === undefined ? undefined : new Set(types);
  const prefix = literalPrefix(subject);
  // U+10FFFF sorts after every character a subject can hold, so this is the range of everything with the prefix.
  const rows = database.all("SELECT id, subject, type FROM event_kinds WHERE subject >= ? AND subject <= ?", [
    prefix,
    `${prefix}\u{10FFFF}`,
  ]);
  return rows
    .filter((row) => matches(String(row["subject"])) && (wanted === undefined || wanted.has(String(row["type"]))))
    .map((row) => Number(row["id"]));
}

/**
 * The append-only log: sequence numbers from 1 without gaps, given inside the transaction that commits them. Reading a
 * page costs the same with ten events in the log or ten million.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Database, Row, SqlValue } from "#core/ports/database.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { isValidSubject, literalPrefix, subjectMatcher } from "#shared/lib/subjects.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import { readableText, toTextQuery } from "./eventText.ts";

export interface EventQuery {
  /** Inclusive sequence numbers. */
  readonly from?: number;
  readonly to?: number;
  /** A subject pattern (semantics.md 2.1); an invalid one matches nothing. */
  readonly subject?: string;
  readonly types?: readonly string[];
  /** Words that must all occur (the last as a beginning) in type, subject or the strings of data. */
  readonly text?: string;
  readonly limit: number;
  /** Default asc. */
  readonly order?: "asc" | "desc";
}

export interface EventLog {
  append(event: NewEvent): StoredEvent;
  read(query: EventQuery): readonly StoredEvent[];
  /** 0 for an empty log. */
  lastSeq(): number;
  /** Forget cached ids: the transaction that made them was rolled back. */
  rolledBack(): void;
}

/** Up to this many kinds are merged from their own index ranges; more are filtered or sorted. */
const MERGED_KINDS = 32;
/** Many kinds with fewer rows than this are collected and sorted; denser ones are found by walking the log. */
const SPARSE_ROWS = 20_000;
/** Ids of the busiest subjects; the rest is one indexed lookup away. */
const CACHED_KINDS = 10_000;

const COLUMNS = "l.seq, l.time, k.subject, k.type, l.actor, l.data";
const FROM_LOG = "FROM event_log l JOIN event_kinds k ON k.id = l.kind_id";

export function createEventLog(database: Database, clock: Clock): EventLog {
  const kinds = new Map<string, number>();
  const kindId = (subject: string, type: string): number => {
    const key = `${subject} ${type}`;
    const known = kinds.get(key);
    if (known !== undefined) return known;
    if (!isValidSubject(subject)) throw new RangeError(`Not a subject an event can have: "${subject}"`);
    const row = database.get("SELECT id FROM event_kinds WHERE subject = ? AND type = ?", [subject, type]);
    const id =
      row === undefined
        ? database.run("INSERT INTO event_kinds (subject, type) VALUES (?, ?)", [subject, type]).lastRowId
        : Number(row["id"]);
    if (kinds.size >= CACHED_KINDS) kinds.clear();
    kinds.set(key, id);
    return id;
  };
  return {
    append: ({ subject, type, actor, data }) => {
      const time = toIsoTime(clock.wallNow());
      const params = [time, kindId(subject, type), actor, JSON.stringify(data)];
      const seq = database.run(
        "INSERT INTO event_log (time, kind_id, actor, data) VALUES (?, ?, ?, ?)",
        params,
      ).lastRowId;
      database.run("INSERT INTO events_text (rowid, text) VALUES (?, ?)", [seq, readableText(type, subject, data)]);
      return { seq, time, subject, type, actor, data };
    },
    read: (query) => readEvents(database, query),
    lastSeq: () => Number(database.get("SELECT max(seq) AS seq FROM event_log")?.["seq"] ?? 0),
    rolledBack: () => kinds.clear(),
  };
}

/** Events indexed in one transaction when the full-text index has to be made again. */
const INDEX_BATCH = 5000;

/**
 * Makes the full-text index whole again after the rows of a damaged database were taken over without it; costs two
 * look-ups when nothing is missing. Returns how many events were indexed.
 */
export function fillTextIndex(database: Database): number {
  const last = Number(database.get("SELECT max(seq) AS seq FROM event_log")?.["seq"] ?? 0);
  let indexed = Number(database.get("SELECT max(id) AS seq FROM events_text_docsize")?.["seq"] ?? 0);
  const from = indexed;
  while (indexed < last) {
    const batch = readEvents(database, { from: indexed + 1, limit: INDEX_BATCH });
    database.transaction(() => {
      for (const { seq, type, subject, data } of batch) {
        database.run("INSERT INTO events_text (rowid, text) VALUES (?, ?)", [seq, readableText(type, subject, data)]);
      }
    });
    indexed = batch.at(-1)?.seq ?? last;
  }
  return Math.max(0, last - from);
}

function readEvents(database: Database, query: EventQuery): readonly StoredEvent[] {
  if (query.limit <= 0) return [];
  const selected = selectKinds(database, query);
  if (selected?.length === 0) return [];
  if (query.text !== undefined && query.text.trim() !== "") return searchText(database, query, selected);
  const { sql, params } = pageStatement(database, query, selected);
  return database.all(sql, params).map(toEvent);
}

/** Ids of the kinds the query asks for; undefined when it asks for all of them. */
function selectKinds(database: Database, { subject = ">", types }: EventQuery): readonly number[] | undefined {
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

interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

function pageStatement(database: Database, query: EventQuery, kinds: readonly number[] | undefined): Statement {
  const direction = query.order === "desc" ? "DESC" : "ASC";
  const from = query.from ?? 0;
  const to = query.to ?? Number.MAX_SAFE_INTEGER;
  const tail = `ORDER BY l.seq ${direction} LIMIT ?`;
  if (kinds === undefined) {
    return {
      sql: `SELECT ${COLUMNS} ${FROM_LOG} WHERE l.seq BETWEEN ? AND ? ${tail}`,
      params: [from, to, query.limit],
    };
  }
  if (kinds.length <= MERGED_KINDS) {
    // Each kind gives at most a page, in order, from its own index range.
    const range = `SELECT * FROM (SELECT seq FROM event_log WHERE kind_id = ? AND seq BETWEEN ? AND ? ORDER BY seq ${direction} LIMIT ?)`;
    const ranges = kinds.map(() => range).join(" UNION ALL ");
    return {
      sql: `SELECT ${COLUMNS} ${FROM_LOG} WHERE l.seq IN (${ranges}) ${tail}`,
      params: [...kinds.flatMap((kind) => [kind, from, to, query.limit]), query.limit],
    };
  }
  const list = JSON.stringify(kinds);
  const inList = "IN (SELECT value FROM json_each(?))";
  const counted = database.get(
    `SELECT count(*) AS n FROM (SELECT 1 FROM event_log WHERE kind_id ${inList} AND seq BETWEEN ? AND ? LIMIT ?)`,
    [list, from, to, SPARSE_ROWS],
  );
  // The unary plus keeps SQLite from using the index and sorting everything.
  const column = Number(counted?.["n"]) < SPARSE_ROWS ? "l.kind_id" : "+l.kind_id";
  return {
    sql: `SELECT ${COLUMNS} ${FROM_LOG} WHERE ${column} ${inList} AND l.seq BETWEEN ? AND ? ${tail}`,
    params: [list, from, to, query.limit],
  };
}

function searchText(
  database: Database,
  query: EventQuery,
  kinds: readonly number[] | undefined,
): readonly StoredEvent[] {
  const match = toTextQuery(query.text ?? "");
  if (match === undefined) return [];
  const direction = query.order === "desc" ? "DESC" : "ASC";
  const byKind = kinds === undefined ? "" : "AND +l.kind_id IN (SELECT value FROM json_each(?))";
  const sql = `SELECT ${COLUMNS} FROM events_text t CROSS JOIN event_log l ON l.seq = t.rowid JOIN event_kinds k ON k.id = l.kind_id
    WHERE events_text MATCH ? AND t.rowid BETWEEN ? AND ? ${byKind} ORDER BY t.rowid ${direction} LIMIT ?`;
  const params: SqlValue[] = [match, query.from ?? 0, query.to ?? Number.MAX_SAFE_INTEGER];
  if (kinds !== undefined) params.push(JSON.stringify(kinds));
  return database.all(sql, [...params, query.limit]).map(toEvent);
}

function toEvent(row: Row): StoredEvent {
  return {
    seq: Number(row["seq"]),
    time: String(row["time"]),
    subject: String(row["subject"]),
    type: String(row["type"]),
    actor: String(row["actor"]),
    data: readData(String(row["data"])),
  };
}

/** A flipped bit in one event must not hide all the others. */
function readData(text: string): Record<string, unknown> {
  try {
    const data: Record<string, unknown> = JSON.parse(text);
    return data;
  } catch {
    return { unreadable: text };
  }
}

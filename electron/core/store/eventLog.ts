/**
 * The append-only log: sequence numbers from 1 without gaps, given inside the transaction that commits them. Reading a
 * page costs the same with ten events in the log or ten million.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { Database, SqlValue } from "#core/ports/database.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import { createEventIndexes } from "./eventIndexes.ts";
import { createEventKinds } from "./eventKinds.ts";
import type { EventKinds } from "./eventKinds.ts";
import { toEvent } from "./eventRows.ts";
import { toTextQuery } from "./eventText.ts";

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
  /** What was appended is durable. */
  committed(): void;
  /** What was appended is gone, and with it what was remembered of it. */
  rolledBack(): void;
  /** Brings up what indexes lack; answers how many events had to be indexed. Throws StoreError. */
  indexAll(): number;
  close(): void;
}

/** Up to this many kinds are merged from their own index ranges; more are filtered or sorted. */
const MERGED_KINDS = 32;
/** Many kinds with fewer rows than this are collected and sorted; denser ones are found by walking the log. */
const SPARSE_ROWS = 20_000;

const COLUMNS = "l.seq, l.time, l.kind_id, l.actor, l.data";

export function createEventLog(database: Database, clock: Clock): EventLog {
  const kinds = createEventKinds(database);
  let last: number | undefined;
  const lastSeq = (): number => (last ??= Number(database.get("SELECT max(seq) AS seq FROM event_log")?.["seq"] ?? 0));
  const indexes = createEventIndexes({ database, clock, kinds, lastSeq });
  return {
    append: ({ subject, type, actor, data }) => {
      const time = toIsoTime(clock.wallNow());
      const seq = lastSeq() + 1;
      database.run("INSERT INTO event_log (seq, time, kind_id, actor, data) VALUES (?, ?, ?, ?, ?)", [
        seq,
        time,
        kinds.id(subject, type),
        actor,
        JSON.stringify(data),
      ]);
      last = seq;
      return { seq, time, subject, type, actor, data };
    },
    read: (query) => {
      if (query.limit <= 0) return [];
      if (needsIndexes(query)) indexes.catchUp();
      return readEvents(database, kinds, query);
    },
    lastSeq,
    committed: () => indexes.appended(),
    rolledBack: () => {
      last = undefined;
      kinds.rolledBack();
      indexes.rolledBack();
    },
    indexAll: () => indexes.catchUp(),
    close: () => indexes.close(),
  };
}

function needsIndexes({ subject = ">", types, text }: EventQuery): boolean {
  return subject !== ">" || types !== undefined || (text !== undefined && text.trim() !== "");
}

function readEvents(database: Database, kinds: EventKinds, query: EventQuery): readonly StoredEvent[] {
  const selected = kinds.matching(query.subject ?? ">", query.types);
  if (selected?.length === 0) return [];
  const isSearch = query.text !== undefined && query.text.trim() !== "";
  const statement = isSearch ? searchStatement(query, selected) : pageStatement(database, query, selected);
  return statement === undefined ? [] : database.all(statement.sql, statement.params).map((row) => toEvent(row, kinds));
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
      sql: `SELECT ${COLUMNS} FROM event_log l WHERE l.seq BETWEEN ? AND ? ${tail}`,
      params: [from, to, query.limit],
    };
  }
  if (kinds.length <= MERGED_KINDS) {
    // Each kind gives at most a page, in order, from its own index range.
    const range = `SELECT * FROM (SELECT seq FROM event_index WHERE kind_id = ? AND seq BETWEEN ? AND ? ORDER BY seq ${direction} LIMIT ?)`;
    const ranges = kinds.map(() => range).join(" UNION ALL ");
    return {
      sql: `SELECT ${COLUMNS} FROM event_log l WHERE l.seq IN (${ranges}) ${tail}`,
      params: [...kinds.flatMap((kind) => [kind, from, to, query.limit]), query.limit],
    };
  }
  const list = JSON.stringify(kinds);
  const inList = "IN (SELECT value FROM json_each(?))";
  const counted = database.get(
    `SELECT count(*) AS n FROM (SELECT 1 FROM event_index WHERE kind_id ${inList} AND seq BETWEEN ? AND ? LIMIT ?)`,
    [list, from, to, SPARSE_ROWS],
  );
  const source =
    Number(counted?.["n"]) < SPARSE_ROWS
      ? `event_index i CROSS JOIN event_log l ON l.seq = i.seq WHERE i.kind_id ${inList}`
      : `event_log l WHERE l.kind_id ${inList}`;
  return {
    sql: `SELECT ${COLUMNS} FROM ${source} AND l.seq BETWEEN ? AND ? ${tail}`,
    params: [list, from, to, query.limit],
  };
}

/** Undefined: there is no word to look for. */
function searchStatement(query: EventQuery, kinds: readonly number[] | undefined): Statement | undefined {
  const match = toTextQuery(query.text ?? "");
  if (match === undefined) return undefined;
  const direction = query.order === "desc" ? "DESC" : "ASC";
  const byKind = kinds === undefined ? "" : "AND l.kind_id IN (SELECT value FROM json_each(?))";
  const sql = `SELECT ${COLUMNS} FROM events_text t CROSS JOIN event_log l ON l.seq = t.rowid
    WHERE events_text MATCH ? AND t.rowid BETWEEN ? AND ? ${byKind} ORDER BY t.rowid ${direction} LIMIT ?`;
  const params: SqlValue[] = [match, query.from ?? 0, query.to ?? Number.MAX_SAFE_INTEGER];
  if (kinds !== undefined) params.push(JSON.stringify(kinds));
  return { sql, params: [...params, query.limit] };
}

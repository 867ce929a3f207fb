/** A context as the database has it: head, variables, messages. Variables past their time are in no answer. */
import { z } from "zod";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { contextBudgetSchema, contextSummarySchema, MESSAGE_ROLES } from "#shared/model/memory.ts";
import type {
  ContextBudget,
  ContextHead,
  ContextMessage,
  ContextSummary,
  SharedContext,
  Variable,
} from "#shared/model/memory.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";

/** Of a store or of a transaction. */
export type Reader = Pick<StoreTx, "get" | "all">;

const headSchema = z.object({
  id: z.string(),
  fleet: z.string().nullable(),
  intent: z.string().nullable(),
  owner: z.string(),
  revision: z.number(),
  next_message: z.number(),
  summary: z.string().nullable(),
  budget: z.string().nullable(),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  expires_at_ms: z.number().nullable(),
});

/** Of a context that is to be written: what is not a row of its own. */
export interface ContextRow {
  readonly id: string;
  readonly fleet: string | undefined;
  readonly intent: string | undefined;
  readonly owner: string;
  readonly revision: number;
  readonly nextMessage: number;
  readonly summary: ContextSummary | undefined;
  readonly budget: ContextBudget | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number | undefined;
}

function toContextRow(row: Row): ContextRow {
  const head = headSchema.parse(row);
  return {
    id: head.id,
    fleet: head.fleet ?? undefined,
    intent: head.intent ?? undefined,
    owner: head.owner,
    revision: head.revision,
    nextMessage: head.next_message,
    summary: head.summary === null ? undefined : contextSummarySchema.parse(JSON.parse(head.summary)),
    budget: head.budget === null ? undefined : contextBudgetSchema.parse(JSON.parse(head.budget)),
    createdAtMs: head.created_at_ms,
    updatedAtMs: head.updated_at_ms,
    expiresAtMs: head.expires_at_ms ?? undefined,
  };
}

export function readContextRow(reader: Reader, id: string): ContextRow | undefined {
  const row = reader.get("SELECT * FROM contexts WHERE id = ?", [id]);
  return row === undefined ? undefined : toContextRow(row);
}

export function writeContextRow(tx: StoreTx, row: ContextRow): void {
  const values: SqlValue[] = [
    row.id,
    row.fleet ?? null,
    row.intent ?? null,
    row.owner,
    row.revision,
    row.nextMessage,
    row.summary === undefined ? null : JSON.stringify(row.summary),
    row.budget === undefined ? null : JSON.stringify(row.budget),
    row.createdAtMs,
    row.updatedAtMs,
    row.expiresAtMs ?? null,
  ];
  tx.run(
    `INSERT INTO contexts (id, fleet, intent, owner, revision, next_message, summary, budget, created_at_ms, updated_at_ms, expires_at_ms)
     VALUES (${values.map(() => "?").join()})
     ON CONFLICT (id) DO UPDATE SET fleet = excluded.fleet, intent = excluded.intent, owner = excluded.owner,
       revision = excluded.revision, next_message = excluded.next_message, summary = excluded.summary,
       budget = excluded.budget, updated_at_ms = excluded.updated_at_ms, expires_at_ms = excluded.expires_at_ms, ended_at_ms = NULL`,
    values,
  );
}

const variableRowSchema = z.object({
  name: z.string(),
  value: z.string(),
  author: z.string(),
  version: z.number(),
  at_ms: z.number(),
  expires_at_ms: z.number().nullable(),
  metadata: z.string().nullable(),
});

function toVariable(row: Row): Variable {
  const { name, value, author, version, at_ms, expires_at_ms, metadata } = variableRowSchema.parse(row);
  const parsed: unknown = JSON.parse(value);
  return {
    name,
    value: parsed,
    author,
    version,
    at: toIsoTime(at_ms),
    ...(expires_at_ms === null ? {} : { expiresAt: toIsoTime(expires_at_ms) }),
    ...(metadata === null ? {} : { metadata: z.record(z.string(), z.unknown()).parse(JSON.parse(metadata)) }),
  };
}

const LIVE = "(expires_at_ms IS NULL OR expires_at_ms > ?)";

/** By name. */
export function readVariables(reader: Reader, id: string, nowMs: number): Variable[] {
  return reader
    .all(`SELECT * FROM context_variables WHERE context_id = ? AND ${LIVE} ORDER BY name`, [id, nowMs])
    .map(toVariable);
}

export function readVariable(
  reader: Reader,
  { id, name, nowMs }: { id: string; name: string; nowMs: number },
): Variable | undefined {
  const row = reader.get(`SELECT * FROM context_variables WHERE context_id = ? AND name = ? AND ${LIVE}`, [
    id,
    name,
    nowMs,
  ]);
  return row === undefined ? undefined : toVariable(row);
}

export interface WrittenVariable {
  readonly name: string;
  /** JSON. */
  readonly value: string;
  readonly author: string;
  readonly version: number;
  readonly atMs: number;
  readonly expiresAtMs: number | undefined;
  readonly metadata: string | undefined;
}

export function writeVariable(tx: StoreTx, id: string, variable: WrittenVariable): void {
  const { name, value, author, version, atMs, expiresAtMs, metadata } = variable;
  tx.run(
    `INSERT OR REPLACE INTO context_variables (context_id, name, value, author, version, at_ms, expires_at_ms, metadata)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, name, value, author, version, atMs, expiresAtMs ?? null, metadata ?? null],
  );
}

const messageRowSchema = z.object({
  seq: z.number(),
  role: z.enum(MESSAGE_ROLES),
  author: z.string(),
  text: z.string(),
  at_ms: z.number(),
});

/** Oldest first. */
export function readMessages(reader: Reader, id: string): ContextMessage[] {
  return reader.all("SELECT * FROM context_messages WHERE context_id = ? ORDER BY seq", [id]).map((row) => {
    const { at_ms, ...message } = messageRowSchema.parse(row);
    return { ...message, at: toIsoTime(at_ms) };
  });
}

export function writeMessage(
  tx: StoreTx,
  id: string,
  message: Omit<ContextMessage, "at"> & { readonly atMs: number },
): void {
  tx.run("INSERT INTO context_messages (context_id, seq, role, author, text, at_ms) VALUES (?, ?, ?, ?, ?, ?)", [
    id,
    message.seq,
    message.role,
    message.author,
    message.text,
    message.atMs,
  ]);
}

export function readContext(reader: Reader, id: string, nowMs: number): SharedContext | undefined {
  const row = readContextRow(reader, id);
  if (row === undefined) return undefined;
  const variables = readVariables(reader, id, nowMs);
  const messages = readMessages(reader, id);
  const snapshots = countOf(reader, "SELECT count(*) AS n FROM snapshots WHERE context_id = ?", [id]);
  return {
    ...toHead(row, nowMs, { variables: variables.length, messages: messages.length, snapshots }),
    variables,
    messages,
    ...(row.summary === undefined ? {} : { summary: row.summary }),
    ...(row.budget === undefined ? {} : { budget: row.budget }),
  };
}

/** The last written first. */
export function listContexts(
  reader: Reader,
  question: { fleet?: string | undefined; limit: number; nowMs: number },
): ContextHead[] {
  const { fleet, limit, nowMs } = question;
  const rows = reader.all(
    `SELECT c.*,
       (SELECT count(*) FROM context_variables v WHERE v.context_id = c.id AND (v.expires_at_ms IS NULL OR v.expires_at_ms > ?)) AS variables,
       (SELECT count(*) FROM context_messages g WHERE g.context_id = c.id) AS messages,
       (SELECT count(*) FROM snapshots s WHERE s.context_id = c.id) AS snapshots
     FROM contexts c ${fleet === undefined ? "" : "WHERE c.fleet = ?"} ORDER BY c.updated_at_ms DESC, c.id LIMIT ?`,
    [nowMs, ...(fleet === undefined ? [] : [fleet]), limit],
  );
  return rows.map((row) =>
    toHead(toContextRow(row), nowMs, {
      variables: Number(row["variables"]),
      messages: Number(row["messages"]),
      snapshots: Number(row["snapshots"]),
    }),
  );
}

type Counts = Pick<ContextHead, "variables" | "messages" | "snapshots">;

function toHead(row: ContextRow, nowMs: number, counts: Counts): ContextHead {
  return {
    id: row.id,
    ...(row.fleet === undefined ? {} : { fleet: row.fleet }),
    ...(row.intent === undefined ? {} : { intent: row.intent }),
    owner: row.owner,
    revision: row.revision,
    createdAt: toIsoTime(row.createdAtMs),
    updatedAt: toIsoTime(row.updatedAtMs),
    ...(row.expiresAtMs === undefined ? {} : { expiresAt: toIsoTime(row.expiresAtMs) }),
    isExpired: isExpired(row, nowMs),
    ...counts,
  };
}

export function isExpired({ expiresAtMs }: Pick<ContextRow, "expiresAtMs">, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

export function countOf(reader: Reader, sql: string, params: readonly SqlValue[] = []): number {
  return Number(reader.get(sql, params)?.["n"] ?? 0);
}

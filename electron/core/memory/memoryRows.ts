/** A memory as the database has it, and as clients see it. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { FORGET_UNDO_MS, memoryKindSchema, retentionSchema, tierOf } from "#shared/model/memory.ts";
import type { MemoryItem, MemoryKind } from "#shared/model/memory.ts";
import type { Row } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import { endsAtMs } from "./retention.ts";

const rowSchema = z.object({
  rowid: z.number(),
  id: z.string(),
  kind: memoryKindSchema,
  scope: z.string(),
  text: z.string(),
  tags: z.string(),
  importance: z.number(),
  confidence: z.number(),
  author: z.string(),
  source: z.string().nullable(),
  context_id: z.string().nullable(),
  retention: retentionSchema,
  version: z.number(),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  access_count: z.number(),
  accessed_at_ms: z.number().nullable(),
  expires_at_ms: z.number().nullable(),
  ends_at_ms: z.number().nullable(),
  forgotten_at_ms: z.number().nullable(),
});
export type MemoryRow = z.infer<typeof rowSchema>;

export const ROW = `m.rowid, m.id, m.kind, m.scope, m.text, m.tags, m.importance, m.confidence, m.author, m.source,
  m.context_id, m.retention, m.version, m.created_at_ms, m.updated_at_ms, m.access_count, m.accessed_at_ms,
  m.expires_at_ms, m.ends_at_ms, m.forgotten_at_ms`;

const tagsSchema = z.array(z.string());

export function toRow(row: Row): MemoryRow {
  return rowSchema.parse(row);
}

export function toItem(row: MemoryRow): MemoryItem {
  return {
    id: row.id,
    kind: row.kind,
    scope: row.scope,
    text: row.text,
    tags: tagsSchema.parse(JSON.parse(row.tags)),
    importance: row.importance,
    confidence: row.confidence,
    author: row.author,
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.context_id === null ? {} : { contextId: row.context_id }),
    retention: row.retention,
    tier: tierOf(row.scope, row.retention),
    version: row.version,
    createdAt: toIsoTime(row.created_at_ms),
    updatedAt: toIsoTime(row.updated_at_ms),
    accessCount: row.access_count,
    ...(row.accessed_at_ms === null ? {} : { lastAccessedAt: toIsoTime(row.accessed_at_ms) }),
    ...(row.ends_at_ms === null ? {} : { endsAt: toIsoTime(row.ends_at_ms) }),
    ...(row.forgotten_at_ms === null ? {} : { deletesAt: toIsoTime(row.forgotten_at_ms + FORGET_UNDO_MS) }),
  };
}

export interface MemoryFields extends Pick<
  MemoryItem,
  "id" | "kind" | "scope" | "text" | "tags" | "importance" | "confidence" | "author" | "retention"
> {
  readonly source?: string | undefined;
  readonly contextId?: string | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly accessCount?: number;
  readonly accessedAtMs?: number | undefined;
}

export function digestOf({ kind, scope, text }: { kind: MemoryKind; scope: string; text: string }): string {
  return createHash("sha256").update(`${kind}\n${scope}\n${text}`).digest("hex").slice(0, 32);
}

/** Writes the memory and its words; the row's number. What it had before is replaced. */
export function writeMemory(tx: StoreTx, fields: MemoryFields): number {
  const known = tx.get("SELECT rowid FROM memories WHERE id = ?", [fields.id])?.["rowid"];
  const values = columnsOf(fields);
  const names = Object.keys(values);
  if (known !== undefined) dropDerived(tx, Number(known));
  const rowid =
    known === undefined
      ? tx.run(`INSERT INTO memories (${names.join()}) VALUES (${names.map(() => "?").join()})`, Object.values(values))
          .lastRowId
      : Number(known);
  if (known !== undefined) {
    tx.run(`UPDATE memories SET ${names.map((name) => `${name} = ?`).join()}, ended_at_ms = NULL WHERE rowid = ?`, [
      ...Object.values(values),
      rowid,
    ]);
  }
  tx.run("INSERT INTO memories_text (rowid, text) VALUES (?, ?)", [rowid, textOf(fields)]);
  return rowid;
}

function columnsOf(fields: MemoryFields): Record<string, string | number | null> {
  const lastUseMs = Math.max(fields.updatedAtMs, fields.accessedAtMs ?? 0);
  const ends = endsAtMs({ retention: fields.retention, lastUseMs, expiresAtMs: fields.expiresAtMs });
  return {
    id: fields.id,
    kind: fields.kind,
    scope: fields.scope,
    text: fields.text,
    digest: digestOf(fields),
    tags: JSON.stringify(fields.tags),
    importance: fields.importance,
    confidence: fields.confidence,
    author: fields.author,
    source: fields.source ?? null,
    context_id: fields.contextId ?? null,
    retention: fields.retention,
    version: fields.version,
    created_at_ms: fields.createdAtMs,
    updated_at_ms: fields.updatedAtMs,
    access_count: fields.accessCount ?? 0,
    accessed_at_ms: fields.accessedAtMs ?? null,
    expires_at_ms: fields.expiresAtMs ?? null,
    ends_at_ms: ends ?? null,
  };
}

/** What the full text holds of a memory. */
export function textOf({ text, tags }: { readonly text: string; readonly tags: readonly string[] }): string {
  return [text, ...tags].join("\n");
}

/** Words and vectors of a row; they are made again from its text. To be called while the row still has the text they are of. */
function dropDerived(tx: StoreTx, rowid: number): void {
  const row = tx.get("SELECT text, tags FROM memories WHERE rowid = ?", [rowid]);
  const text = textOf({
    text: String(row?.["text"]),
    tags: tagsSchema.parse(JSON.parse(String(row?.["tags"] ?? "[]"))),
  });
  // An index without content has to be told the words that go.
  tx.run("INSERT INTO memories_text (memories_text, rowid, text) VALUES ('delete', ?, ?)", [rowid, text]);
  tx.run("DELETE FROM memory_bits WHERE rowid = ?", [rowid]);
  tx.run("DELETE FROM memory_vectors WHERE rowid = ?", [rowid]);
}

export function deleteMemory(tx: StoreTx, rowid: number): void {
  dropDerived(tx, rowid);
  tx.run("DELETE FROM memories WHERE rowid = ?", [rowid]);
}

/** What `writeMemory` takes, of a row that is there. */
export function fieldsOf(row: MemoryRow): MemoryFields {
  return {
    id: row.id,
    kind: row.kind,
    scope: row.scope,
    text: row.text,
    tags: tagsSchema.parse(JSON.parse(row.tags)),
    importance: row.importance,
    confidence: row.confidence,
    author: row.author,
    source: row.source ?? undefined,
    contextId: row.context_id ?? undefined,
    retention: row.retention,
    expiresAtMs: row.expires_at_ms ?? undefined,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    accessCount: row.access_count,
    accessedAtMs: row.accessed_at_ms ?? undefined,
  };
}

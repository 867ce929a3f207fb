/**
 * Snapshots: what a context was, under a name that is the hash of it. They never change; one whose content no longer has
 * its name is damaged, is never used, and is said to be damaged.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { snapshotDataSchema, snapshotIdOf, snapshotUrl } from "#shared/model/memory.ts";
import type { SnapshotData, SnapshotHead, SnapshotMemory } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Row } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import { countOf, readContextRow, readMessages, readVariables } from "./contextRows.ts";
import type { Reader } from "./contextRows.ts";
import { authorOf } from "./deps.ts";
import type { By } from "./deps.ts";
import { filterSql } from "./filters.ts";
import { contextEvent } from "./memoryEvents.ts";
import { ROW, toItem, toRow } from "./memoryRows.ts";

export function snapshotIdFor(canonical: string): string {
  return `snap:${createHash("sha256").update(canonical, "utf8").digest("hex")}`;
}

/** Undefined: there is no such context. */
export function snapshotDataOf(reader: Reader, contextId: string, nowMs: number): SnapshotData | undefined {
  const row = readContextRow(reader, contextId);
  if (row === undefined) return undefined;
  const { id, fleet, intent, owner, revision, summary, budget } = row;
  return {
    version: 1,
    context: {
      id,
      owner,
      revision,
      ...(fleet === undefined ? {} : { fleet }),
      ...(intent === undefined ? {} : { intent }),
    },
    variables: readVariables(reader, contextId, nowMs),
    messages: readMessages(reader, contextId),
    memories: memoriesOf(reader, contextId, nowMs),
    ...(summary === undefined ? {} : { summary }),
    ...(budget === undefined ? {} : { budget }),
  };
}

function memoriesOf(reader: Reader, contextId: string, nowMs: number): SnapshotMemory[] {
  const { sql, params } = filterSql({ contextId }, nowMs);
  return reader.all(`SELECT ${ROW} FROM memories m WHERE ${sql} ORDER BY m.id`, params).map((row) => {
    const { id, kind, scope, text, tags, importance, confidence, author, source, retention, version, createdAt } =
      toItem(toRow(row));
    const origin = source === undefined ? {} : { source };
    return { id, kind, scope, text, tags, importance, confidence, author, ...origin, retention, version, createdAt };
  });
}

export interface Taking {
  readonly by: By;
  readonly nowMs: number;
  readonly reason: string;
}

/** In the caller's transaction. The same content again is the same snapshot, and mends a damaged copy of it. */
export function takeSnapshot(tx: StoreTx, data: SnapshotData, { by, nowMs, reason }: Taking): string {
  const canonical = canonicalJson(data);
  const id = snapshotIdFor(canonical);
  const { id: contextId, fleet, revision } = data.context;
  const isKnown = tx.get("SELECT 1 AS known FROM snapshots WHERE id = ?", [id]) !== undefined;
  tx.run(
    `INSERT INTO snapshots (id, context_id, fleet, revision, taken_at_ms, taken_by, reason, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET data = excluded.data`,
    [id, contextId, fleet ?? null, revision, nowMs, authorOf(by), reason, canonical],
  );
  for (const memory of data.memories)
    tx.run("INSERT OR IGNORE INTO snapshot_memories (memory_id, snapshot_id) VALUES (?, ?)", [memory.id, id]);
  if (!isKnown)
    tx.append(contextEvent(data.context, "snapshot_taken", { by, data: { snapshot: id, revision, reason } }));
  return id;
}

/** The head of one, by id, hash or URL. Error: not_found. */
export function findSnapshot(reader: Reader, ref: string): Result<Row> {
  const id = snapshotIdOf(ref);
  const row = id === undefined ? byPrefix(reader, ref) : reader.get("SELECT * FROM snapshots WHERE id = ?", [id]);
  return row === undefined
    ? fail("not_found", `There is no snapshot ${ref}. "signalbox memory snapshot" lists those that are there.`)
    : ok(row);
}

/** The beginning of a hash, where it is one snapshot's alone. */
function byPrefix(reader: Reader, ref: string): Row | undefined {
  const start = /^(?:snap:)?([0-9a-f]{6,63})$/.exec(ref)?.[1];
  if (start === undefined) return undefined;
  const rows = reader.all("SELECT * FROM snapshots WHERE id >= ? AND id < ? LIMIT 2", [
    `snap:${start}`,
    `snap:${start}g`,
  ]);
  return rows.length === 1 ? rows[0] : undefined;
}

export interface ReadSnapshot {
  readonly head: SnapshotHead;
  readonly data: SnapshotData;
}

/** Checked against its name. Errors: not_found, store_unavailable (damaged). */
export function readSnapshot(reader: Reader, ref: string): Result<ReadSnapshot> {
  const found = findSnapshot(reader, ref);
  if (!found.ok) return found;
  const head = toSnapshotHead(found.value);
  const text = String(found.value["data"]);
  const parsed = snapshotIdFor(text) === head.id ? snapshotDataSchema.safeParse(JSON.parse(text)) : undefined;
  if (parsed === undefined)
    return fail(
      "store_unavailable",
      `Snapshot ${head.id} is damaged: its content no longer has its name, so it is not used. Take another one of context ${head.contextId}, or restore a backup of the database.`,
      { snapshot: head.id, damaged: true },
    );
  if (!parsed.success)
    return fail("unsupported", `Snapshot ${head.id} was taken by a newer Signalbox. Install that version to use it.`);
  return ok({ head, data: parsed.data });
}

export function toSnapshotHead(row: Row): SnapshotHead {
  const id = String(row["id"]);
  const fleet = row["fleet"];
  return {
    id,
    url: snapshotUrl(id),
    contextId: String(row["context_id"]),
    ...(fleet === null || fleet === undefined ? {} : { fleet: String(fleet) }),
    revision: Number(row["revision"]),
    takenAt: toIsoTime(Number(row["taken_at_ms"])),
    takenBy: String(row["taken_by"]),
    reason: String(row["reason"]),
    bytes: row["bytes"] === undefined ? Buffer.byteLength(String(row["data"])) : Number(row["bytes"]),
  };
}

/** Newest first. */
export function listSnapshots(
  reader: Reader,
  { contextId, limit }: { readonly contextId?: string | undefined; readonly limit: number },
): SnapshotHead[] {
  return reader
    .all(
      `SELECT id, context_id, fleet, revision, taken_at_ms, taken_by, reason, octet_length(data) AS bytes FROM snapshots
       ${contextId === undefined ? "" : "WHERE context_id = ?"} ORDER BY taken_at_ms DESC, rowid DESC LIMIT ?`,
      [...(contextId === undefined ? [] : [contextId]), limit],
    )
    .map(toSnapshotHead);
}

export function countSnapshots(reader: Reader): number {
  return countOf(reader, "SELECT count(*) AS n FROM snapshots");
}

/**
 * Restoring a snapshot into a context: a new revision of it, never a way back. What is there now is kept in a snapshot of its
 * own first; memories that a person forgot since stay forgotten; memories that came later leave the context and live on.
 */
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { SnapshotData, SnapshotMemory } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StoreTx } from "#core/store/index.ts";
import { readContextRow, writeContextRow, writeMessage, writeVariable } from "./contextRows.ts";
import type { ContextRow } from "./contextRows.ts";
import { authorOf } from "./deps.ts";
import type { By, MemoryDeps } from "./deps.ts";
import { contextEvent } from "./memoryEvents.ts";
import { fieldsOf, ROW, toRow, writeMemory } from "./memoryRows.ts";
import type { MemoryRow } from "./memoryRows.ts";
import { readSnapshot, snapshotDataOf, takeSnapshot } from "./snapshots.ts";

export interface Restoring {
  readonly snapshot: string;
  /** Default: the context it was taken of. */
  readonly into?: string | undefined;
  readonly expectedRevision?: number | undefined;
}

export interface Restored {
  readonly id: string;
  readonly revision: number;
  /** Of what was there before; undefined where nothing was. */
  readonly before?: string;
  /** Memories that were forgotten since and stayed so. */
  readonly stayedForgotten: number;
}

/** Errors: not_found, store_unavailable (also a damaged snapshot), conflict. */
export function restoreSnapshot(deps: MemoryDeps, order: Restoring, by: By): Result<Restored> {
  const read = readSnapshot(deps.store, order.snapshot);
  if (!read.ok) return read;
  const { head, data } = read.value;
  const done = deps.store.transact({
    actor: by.actor,
    work: (tx) => restoreIn({ tx, deps, by, data, snapshot: head.id, nowMs: deps.clock.wallNow() }, order),
  });
  return done.ok ? done.value : done;
}

interface Work {
  readonly tx: StoreTx;
  readonly deps: MemoryDeps;
  readonly by: By;
  readonly data: SnapshotData;
  readonly snapshot: string;
  readonly nowMs: number;
}

function restoreIn(work: Work, order: Restoring): Result<Restored> {
  const { tx, by, data, nowMs } = work;
  const id = order.into ?? data.context.id;
  const now = readContextRow(tx, id);
  const refused = refuseRestore(work, { order, id, now });
  if (refused !== undefined) return refused;
  const present = now === undefined ? undefined : snapshotDataOf(tx, id, nowMs);
  const before =
    present === undefined ? undefined : takeSnapshot(tx, present, { by, nowMs, reason: "before a restore" });
  const row = now === undefined ? freshRow(work, id) : nextRow(work, now);
  writeContextRow(tx, row);
  replaceContent(work, row);
  const stayedForgotten = replaceMemories(work, id);
  const { revision } = row;
  tx.append(contextEvent(row, "restored", { by, data: { revision, snapshot: work.snapshot, before: before ?? null } }));
  return ok({ id, revision, stayedForgotten, ...(before === undefined ? {} : { before }) });
}

interface Target {
  readonly order: Restoring;
  readonly id: string;
  readonly now: ContextRow | undefined;
}

function refuseRestore({ data }: Work, { order, id, now }: Target): Result<never> | undefined {
  const actual = now?.revision ?? 0;
  if (order.expectedRevision !== undefined && order.expectedRevision !== actual)
    return fail(
      "conflict",
      `Context ${id} is at revision ${actual} by now, not ${order.expectedRevision}. Look at it again, then restore.`,
      { expected: order.expectedRevision, actual },
    );
  const { fleet } = data.context;
  return now?.fleet !== undefined && fleet !== undefined && now.fleet !== fleet
    ? fail(
        "conflict",
        `Context ${id} belongs to fleet ${now.fleet}, the snapshot to ${fleet}. Restore it into another one.`,
      )
    : undefined;
}

function freshRow({ data, by, nowMs }: Work, id: string): ContextRow {
  return {
    id,
    fleet: data.context.fleet,
    intent: data.context.intent,
    owner: authorOf(by),
    revision: data.context.revision + 1,
    nextMessage: afterLast(data),
    summary: data.summary,
    budget: data.budget,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: undefined,
  };
}

/** What had expired lives again. */
function nextRow({ data, nowMs }: Work, now: ContextRow): ContextRow {
  return {
    ...now,
    fleet: now.fleet ?? data.context.fleet,
    intent: data.context.intent,
    revision: now.revision + 1,
    nextMessage: Math.max(now.nextMessage, afterLast(data)),
    summary: data.summary,
    budget: data.budget,
    updatedAtMs: nowMs,
    expiresAtMs: later(now.expiresAtMs, nowMs),
  };
}

function afterLast({ messages }: SnapshotData): number {
  return (messages.at(-1)?.seq ?? 0) + 1;
}

function replaceContent({ tx, data, nowMs }: Work, { id, revision }: ContextRow): void {
  tx.run("DELETE FROM context_variables WHERE context_id = ?", [id]);
  tx.run("DELETE FROM context_messages WHERE context_id = ?", [id]);
  for (const { name, value, author, at, expiresAt, metadata } of data.variables) {
    writeVariable(tx, id, {
      name,
      value: JSON.stringify(value ?? null),
      author,
      version: revision,
      atMs: parseTime(at),
      // A time that is past by now would take it away again at once.
      expiresAtMs: expiresAt === undefined ? undefined : later(parseTime(expiresAt), nowMs),
      metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
    });
  }
  for (const { at, ...message } of data.messages) writeMessage(tx, id, { ...message, atMs: parseTime(at) });
}

/** How many stayed forgotten. */
function replaceMemories(work: Work, contextId: string): number {
  const { tx, data, nowMs } = work;
  const isCopy = contextId !== data.context.id;
  const ids = JSON.stringify(isCopy ? [] : data.memories.map(({ id }) => id));
  tx.run(
    "UPDATE memories SET context_id = NULL, updated_at_ms = ? WHERE context_id = ? AND id NOT IN (SELECT value FROM json_each(?))",
    [nowMs, contextId, ids],
  );
  let stayedForgotten = 0;
  for (const memory of data.memories) if (!restoreMemory(work, { memory, contextId, isCopy })) stayedForgotten += 1;
  return stayedForgotten;
}

interface OneMemory {
  readonly memory: SnapshotMemory;
  readonly contextId: string;
  readonly isCopy: boolean;
}

/** False: it was forgotten. */
function restoreMemory(work: Work, { memory, contextId, isCopy }: OneMemory): boolean {
  const { tx, deps, nowMs } = work;
  const found = tx.get(`SELECT ${ROW} FROM memories m WHERE m.id = ?`, [memory.id]);
  const known = found === undefined ? undefined : toRow(found);
  if (isForgotten(tx, memory.id, known)) return false;
  const copied = { ...memory, contextId, createdAtMs: parseTime(memory.createdAt), updatedAtMs: nowMs };
  if (isCopy) writeMemory(tx, { ...copied, id: deps.newId(), version: 1 });
  else if (known === undefined) writeMemory(tx, { ...copied, version: memory.version + 1 });
  else if (!isUnchanged(known, memory, { contextId, nowMs }))
    writeMemory(tx, {
      ...copied,
      version: Math.max(known.version, memory.version) + 1,
      expiresAtMs: later(known.expires_at_ms ?? undefined, nowMs),
      accessCount: known.access_count,
      accessedAtMs: known.accessed_at_ms ?? undefined,
    });
  return true;
}

function isForgotten(tx: StoreTx, id: string, known: MemoryRow | undefined): boolean {
  if (known !== undefined && known.forgotten_at_ms !== null) return true;
  return tx.get("SELECT 1 AS gone FROM memory_tombstones WHERE id = ?", [id]) !== undefined;
}

function later(ms: number | undefined, nowMs: number): number | undefined {
  return ms !== undefined && ms > nowMs ? ms : undefined;
}

function isUnchanged(row: MemoryRow, memory: SnapshotMemory, place: { contextId: string; nowMs: number }): boolean {
  const { kind, scope, text, tags, importance, confidence, source, retention } = fieldsOf(row);
  const has = { kind, scope, text, tags, importance, confidence, source, retention };
  const wanted = {
    kind: memory.kind,
    scope: memory.scope,
    text: memory.text,
    tags: memory.tags,
    importance: memory.importance,
    confidence: memory.confidence,
    source: memory.source,
    retention: memory.retention,
  };
  const isLive = row.ends_at_ms === null || row.ends_at_ms > place.nowMs;
  return isLive && row.context_id === place.contextId && canonicalJson(has) === canonicalJson(wanted);
}

/** Memories out of one Signalbox and into another, page by page: JSON that says what each is, never how it was stored. */
import { parseTime } from "#shared/lib/isoTime.ts";
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import type { MemoryItem } from "#shared/model/memory.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StoreTx } from "#core/store/index.ts";
import { authorOf } from "./deps.ts";
import type { By, MemoryDeps } from "./deps.ts";
import { filterSql } from "./filters.ts";
import type { MemoryFilter } from "./filters.ts";
import { maskText } from "./masking.ts";
import { digestOf, ROW, toItem, toRow, writeMemory } from "./memoryRows.ts";
import type { Vectors } from "./vectors.ts";

/** One memory of an export; times may be missing in one written by hand. */
export interface ImportedMemory extends Pick<
  MemoryItem,
  "kind" | "scope" | "text" | "tags" | "importance" | "confidence" | "retention"
> {
  readonly id?: string | undefined;
  readonly author?: string | undefined;
  readonly source?: string | undefined;
  readonly createdAt?: string | undefined;
}

export interface ImportOutcome {
  readonly imported: number;
  /** The same kind, scope and text, or the same id, was here already. */
  readonly known: number;
  /** Forgotten here: an import does not bring back what a person had deleted. */
  readonly forgotten: number;
  readonly masked: number;
}

export interface ExportPage {
  readonly memories: MemoryItem[];
  /** Where to go on; undefined at the end. */
  readonly next?: number;
}

/** In the order they were stored; what is forgotten or has ended is left out. */
export function exportMemories(
  { store, clock }: MemoryDeps,
  filter: MemoryFilter,
  page: { readonly after: number; readonly limit: number },
): ExportPage {
  const { sql, params } = filterSql(filter, clock.wallNow());
  const rows = store
    .all(`SELECT ${ROW} FROM memories m WHERE m.rowid > ? AND ${sql} ORDER BY m.rowid LIMIT ?`, [
      page.after,
      ...params,
      page.limit,
    ])
    .map(toRow);
  const last = rows.at(-1);
  return {
    memories: rows.map(toItem),
    ...(rows.length === page.limit && last !== undefined ? { next: last.rowid } : {}),
  };
}

/** All of a page or none of it; vectors follow. */
export function importMemories(
  deps: MemoryDeps,
  vectors: Vectors,
  { memories, by }: { readonly memories: readonly ImportedMemory[]; readonly by: By },
): Result<ImportOutcome> {
  const outcome = { imported: 0, known: 0, forgotten: 0, masked: 0 };
  const saved = deps.store.transact({
    actor: by.actor,
    work: (tx) => {
      for (const memory of memories) importOne(deps, tx, { memory, by, outcome });
      if (outcome.imported > 0)
        tx.append({ subject: systemSubject("memory", "imported"), type: "memory.imported", data: { ...outcome } });
    },
  });
  if (!saved.ok) return saved;
  vectors.fill();
  return ok(outcome);
}

interface OneImport {
  readonly memory: ImportedMemory;
  readonly by: By;
  readonly outcome: { imported: number; known: number; forgotten: number; masked: number };
}

function importOne({ clock, newId }: MemoryDeps, tx: StoreTx, { memory, by, outcome }: OneImport): void {
  const { fields, hasSecret } = masked(memory);
  const standing = standingOf(tx, fields);
  if (standing !== "new") {
    outcome[standing] += 1;
    return;
  }
  const nowMs = clock.wallNow();
  writeMemory(tx, {
    ...fields,
    id: memory.id ?? newId(),
    author: memory.author ?? authorOf(by),
    version: 1,
    createdAtMs: memory.createdAt === undefined ? nowMs : parseTime(memory.createdAt),
    // Its retention begins here: an old export is not forgotten on arrival.
    updatedAtMs: nowMs,
  });
  outcome.imported += 1;
  if (hasSecret) outcome.masked += 1;
}

function masked(memory: ImportedMemory): { readonly fields: ImportedMemory; readonly hasSecret: boolean } {
  const text = maskText(memory.text.toWellFormed());
  const source = memory.source === undefined ? undefined : maskText(memory.source.toWellFormed());
  const tags = memory.tags.map((tag) => maskText(tag.toWellFormed()));
  const all = [text, ...(source === undefined ? [] : [source]), ...tags];
  return {
    fields: { ...memory, text: text.value, source: source?.value, tags: tags.map(({ value }) => value) },
    hasSecret: all.some(({ hasSecret }) => hasSecret),
  };
}

function standingOf(tx: StoreTx, memory: ImportedMemory): "new" | "known" | "forgotten" {
  const id = memory.id ?? "";
  if (tx.get("SELECT 1 AS gone FROM memory_tombstones WHERE id = ?", [id]) !== undefined) return "forgotten";
  const known = tx.get("SELECT 1 AS known FROM memories WHERE id = ? OR (digest = ? AND forgotten_at_ms IS NULL)", [
    id,
    digestOf(memory),
  ]);
  return known === undefined ? "new" : "known";
}

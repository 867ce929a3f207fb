/**
 * Forgetting: a forgotten memory is in no answer from that moment on, can be taken back for ten minutes, and is then
 * deleted from the database, its words and its vector with it. The ten minutes are of a monotonic clock while this core
 * runs; after a restart the wall clock's word counts, but never for longer than ten minutes.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { FORGET_UNDO_MS } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { By, MemoryDeps } from "./deps.ts";
import type { Memories } from "./memories.ts";
import { memoryEvent } from "./memoryEvents.ts";
import { deleteMemory, toRow, ROW } from "./memoryRows.ts";
import type { MemoryRow } from "./memoryRows.ts";
import { withoutTrace } from "./withoutTrace.ts";

export interface Forgotten {
  readonly ids: string[];
  /** Until then it can be taken back. */
  readonly deletesAt: string;
  /** Snapshots that hold one of them: they never change, so they have to be removed to lose it. */
  readonly snapshots: string[];
}

const SYSTEM: By = { actor: "system" };

export class Forgetting {
  readonly #deps: MemoryDeps;
  readonly #memories: Memories;
  /** When each is deleted, on the monotonic clock. */
  readonly #due = new Map<string, number>();
  #cancelTimer: () => void = () => {};

  constructor(deps: MemoryDeps, memories: Memories) {
    this.#deps = deps;
    this.#memories = memories;
  }

  /** What an earlier core left forgotten. */
  open(): void {
    const { store, clock } = this.#deps;
    for (const row of store.all("SELECT id, forgotten_at_ms FROM memories WHERE forgotten_at_ms IS NOT NULL")) {
      const leftMs = Number(row["forgotten_at_ms"]) + FORGET_UNDO_MS - clock.wallNow();
      this.#due.set(String(row["id"]), clock.now() + Math.min(Math.max(leftMs, 0), FORGET_UNDO_MS));
    }
    this.#schedule();
    this.#deleteRisen();
  }

  forget(refs: readonly string[], by: By): Result<Forgotten> {
    const { store, clock } = this.#deps;
    const rows = this.#find(refs, (row) => row.forgotten_at_ms === null);
    if (!rows.ok) return rows;
    const nowMs = clock.wallNow();
    const saved = store.transact({
      actor: by.actor,
      work: (tx) => {
        for (const row of rows.value) {
          tx.run("UPDATE memories SET forgotten_at_ms = ? WHERE rowid = ?", [nowMs, row.rowid]);
          tx.append(memoryEvent(row, "forgotten", { by, data: { deletesAt: toIsoTime(nowMs + FORGET_UNDO_MS) } }));
        }
      },
    });
    if (!saved.ok) return saved;
    const ids = rows.value.map(({ id }) => id);
    for (const id of ids) this.#due.set(id, clock.now() + FORGET_UNDO_MS);
    this.#schedule();
    return ok({ ids, deletesAt: toIsoTime(nowMs + FORGET_UNDO_MS), snapshots: this.#heldBy(ids) });
  }

  /** Undo. Error: not_found once it is deleted. */
  takeBack(refs: readonly string[], by: By): Result<{ readonly ids: string[] }> {
    const rows = this.#find(refs, (row) => row.forgotten_at_ms !== null);
    if (!rows.ok) return rows;
    const saved = this.#deps.store.transact({
      actor: by.actor,
      work: (tx) => {
        for (const row of rows.value) {
          tx.run("UPDATE memories SET forgotten_at_ms = NULL WHERE rowid = ?", [row.rowid]);
          tx.append(memoryEvent(row, "recalled", { by, data: {} }));
        }
      },
    });
    if (!saved.ok) return saved;
    for (const { id } of rows.value) this.#due.delete(id);
    return ok({ ids: rows.value.map(({ id }) => id) });
  }

  #find(refs: readonly string[], isMeant: (row: MemoryRow) => boolean): Result<readonly MemoryRow[]> {
    const rows: MemoryRow[] = [];
    for (const ref of refs) {
      const found = this.#memories.find(ref);
      if (!found.ok) return found;
      if (isMeant(found.value)) rows.push(found.value);
    }
    return rows.length > 0
      ? ok(rows)
      : fail(
          "conflict",
          refs.length === 1 ? `Memory ${refs[0]} is in that state already.` : "All of these are in that state already.",
        );
  }

  #heldBy(ids: readonly string[]): string[] {
    const held = ids.flatMap((id) =>
      this.#deps.store.all("SELECT snapshot_id FROM snapshot_memories WHERE memory_id = ?", [id]),
    );
    return [...new Set(held.map((row) => String(row["snapshot_id"])))];
  }

  #schedule(): void {
    this.#cancelTimer();
    const next = Math.min(...this.#due.values());
    if (Number.isFinite(next))
      this.#cancelTimer = this.#deps.clock.after(Math.max(0, next - this.#deps.clock.now()), () => this.#deleteDue());
  }

  #deleteDue(): void {
    const nowMs = this.#deps.clock.now();
    const ids = [...this.#due].filter(([, dueMs]) => dueMs <= nowMs).map(([id]) => id);
    // A full disk: they stay forgotten, and are deleted as soon as that is possible.
    const isDeleted = this.#delete(ids);
    for (const id of ids) {
      if (isDeleted) this.#due.delete(id);
      else this.#due.set(id, nowMs + FORGET_UNDO_MS);
    }
    this.#schedule();
  }

  #delete(ids: readonly string[]): boolean {
    const { store, clock } = this.#deps;
    const rows = ids.flatMap((id) => {
      const row = store.get(`SELECT ${ROW} FROM memories m WHERE m.id = ? AND m.forgotten_at_ms IS NOT NULL`, [id]);
      return row === undefined ? [] : [toRow(row)];
    });
    if (rows.length === 0) return true;
    const deleted = withoutTrace(store, () =>
      store.transact({
        actor: "system",
        work: (tx) => {
          for (const row of rows) {
            deleteMemory(tx, row.rowid);
            tx.run("INSERT OR REPLACE INTO memory_tombstones (id, at_ms) VALUES (?, ?)", [row.id, clock.wallNow()]);
            tx.append(memoryEvent(row, "deleted", { by: SYSTEM, data: {} }));
          }
        },
      }),
    );
    return deleted.ok;
  }

  /** What a repair of the database brought back out of a backup. */
  #deleteRisen(): void {
    const { store } = this.#deps;
    const rows = store.all(`SELECT ${ROW} FROM memories m JOIN memory_tombstones t ON t.id = m.id`).map(toRow);
    if (rows.length === 0) return;
    withoutTrace(store, () =>
      store.transact({
        actor: "system",
        work: (tx) => {
          for (const { rowid } of rows) deleteMemory(tx, rowid);
        },
      }),
    );
  }

  close(): void {
    this.#cancelTimer();
    this.#due.clear();
  }
}

/**
 * What has come to its end is in no answer from that moment on; a sweep notices it, says so, and deletes it a week after it
 * was noticed. So a clock that jumps ahead and back hides for a while and takes nothing along.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { ok } from "#shared/model/result.ts";
import type { MemoryDeps } from "./deps.ts";
import { contextEvent } from "./memoryEvents.ts";
import { deleteMemory } from "./memoryRows.ts";
import { withoutTrace } from "./withoutTrace.ts";

const SWEEP_EVERY_MS = 10 * 60 * 1000;
const FIRST_SWEEP_MS = 30_000;
export const ENDED_KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** One sweep's share, so that it never stands in anybody's way; the next one goes on. */
const BATCH = 500;
const NAMED = 100;

export function startSweeping(deps: MemoryDeps): () => void {
  let cancel = (): void => undefined;
  const round = (): void => {
    sweep(deps);
    cancel = deps.clock.after(SWEEP_EVERY_MS, round);
  };
  cancel = deps.clock.after(FIRST_SWEEP_MS, round);
  return () => cancel();
}

export function sweep(deps: MemoryDeps): void {
  const nowMs = deps.clock.wallNow();
  markEnded(deps, nowMs);
  deleteEnded(deps, nowMs - ENDED_KEPT_MS);
}

function markEnded({ store }: MemoryDeps, nowMs: number): void {
  const due = store.all(
    "SELECT id FROM memories WHERE ends_at_ms <= ? AND ended_at_ms IS NULL AND forgotten_at_ms IS NULL LIMIT ?",
    [nowMs, BATCH],
  );
  const back = store.get(
    "SELECT 1 AS back FROM memories WHERE ended_at_ms IS NOT NULL AND (ends_at_ms IS NULL OR ends_at_ms > ?) LIMIT 1",
    [nowMs],
  );
  const contexts = store.all("SELECT id FROM contexts WHERE expires_at_ms <= ? AND ended_at_ms IS NULL LIMIT ?", [
    nowMs,
    BATCH,
  ]);
  if (due.length === 0 && back === undefined && contexts.length === 0) return;
  const ids = due.map((row) => String(row["id"]));
  store.transact({
    actor: "system",
    work: (tx) => {
      for (const id of ids) tx.run("UPDATE memories SET ended_at_ms = ? WHERE id = ?", [nowMs, id]);
      for (const { id } of contexts) tx.run("UPDATE contexts SET ended_at_ms = ? WHERE id = ?", [nowMs, id ?? null]);
      tx.run(
        "UPDATE memories SET ended_at_ms = NULL WHERE ended_at_ms IS NOT NULL AND (ends_at_ms IS NULL OR ends_at_ms > ?)",
        [nowMs],
      );
      tx.run(
        "UPDATE contexts SET ended_at_ms = NULL WHERE ended_at_ms IS NOT NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?)",
        [nowMs],
      );
      if (ids.length > 0)
        tx.append({
          subject: systemSubject("memory", "expired"),
          type: "memory.expired",
          data: { count: ids.length, ids: ids.slice(0, NAMED) },
        });
    },
  });
}

function deleteEnded({ store }: MemoryDeps, beforeMs: number): void {
  const rows = store.all("SELECT rowid FROM memories WHERE ended_at_ms <= ? LIMIT ?", [beforeMs, BATCH]);
  const contexts = store.all("SELECT id, fleet FROM contexts WHERE ended_at_ms <= ? LIMIT ?", [beforeMs, BATCH]);
  const variables = store.get("SELECT 1 AS old FROM context_variables WHERE expires_at_ms <= ? LIMIT 1", [beforeMs]);
  if (rows.length === 0 && contexts.length === 0 && variables === undefined) return;
  withoutTrace(store, () => {
    const done = store.transact({
      actor: "system",
      work: (tx) => {
        for (const row of rows) deleteMemory(tx, Number(row["rowid"]));
        tx.run("DELETE FROM context_variables WHERE expires_at_ms <= ?", [beforeMs]);
        for (const { id, fleet } of contexts) {
          for (const table of ["context_variables", "context_messages"])
            tx.run(`DELETE FROM ${table} WHERE context_id = ?`, [id ?? null]);
          tx.run("DELETE FROM contexts WHERE id = ?", [id ?? null]);
          const context = { id: String(id), fleet: fleet === null || fleet === undefined ? undefined : String(fleet) };
          tx.append(contextEvent(context, "deleted", { by: { actor: "system" }, data: { reason: "expired" } }));
        }
      },
    });
    return done.ok ? ok(undefined) : done;
  });
}

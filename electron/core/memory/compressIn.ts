/** Leaving messages out of a context, in the caller's transaction, after a snapshot of the whole. */
import type { StoreTx } from "#core/store/index.ts";
import { compress, isTooLong } from "./compress.ts";
import { readMessages, writeContextRow } from "./contextRows.ts";
import type { ContextRow } from "./contextRows.ts";
import type { By } from "./deps.ts";
import { contextEvent } from "./memoryEvents.ts";
import { snapshotDataOf, takeSnapshot } from "./snapshots.ts";

/** Named in a context; the earlier ones are in `snapshots` all the same. */
const NAMED_SNAPSHOTS = 20;

interface Compressing {
  readonly by: By;
  readonly nowMs: number;
  readonly isAsked?: boolean;
}

/** Undefined: there was nothing to do. */
export function compressIn(
  tx: StoreTx,
  row: ContextRow,
  { by, nowMs, isAsked = false }: Compressing,
): { readonly revision: number; readonly snapshot: string } | undefined {
  const whole = { messages: readMessages(tx, row.id), summary: row.summary, intent: row.intent };
  if (!isAsked && !isTooLong(whole)) return undefined;
  const compressed = compress(whole);
  const data = compressed === undefined ? undefined : snapshotDataOf(tx, row.id, nowMs);
  if (compressed === undefined || data === undefined) return undefined;
  const snapshot = takeSnapshot(tx, data, { by, nowMs, reason: "before messages were left out" });
  const dropped = JSON.stringify(compressed.dropped.map(({ seq }) => seq));
  tx.run("DELETE FROM context_messages WHERE context_id = ? AND seq IN (SELECT value FROM json_each(?))", [
    row.id,
    dropped,
  ]);
  const snapshots = [...(row.summary?.snapshots ?? []), snapshot].slice(-NAMED_SNAPSHOTS);
  const revision = row.revision + 1;
  writeContextRow(tx, { ...row, revision, summary: { ...compressed.summary, snapshots } });
  tx.append(
    contextEvent(row, "compressed", {
      by,
      data: { revision, snapshot, kept: compressed.kept.length, leftOut: compressed.dropped.length },
    }),
  );
  return { revision, snapshot };
}

/** Rows of the log as events. */
import type { Row } from "#core/ports/database.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { EventKinds } from "./eventKinds.ts";

/** `row` carries seq, time, kind_id, actor and data. */
export function toEvent(row: Row, kinds: EventKinds): StoredEvent {
  const { subject, type } = kinds.byId(Number(row["kind_id"]));
  return {
    seq: Number(row["seq"]),
    time: String(row["time"]),
    subject,
    type,
    actor: String(row["actor"]),
    data: readData(String(row["data"])),
  };
}

/** A flipped bit in one event must not hide all the others. */
export function readData(text: string): Record<string, unknown> {
  try {
    const data: Record<string, unknown> = JSON.parse(text);
    return data;
  } catch {
    return { unreadable: text };
  }
}

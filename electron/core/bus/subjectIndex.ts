/**
 * The newest message of each subject of a stream. It follows the log: what is not in its table yet is in memory, and
 * after a start is read from the blocks. Dirty entries are bounded and written with a later commit.
 */
import type { BusMessage } from "#shared/model/bus.ts";
import type { BusStore, BusTx } from "./busStore.ts";

/** Written when so many subjects have news, or so many messages came: a start reads at most that many again. */
const MAX_DIRTY = 5000;
const MAX_BEHIND = 50_000;

type Visit = (from: number, visit: (subject: string, seq: number) => void) => void;

export class SubjectIndex {
  readonly #store: BusStore;
  readonly #streamId: number;
  readonly #visitLog: Visit;
  /** Undefined: to be read from the log, from `#savedSeq` on. */
  #dirty: Map<string, number> | undefined;
  #savedSeq = 0;
  #lastSeq = 0;
  /** What the transaction under way appended; it counts from its commit on. */
  #unsettled: (readonly BusMessage[])[] = [];
  #willBeSaved: number | undefined;

  constructor(store: BusStore, streamId: number, visitLog: Visit) {
    this.#store = store;
    this.#streamId = streamId;
    this.#visitLog = visitLog;
  }

  open(): void {
    this.#news();
  }

  last(subject: string): number {
    const seq = this.#news().get(subject);
    if (seq !== undefined) return seq;
    const row = this.#store.get("SELECT last_seq FROM bus_subjects WHERE stream_id = ? AND subject = ?", [
      this.#streamId,
      subject,
    ]);
    return Number(row?.["last_seq"] ?? 0);
  }

  lastOfEach(matches: (subject: string) => boolean): readonly number[] {
    const found: number[] = [];
    const news = this.#news();
    const rows = this.#store.all("SELECT subject, last_seq FROM bus_subjects WHERE stream_id = ?", [this.#streamId]);
    for (const row of rows) {
      const subject = String(row["subject"]);
      if (!news.has(subject) && matches(subject)) found.push(Number(row["last_seq"]));
    }
    for (const [subject, seq] of news) if (matches(subject)) found.push(seq);
    return found;
  }

  appended(messages: readonly BusMessage[]): void {
    this.#unsettled.push(messages);
  }

  /** Answers up to where the table is right once this transaction is committed. */
  save(tx: BusTx, firstSeq: number): number {
    const news = this.#news();
    if (news.size < MAX_DIRTY && this.#lastSeq - this.#savedSeq < MAX_BEHIND) return this.#savedSeq;
    const rows = JSON.stringify([...news]);
    tx.run(
      `INSERT INTO bus_subjects (stream_id, subject, last_seq)
         SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true
       ON CONFLICT (stream_id, subject) DO UPDATE SET last_seq = excluded.last_seq`,
      [this.#streamId, rows],
    );
    // Subjects whose newest message is no longer kept.
    tx.run("DELETE FROM bus_subjects WHERE stream_id = ? AND last_seq < ?", [this.#streamId, firstSeq]);
    this.#willBeSaved = this.#lastSeq;
    return this.#lastSeq;
  }

  settle(isCommitted: boolean): void {
    const appended = this.#unsettled;
    this.#unsettled = [];
    const saved = this.#willBeSaved;
    this.#willBeSaved = undefined;
    if (!isCommitted) return;
    const news = this.#news();
    if (saved !== undefined) {
      news.clear();
      this.#savedSeq = saved;
    }
    for (const messages of appended) {
      for (const { subject, seq } of messages) news.set(subject, seq);
      this.#lastSeq = messages.at(-1)?.seq ?? this.#lastSeq;
    }
  }

  #news(): Map<string, number> {
    if (this.#dirty !== undefined) return this.#dirty;
    const dirty = new Map<string, number>();
    const row = this.#store.get("SELECT subjects_seq, last_seq FROM bus_streams WHERE id = ?", [this.#streamId]);
    this.#savedSeq = Number(row?.["subjects_seq"] ?? 0);
    this.#lastSeq = Number(row?.["last_seq"] ?? 0);
    this.#visitLog(this.#savedSeq + 1, (subject, seq) => dirty.set(subject, seq));
    this.#dirty = dirty;
    return dirty;
  }
}

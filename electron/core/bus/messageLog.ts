/**
 * One stream's messages in SQLite: blocks, the newest messages once more in memory for those who keep up, and the last
 * number of each subject. Invariant: what `settle(false)` says is gone is gone here, too.
 */
import type { Logger } from "#core/ports/logger.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { MAX_SCANNED } from "./busStorage.ts";
import type { Scan, Scanned, StreamRecord } from "./busStorage.ts";
import { Block, encodeBlock } from "./messageBlocks.ts";
import { SubjectIndex } from "./subjectIndex.ts";
import type { BusStore, BusTx } from "./busStore.ts";

/** 17 trillion messages a stream, 511 streams, and the key is still an exact JavaScript number. */
const SEQ_SPAN = 2 ** 44;
/** Read from memory by consumers that keep up. */
const TAIL_MESSAGES = 2000;
const TAIL_CHARS = 4 * 1024 * 1024;
/** A block of this size is left as it is; smaller ones are put together. */
const SEALED_BYTES = 128 * 1024;
/** So many small rows become one. Each message is rewritten about seven times until its block is sealed. */
const PACK_ROWS = 64;
/** A commit's messages may be more than a reader wants to decode at once. */
const BLOCK_MESSAGES = 1000;
/** Decoded heads kept for readers that go through the same stretch. */
const KEPT_BLOCKS = 4;
const NO_BLOCKS = Number.MAX_SAFE_INTEGER;

function streamKey(streamId: number, seq: number): number {
  return streamId * SEQ_SPAN + seq;
}

interface SmallRow {
  readonly id: number;
  readonly bytes: number;
}

interface MessageLogDeps {
  readonly store: BusStore;
  readonly logger: Logger;
  readonly streamId: number;
  readonly name: string;
}

export class MessageLog {
  readonly #deps: MessageLogDeps;
  readonly #subjects: SubjectIndex;
  #tail: BusMessage[] = [];
  #tailChars = 0;
  /** Appended in the transaction under way. */
  #unsettled: (readonly BusMessage[])[] = [];
  /** The small rows at the end of the stream; undefined: to be asked. */
  #small: SmallRow[] | undefined;
  /** The first block's last number: nothing is dropped before it. */
  #firstBlockEnds: number | undefined;
  readonly #blocks = new Map<number, Block>();

  constructor(deps: MessageLogDeps) {
    this.#deps = deps;
    this.#subjects = new SubjectIndex(deps.store, deps.streamId, (from, visit) => this.#visit(from, visit));
  }

  /** What is remembered is read before a transaction, so that it holds nothing that may be rolled back. */
  open(): void {
    this.#subjects.open();
    this.#smallRows();
    this.#firstBlockEnds ??= this.#readFirstBlockEnd();
  }

  append(tx: BusTx, messages: readonly BusMessage[]): void {
    for (let at = 0; at < messages.length; at += BLOCK_MESSAGES) {
      const part = messages.slice(at, at + BLOCK_MESSAGES);
      const data = encodeBlock(part);
      const id = this.#insert(tx, part, data);
      if (data.length >= SEALED_BYTES) this.#small = [];
      else this.#smallRows().push({ id, bytes: data.length });
    }
    this.#unsettled.push(messages);
    if (this.#firstBlockEnds === NO_BLOCKS) this.#firstBlockEnds = undefined;
    this.#subjects.appended(messages);
    this.#pack(tx);
  }

  /** Whole blocks that lie before `firstSeq`. */
  dropBefore(tx: BusTx, firstSeq: number): void {
    this.#firstBlockEnds ??= this.#readFirstBlockEnd();
    if (firstSeq <= this.#firstBlockEnds) return;
    const { streamId } = this.#deps;
    tx.run("DELETE FROM bus_blocks WHERE id > ? AND id < ? AND last_seq < ?", [
      streamKey(streamId, 0),
      streamKey(streamId, firstSeq),
      firstSeq,
    ]);
    this.#firstBlockEnds = undefined;
    this.#small = undefined;
    this.#blocks.clear();
  }

  /** Up to where the subjects' table is right after this transaction. */
  saveSubjects(tx: BusTx, firstSeq: number): number {
    return this.#subjects.save(tx, firstSeq);
  }

  settle(isCommitted: boolean): void {
    const appended = this.#unsettled;
    this.#unsettled = [];
    this.#subjects.settle(isCommitted);
    if (!isCommitted) {
      this.#small = undefined;
      this.#firstBlockEnds = undefined;
      this.#blocks.clear();
      return;
    }
    for (const messages of appended)
      for (const message of messages) {
        this.#tail.push(message);
        this.#tailChars += message.data.length;
      }
    while (this.#tail.length > 2 * TAIL_MESSAGES || this.#tailChars > 2 * TAIL_CHARS) this.#trimTail();
  }

  scan(stream: StreamRecord, { from, to, limit, matches }: Scan): Scanned {
    const messages: BusMessage[] = [];
    const start = Math.max(from, stream.firstSeq);
    const end = Math.min(to, stream.lastSeq, start + MAX_SCANNED - 1);
    let next = start;
    while (next <= end && messages.length < limit) {
      const stretch = {
        from: next,
        to: end,
        limit: limit - messages.length,
        ...(matches === undefined ? {} : { matches }),
      };
      const tail = this.#tail[0];
      next =
        tail !== undefined && next >= tail.seq
          ? this.#readTail(stretch, messages)
          : this.#readBlocks(stretch, messages);
    }
    return { messages, scannedTo: Math.max(from, next - 1) };
  }

  lastOfSubject(stream: StreamRecord, subject: string): number {
    const seq = this.#subjects.last(subject);
    return seq >= stream.firstSeq ? seq : 0;
  }

  lastOfEach(stream: StreamRecord, matches: (subject: string) => boolean): readonly number[] {
    return this.#subjects
      .lastOfEach(matches)
      .filter((seq) => seq >= stream.firstSeq)
      .toSorted((a, b) => a - b);
  }

  firstSince(stream: StreamRecord, sinceMs: number): number | undefined {
    const { store, streamId } = this.#deps;
    // Clocks are set back at times: the first block that reaches that far, and in it the first message that does.
    const row = store.get("SELECT id FROM bus_blocks WHERE id > ? AND id < ? AND last_ms >= ? ORDER BY id LIMIT 1", [
      streamKey(streamId, 0),
      streamKey(streamId + 1, 0),
      sinceMs,
    ]);
    if (row === undefined) return undefined;
    const block = this.#blockFor(Math.max(Number(row["id"]) - streamKey(streamId, 0), stream.firstSeq));
    if (block === undefined) return undefined;
    for (let seq = Math.max(block.firstSeq, stream.firstSeq); seq <= block.lastSeq; seq += 1)
      if (block.timeMs(seq - block.firstSeq) >= sinceMs) return seq;
    return undefined;
  }

  /** Answers where to go on. */
  #readTail({ from, to, limit, matches }: Scan, found: BusMessage[]): number {
    const first = this.#tail[0]?.seq ?? 0;
    let left = limit;
    let seq = from;
    for (; seq <= to && left > 0; seq += 1) {
      const message = this.#tail[seq - first];
      if (message === undefined || (matches !== undefined && !matches(message.subject))) continue;
      found.push(message);
      left -= 1;
    }
    return seq;
  }

  /** One block; answers where to go on. */
  #readBlocks({ from, to, limit, matches }: Scan, found: BusMessage[]): number {
    const block = this.#blockFor(from);
    if (block === undefined || block.firstSeq > to) return to + 1;
    const wants = block.matching(matches);
    const stop = Math.min(to, block.lastSeq);
    let left = limit;
    let seq = Math.max(from, block.firstSeq);
    for (; seq <= stop && left > 0; seq += 1) {
      const index = seq - block.firstSeq;
      if (wants !== undefined && !wants(index)) continue;
      found.push(block.message(index));
      left -= 1;
    }
    return seq;
  }

  /** Subjects and times alone, without the texts. */
  #visit(from: number, visit: (subject: string, seq: number) => void): void {
    for (let block = this.#blockFor(from); block !== undefined; block = this.#blockFor(block.lastSeq + 1))
      for (let seq = Math.max(from, block.firstSeq); seq <= block.lastSeq; seq += 1)
        visit(block.subject(seq - block.firstSeq), seq);
  }

  #insert(tx: BusTx, messages: readonly BusMessage[], data: Buffer): number {
    const first = messages[0]?.seq ?? 0;
    const last = messages.at(-1)?.seq ?? 0;
    const id = streamKey(this.#deps.streamId, first);
    let lastMs = 0;
    let time = "";
    for (const message of messages)
      if (message.time !== time) lastMs = Math.max(lastMs, parseTime((time = message.time)));
    tx.run("INSERT INTO bus_blocks (id, last_seq, last_ms, data) VALUES (?, ?, ?, ?)", [id, last, lastMs, data]);
    return id;
  }

  #pack(tx: BusTx): void {
    const small = this.#smallRows();
    const bytes = small.reduce((sum, row) => sum + row.bytes, 0);
    if (small.length < PACK_ROWS && bytes < 2 * SEALED_BYTES) return;
    const first = small[0];
    const last = small.at(-1);
    if (first === undefined || last === undefined || first === last) return;
    const messages: BusMessage[] = [];
    for (const row of small) {
      const block = this.#readBlock(row.id);
      // One that cannot be read stays as it is, and so does everything near it.
      if (block === undefined) return void (this.#small = []);
      for (let index = 0; index < block.count; index += 1) messages.push(block.message(index));
    }
    tx.run("DELETE FROM bus_blocks WHERE id BETWEEN ? AND ?", [first.id, last.id]);
    this.#blocks.clear();
    this.#firstBlockEnds = undefined;
    const data = encodeBlock(messages);
    const id = this.#insert(tx, messages, data);
    this.#small = data.length < SEALED_BYTES ? [{ id, bytes: data.length }] : [];
  }

  #smallRows(): SmallRow[] {
    if (this.#small !== undefined) return this.#small;
    const { store, streamId } = this.#deps;
    const rows = store.all(
      "SELECT id, length(data) AS bytes FROM bus_blocks WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?",
      [streamKey(streamId, 0), streamKey(streamId + 1, 0), PACK_ROWS],
    );
    const sealed = rows.findIndex((row) => Number(row["bytes"]) >= SEALED_BYTES);
    const small = (sealed < 0 ? rows : rows.slice(0, sealed)).toReversed();
    this.#small = small.map((row) => ({ id: Number(row["id"]), bytes: Number(row["bytes"]) }));
    return this.#small;
  }

  #readFirstBlockEnd(): number {
    const { store, streamId } = this.#deps;
    const row = store.get("SELECT last_seq FROM bus_blocks WHERE id > ? AND id < ? ORDER BY id LIMIT 1", [
      streamKey(streamId, 0),
      streamKey(streamId + 1, 0),
    ]);
    return row === undefined ? NO_BLOCKS : Number(row["last_seq"]);
  }

  /** The block that holds `seq`, or the next one after it. */
  #blockFor(seq: number): Block | undefined {
    for (const block of this.#blocks.values()) if (seq >= block.firstSeq && seq <= block.lastSeq) return block;
    const { store, streamId } = this.#deps;
    const before = store.get("SELECT id, last_seq FROM bus_blocks WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT 1", [
      streamKey(streamId, 0),
      streamKey(streamId, seq),
    ]);
    if (before !== undefined && Number(before["last_seq"]) >= seq) {
      const block = this.#readBlock(Number(before["id"]));
      if (block !== undefined) return block;
    }
    const after = store.all("SELECT id FROM bus_blocks WHERE id > ? AND id < ? ORDER BY id LIMIT 2", [
      streamKey(streamId, seq),
      streamKey(streamId + 1, 0),
    ]);
    for (const row of after) {
      const block = this.#readBlock(Number(row["id"]));
      if (block !== undefined) return block;
    }
    return undefined;
  }

  #readBlock(id: number): Block | undefined {
    const known = this.#blocks.get(id);
    if (known !== undefined) return known;
    const { store, streamId, name, logger } = this.#deps;
    const row = store.get("SELECT data FROM bus_blocks WHERE id = ?", [id]);
    const data = row?.["data"];
    if (!(data instanceof Uint8Array)) return undefined;
    try {
      const block = new Block(name, id - streamKey(streamId, 0), data);
      this.#blocks.set(id, block);
      const oldest = this.#blocks.size > KEPT_BLOCKS ? this.#blocks.keys().next().value : undefined;
      if (oldest !== undefined) this.#blocks.delete(oldest);
      return block;
    } catch (error) {
      // A flipped bit in one block must not hide all the others.
      logger.error("Messages of a stream cannot be read; those before and after them can.", {
        stream: name,
        from: id - streamKey(streamId, 0),
        error: String(error),
      });
      return undefined;
    }
  }

  #trimTail(): void {
    const gone = this.#tail.splice(0, Math.max(1, this.#tail.length >> 1));
    for (const message of gone) this.#tailChars -= message.data.length;
  }
}

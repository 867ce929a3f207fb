/**
 * What an engine on one machine keeps of streams and consumers. Reads throw StoreError when the disk fails; writes
 * answer, and are all or nothing.
 */
import type { BusMessage, ConsumerSettings, StreamSettings } from "#shared/model/bus.ts";
import type { Result } from "#shared/model/result.ts";

export interface StreamRecord {
  readonly id: number;
  readonly settings: StreamSettings;
  /** The oldest message kept; `lastSeq + 1` when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Of the messages kept, as messageBytes counts them. */
  readonly bytes: number;
}

export interface ConsumerRecord {
  readonly streamId: number;
  readonly settings: ConsumerSettings;
  /** What ConsumerProgress.save made of it. */
  readonly progress: string;
}

/** The stream as it is afterwards, and what is new in it. What lies before `firstSeq` may go. */
export interface StreamWrite {
  readonly record: StreamRecord;
  readonly appended: readonly BusMessage[];
}

export interface Scan {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly limit: number;
  /** Absent: every subject. */
  readonly matches?: (subject: string) => boolean;
}

export interface Scanned {
  readonly messages: readonly BusMessage[];
  /** Everything up to here was looked at; at least `from`, unless there was nothing. */
  readonly scannedTo: number;
}

/** Looking at more in one go would hold the loop: a filter that matches nothing in a long stream. */
export const MAX_SCANNED = 20_000;

export interface BusStorage {
  readonly engine: "memory" | "sqlite";
  load(): { readonly streams: readonly StreamRecord[]; readonly consumers: readonly ConsumerRecord[] };
  /** A new stream, or new settings of one. */
  putStream(settings: StreamSettings, known?: StreamRecord): Result<StreamRecord>;
  putConsumer(consumer: ConsumerRecord): Result<void>;
  deleteConsumer(streamId: number, name: string): Result<void>;
  /** Durable when it answers ok. */
  write(writes: readonly StreamWrite[]): Result<void>;
  /** Outlives a kill of this process when it answers ok; a power cut may take it, and then messages come again. */
  saveProgress(consumers: readonly ConsumerRecord[]): Result<void>;
  /** Of one stream, in order. */
  scan(stream: StreamRecord, scan: Scan): Scanned;
  /** The newest message of a subject; 0 when there is none. */
  lastOfSubject(stream: StreamRecord, subject: string): number;
  /** The newest message of each subject that matches, in stream order. */
  lastOfEach(stream: StreamRecord, matches: (subject: string) => boolean): readonly number[];
  /** The first message at or after a wall-clock time, in stream order. */
  firstSince(stream: StreamRecord, sinceMs: number): number | undefined;
  /** Rests while nothing is published: what was written in small pieces is put together. */
  close(): void;
}

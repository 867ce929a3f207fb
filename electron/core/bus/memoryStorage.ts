/** A bus that forgets: for tests, and for whoever wants the semantics without the disk. */
import type { BusMessage, StreamSettings } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { MAX_SCANNED } from "./busStorage.ts";
import type { BusStorage, Scan, Scanned, StreamRecord } from "./busStorage.ts";

interface Kept {
  /** The sequence number of `messages[0]`. */
  base: number;
  messages: BusMessage[];
  readonly last: Map<string, number>;
}

/** Removing from the front of an array costs its length: it is done in pieces. */
const TRIM = 1000;

export function createMemoryStorage(): BusStorage {
  const kept = new Map<number, Kept>();
  let streams = 0;
  const of = ({ id }: StreamRecord): Kept => {
    const known = kept.get(id);
    if (known !== undefined) return known;
    const fresh: Kept = { base: 1, messages: [], last: new Map() };
    kept.set(id, fresh);
    return fresh;
  };
  return {
    engine: "memory",
    load: () => ({ streams: [], consumers: [] }),
    putStream: (settings: StreamSettings, known) =>
      ok({ ...(known ?? { id: (streams += 1), firstSeq: 1, lastSeq: 0, bytes: 0 }), settings }),
    putConsumer: () => ok(undefined),
    deleteConsumer: () => ok(undefined),
    saveProgress: () => ok(undefined),
    write: (writes) => {
      for (const { record, appended } of writes) {
        const stream = of(record);
        for (const message of appended) {
          stream.messages.push(message);
          stream.last.set(message.subject, message.seq);
        }
        const gone = record.firstSeq - stream.base;
        if (gone >= TRIM || gone >= stream.messages.length) {
          stream.messages = stream.messages.slice(gone);
          stream.base = record.firstSeq;
        }
      }
      return ok(undefined);
    },
    scan: (stream, scan) => scanKept(of(stream), stream, scan),
    lastOfSubject: (stream, subject) => living(stream, of(stream).last.get(subject) ?? 0),
    lastOfEach: (stream, matches) =>
      [...of(stream).last]
        .filter(([subject, seq]) => seq >= stream.firstSeq && matches(subject))
        .map(([, seq]) => seq)
        .toSorted((a, b) => a - b),
    firstSince: (stream, sinceMs) =>
      of(stream).messages.find(({ seq, time }) => seq >= stream.firstSeq && parseTime(time) >= sinceMs)?.seq,
    close: () => kept.clear(),
  };
}

function living({ firstSeq }: StreamRecord, seq: number): number {
  return seq >= firstSeq ? seq : 0;
}

function scanKept(kept: Kept, stream: StreamRecord, { from, to, limit, matches }: Scan): Scanned {
  const messages: BusMessage[] = [];
  const start = Math.max(from, stream.firstSeq);
  const end = Math.min(to, stream.lastSeq, start + MAX_SCANNED - 1);
  let seq = start;
  for (; seq <= end && messages.length < limit; seq += 1) {
    const message = kept.messages[seq - kept.base];
    if (message !== undefined && (matches === undefined || matches(message.subject))) messages.push(message);
  }
  return { messages, scannedTo: Math.max(from, seq - 1) };
}

/**
 * The bus in the core's own database. A commit's messages are one row per stream, small rows are put together later,
 * and which message is the newest of a subject follows the log instead of being written with it: cost per message does
 * not depend on how many there are.
 */
import type { SqlValue } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import { consumerConfigSchema, streamConfigSchema } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { BusStorage, ConsumerRecord, Scan, StreamRecord, StreamWrite } from "./busStorage.ts";
import type { BusStore, BusTx } from "./busStore.ts";
import { MessageLog } from "./messageLog.ts";

export function createSqliteStorage(store: BusStore, logger: Logger): BusStorage {
  const logs = new Map<number, MessageLog>();
  const logOf = (record: StreamRecord): MessageLog => {
    const known = logs.get(record.id);
    if (known !== undefined) return known;
    const log = new MessageLog({ store, logger, streamId: record.id, name: record.settings.name });
    logs.set(record.id, log);
    return log;
  };
  const transact = <T>(work: (tx: BusTx) => T): Result<T> => store.transact({ actor: "system", work });
  return {
    engine: "sqlite",
    load: () => ({ streams: loadStreams(store), consumers: loadConsumers(store) }),
    putStream: (settings, known) => transact((tx) => putStream(tx, settings, known)),
    putConsumer: (consumer) => transact((tx) => void tx.run(PUT_CONSUMER, consumerParams(consumer))),
    deleteConsumer: (streamId, name) =>
      transact((tx) => void tx.run("DELETE FROM bus_consumers WHERE stream_id = ? AND name = ?", [streamId, name])),
    write: (writes) => {
      for (const { record } of writes) logOf(record).open();
      let isCommitted = false;
      try {
        const written = transact((tx) => {
          for (const write of writes) writeStream(tx, logOf(write.record), write);
        });
        isCommitted = written.ok;
        return written;
      } finally {
        for (const { record } of writes) logOf(record).settle(isCommitted);
      }
    },
    saveProgress: (consumers) => {
      for (const consumer of consumers) {
        const saved = store.jot(PUT_CONSUMER, consumerParams(consumer));
        if (!saved.ok) return saved;
      }
      return ok(undefined);
    },
    scan: (stream, scan: Scan) => logOf(stream).scan(stream, scan),
    lastOfSubject: (stream, subject) => logOf(stream).lastOfSubject(stream, subject),
    lastOfEach: (stream, matches) => logOf(stream).lastOfEach(stream, matches),
    firstSince: (stream, sinceMs) => logOf(stream).firstSince(stream, sinceMs),
    close: () => logs.clear(),
  };
}

const PUT_CONSUMER = `INSERT INTO bus_consumers (stream_id, name, settings, progress) VALUES (?, ?, ?, ?)
  ON CONFLICT (stream_id, name) DO UPDATE SET settings = excluded.settings, progress = excluded.progress`;

function consumerParams({ streamId, settings, progress }: ConsumerRecord): readonly SqlValue[] {
  return [streamId, settings.name, JSON.stringify(settings), progress];
}

function putStream(tx: BusTx, settings: StreamRecord["settings"], known: StreamRecord | undefined): StreamRecord {
  const text = JSON.stringify(settings);
  if (known !== undefined) {
    tx.run("UPDATE bus_streams SET settings = ? WHERE id = ?", [text, known.id]);
    return { ...known, settings };
  }
  const { lastRowId } = tx.run("INSERT INTO bus_streams (name, settings) VALUES (?, ?)", [settings.name, text]);
  return { id: lastRowId, settings, firstSeq: 1, lastSeq: 0, bytes: 0 };
}

function writeStream(tx: BusTx, log: MessageLog, { record, appended }: StreamWrite): void {
  if (appended.length > 0) log.append(tx, appended);
  log.dropBefore(tx, record.firstSeq);
  const subjectsSeq = log.saveSubjects(tx, record.firstSeq);
  tx.run("UPDATE bus_streams SET first_seq = ?, last_seq = ?, bytes = ?, subjects_seq = ? WHERE id = ?", [
    record.firstSeq,
    record.lastSeq,
    record.bytes,
    subjectsSeq,
    record.id,
  ]);
}

function loadStreams(store: BusStore): readonly StreamRecord[] {
  return store.all("SELECT id, settings, first_seq, last_seq, bytes FROM bus_streams ORDER BY id").map((row) => ({
    id: Number(row["id"]),
    settings: streamConfigSchema.parse(JSON.parse(String(row["settings"]))),
    firstSeq: Number(row["first_seq"]),
    lastSeq: Number(row["last_seq"]),
    bytes: Number(row["bytes"]),
  }));
}

function loadConsumers(store: BusStore): readonly ConsumerRecord[] {
  return store.all("SELECT stream_id, settings, progress FROM bus_consumers ORDER BY stream_id, name").map((row) => ({
    streamId: Number(row["stream_id"]),
    settings: consumerConfigSchema.parse(JSON.parse(String(row["settings"]))),
    progress: String(row["progress"]),
  }));
}

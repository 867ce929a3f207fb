/**
 * One stream of an engine on this machine: decides what a message becomes (a number, a duplicate, a refusal) and what
 * goes for it. What is staged counts only once `settle(true)` says that it is committed.
 */
import type { Clock } from "#core/ports/clock.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { BUS_ERRORS, MSG_ID_HEADER } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage, PubAck, StreamInfo, StreamSettings } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { BusStorage, Scan, Scanned, StreamRecord, StreamWrite } from "./busStorage.ts";
import { DedupeWindow } from "./dedupeWindow.ts";
import { messageBytes, NO_HEADERS } from "./headers.ts";
import type { CheckedMessage } from "./outgoing.ts";
import type { StreamSource, SubjectFilter } from "./streamSource.ts";

const PAGE = 500;

/** What changes with messages. */
interface Marks {
  firstSeq: number;
  lastSeq: number;
  bytes: number;
}

function marksOf({ firstSeq, lastSeq, bytes }: StreamRecord): Marks {
  return { firstSeq, lastSeq, bytes };
}

export class LocalStream implements StreamSource {
  readonly #storage: BusStorage;
  readonly #clock: Clock;
  readonly #ids: DedupeWindow;
  #record: StreamRecord;
  /** As it will be when what is staged is committed. */
  #next: Marks;
  /** When the oldest message kept was published, and which one that is. */
  #oldest = { seq: 0, atMs: 0 };
  #staged: BusMessage[] = [];
  #stagedSubjects = new Map<string, number>();
  #lastMsgId = "";
  #nextMsgId = "";

  constructor(storage: BusStorage, clock: Clock, record: StreamRecord) {
    this.#storage = storage;
    this.#clock = clock;
    this.#record = record;
    this.#next = marksOf(record);
    this.#ids = new DedupeWindow(clock);
    if (record.lastSeq > 0) this.#remember();
  }

  get name(): string {
    return this.#record.settings.name;
  }

  get settings(): StreamSettings {
    return this.#record.settings;
  }

  get record(): StreamRecord {
    return this.#record;
  }

  get subjects(): readonly string[] {
    return this.#record.settings.subjects;
  }

  get firstSeq(): number {
    return this.#record.firstSeq;
  }

  get lastSeq(): number {
    return this.#record.lastSeq;
  }

  info(consumers: number): StreamInfo {
    const { settings, firstSeq, lastSeq, bytes } = this.#record;
    return { ...settings, isReadOnly: false, messages: lastSeq - firstSeq + 1, bytes, firstSeq, lastSeq, consumers };
  }

  /** Its settings changed; nothing may be staged. */
  reconfigured(record: StreamRecord): void {
    this.#record = record;
    this.#next = marksOf(record);
  }

  /** Duplicates and refusals change nothing; anything else is stored with the next `staged()`. */
  stage(message: CheckedMessage, time: string): Result<PubAck> {
    const { msgId } = message;
    const { name, dedupeWindowMs } = this.settings;
    if (msgId !== undefined) {
      const before = this.#ids.find(msgId, dedupeWindowMs);
      if (before !== undefined) return ok({ stream: name, seq: before, duplicate: true });
      if (this.#ids.isFull)
        return fail("throttled", `${name} remembers as many message ids as it may. Try again in a minute.`, {
          errCode: BUS_ERRORS.insufficientResources,
        });
    }
    const refusal = this.#refusalOf(message);
    if (refusal !== undefined) return { ok: false, error: refusal };
    const seq = this.#next.lastSeq + 1;
    const headers = withId(message.headers, msgId);
    const stored: BusMessage = { stream: name, seq, time, subject: message.subject, headers, data: message.data };
    this.#staged.push(stored);
    this.#stagedSubjects.set(message.subject, seq);
    this.#nextMsgId = msgId ?? "";
    if (msgId !== undefined) this.#ids.stage(msgId, seq);
    this.#next.lastSeq = seq;
    this.#next.bytes += Buffer.byteLength(message.subject) + message.bytes;
    return ok({ stream: name, seq, duplicate: false });
  }

  /** What the next commit has to write; undefined: nothing changed. */
  staged(wallMs: number): StreamWrite | undefined {
    this.#discard(wallMs);
    const { firstSeq, lastSeq, bytes } = this.#next;
    if (firstSeq === this.#record.firstSeq && lastSeq === this.#record.lastSeq) return undefined;
    const isWhole = firstSeq <= this.#record.lastSeq + 1;
    const appended = isWhole ? this.#staged : this.#staged.filter(({ seq }) => seq >= firstSeq);
    return { record: { ...this.#record, firstSeq, lastSeq, bytes }, appended };
  }

  /** Answers what is new. */
  settle(isCommitted: boolean): readonly BusMessage[] {
    const appended = isCommitted ? this.#staged : [];
    if (isCommitted) {
      this.#record = { ...this.#record, ...this.#next };
      this.#lastMsgId = appended.length > 0 ? this.#nextMsgId : this.#lastMsgId;
    }
    this.#ids.settle(isCommitted);
    this.#next = marksOf(this.#record);
    this.#staged = [];
    this.#stagedSubjects = new Map();
    return appended;
  }

  /** When the oldest message is too old to be kept; undefined: never. */
  expiresAtMs(): number | undefined {
    const { maxAgeMs } = this.settings;
    const { firstSeq, lastSeq } = this.#record;
    if (maxAgeMs === undefined || firstSeq > lastSeq) return undefined;
    if (this.#oldest.seq !== firstSeq) {
      const [oldest] = this.scan({ from: firstSeq, to: lastSeq, limit: 1 }).messages;
      this.#oldest = { seq: firstSeq, atMs: parseTime(oldest?.time ?? "") };
    }
    return this.#oldest.atMs + maxAgeMs;
  }

  scan(scan: Scan): Scanned {
    return this.#storage.scan(this.#record, scan);
  }

  count({ matches }: SubjectFilter, from: number, to: number): { count: number; countedTo: number } {
    const { messages, scannedTo } = this.scan({
      from,
      to,
      limit: Number.POSITIVE_INFINITY,
      ...(matches === undefined ? {} : { matches }),
    });
    return { count: messages.length, countedTo: scannedTo };
  }

  lastOfEach({ matches }: SubjectFilter): readonly number[] {
    return this.#storage.lastOfEach(this.#record, matches ?? (() => true));
  }

  firstSince(sinceMs: number): number | undefined {
    return this.#storage.firstSince(this.#record, sinceMs);
  }

  #refusalOf({ subject, expect, bytes }: CheckedMessage): Rejection | undefined {
    const { name, maxMsgBytes } = this.settings;
    if (bytes > maxMsgBytes) {
      const message = `The message is ${bytes} bytes large; ${name} takes at most ${maxMsgBytes}. Send a reference to what is larger.`;
      return refusal("too_large", message, BUS_ERRORS.tooLarge);
    }
    return this.#unexpected(subject, expect) ?? this.#full(bytes);
  }

  #unexpected(subject: string, expect: CheckedMessage["expect"]): Rejection | undefined {
    if (expect === undefined) return undefined;
    const { stream, lastSeq, lastSubjectSeq, lastMsgId } = expect;
    if (stream !== undefined && stream !== this.name)
      return refusal("conflict", `"${subject}" is kept by ${this.name}, not by ${stream}.`, BUS_ERRORS.wrongStream);
    const last = this.#next.lastSeq;
    if (lastSeq !== undefined && lastSeq !== last)
      return refusal(
        "conflict",
        `The last message of ${this.name} is ${last}, not ${lastSeq}: somebody else published meanwhile. Read again and decide anew.`,
        BUS_ERRORS.wrongLastSequence,
      );
    const lastMsg = this.#staged.length > 0 ? this.#nextMsgId : this.#lastMsgId;
    if (lastMsgId !== undefined && lastMsgId !== lastMsg)
      return refusal(
        "conflict",
        `The last message id of ${this.name} is "${lastMsg}", not "${lastMsgId}".`,
        BUS_ERRORS.wrongLastMsgId,
      );
    if (lastSubjectSeq === undefined) return undefined;
    const ofSubject = this.#stagedSubjects.get(subject) ?? this.#storage.lastOfSubject(this.#record, subject);
    return ofSubject === lastSubjectSeq
      ? undefined
      : refusal(
          "conflict",
          `The last message on "${subject}" is ${ofSubject}, not ${lastSubjectSeq}: somebody else published meanwhile. Read again and decide anew.`,
          BUS_ERRORS.wrongLastSequence,
        );
  }

  /** Only where a full stream refuses new messages. */
  #full(bytes: number): Rejection | undefined {
    const { name, discard, maxMsgs, maxBytes } = this.settings;
    if (discard === "old") return undefined;
    const { firstSeq, lastSeq, bytes: kept } = this.#next;
    if (maxMsgs !== undefined && lastSeq - firstSeq + 2 > maxMsgs)
      return refusal("throttled", `${name} holds its ${maxMsgs} messages and takes no more.`, BUS_ERRORS.storeFailed);
    if (maxBytes !== undefined && kept + bytes > maxBytes)
      return refusal("throttled", `${name} holds its ${maxBytes} bytes and takes no more.`, BUS_ERRORS.storeFailed);
    return undefined;
  }

  /** What the limits want gone; with `discard` new only age does. */
  #discard(wallMs: number): void {
    const { discard, maxMsgs, maxBytes, maxAgeMs } = this.settings;
    const expiresAtMs = this.expiresAtMs();
    if (maxAgeMs !== undefined && expiresAtMs !== undefined && expiresAtMs <= wallMs)
      this.#dropWhile(({ time }) => parseTime(time) + maxAgeMs <= wallMs);
    if (discard === "new") return;
    if (maxMsgs !== undefined) {
      const first = this.#next.lastSeq - maxMsgs + 1;
      if (first > this.#next.firstSeq) this.#dropWhile(({ seq }) => seq < first);
    }
    // The newest message stays even where it alone is larger than the stream may be.
    if (maxBytes !== undefined && this.#next.bytes > maxBytes)
      this.#dropWhile(({ seq }) => this.#next.bytes > maxBytes && seq < this.#next.lastSeq);
  }

  #dropWhile(isGone: (message: BusMessage) => boolean): void {
    for (;;) {
      const { firstSeq } = this.#next;
      if (firstSeq > this.#next.lastSeq) return;
      const page = this.#pageFrom(firstSeq);
      for (const message of page) {
        if (!isGone(message)) return;
        this.#next.firstSeq = message.seq + 1;
        this.#next.bytes -= messageBytes(message);
      }
      // Messages that cannot be read go with those before them.
      if (page.length === 0) this.#next.firstSeq = this.#record.lastSeq + 1;
    }
  }

  #pageFrom(firstSeq: number): readonly BusMessage[] {
    const { lastSeq } = this.#record;
    if (firstSeq > lastSeq) return this.#staged.slice(firstSeq - lastSeq - 1);
    return this.scan({ from: firstSeq, to: lastSeq, limit: PAGE }).messages;
  }

  /** After a start: the ids of the window, so that saying something again after a crash is still a duplicate. */
  #remember(): void {
    const { dedupeWindowMs } = this.settings;
    const wallMs = this.#clock.wallNow();
    const since = this.firstSince(wallMs - dedupeWindowMs);
    for (let from = since ?? this.lastSeq + 1; from <= this.lastSeq;) {
      const { messages, scannedTo } = this.scan({ from, to: this.lastSeq, limit: PAGE });
      for (const { headers, seq, time } of messages) {
        const id = headers[MSG_ID_HEADER]?.[0];
        if (id !== undefined) this.#ids.restore(id, seq, Math.max(0, wallMs - parseTime(time)));
      }
      from = scannedTo + 1;
    }
    const [last] = this.scan({ from: this.lastSeq, to: this.lastSeq, limit: 1 }).messages;
    this.#lastMsgId = last?.headers[MSG_ID_HEADER]?.[0] ?? "";
  }
}

function withId(headers: BusHeaders, msgId: string | undefined): BusHeaders {
  if (msgId === undefined) return headers;
  return headers === NO_HEADERS ? { [MSG_ID_HEADER]: [msgId] } : { ...headers, [MSG_ID_HEADER]: [msgId] };
}

function refusal(code: Rejection["code"], message: string, errCode: number): Rejection {
  return fail(code, message, { errCode }).error;
}

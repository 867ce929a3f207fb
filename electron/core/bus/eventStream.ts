/**
 * EVENTS: the event log as a stream of the bus, read-only, with durable consumers like any other. Each event is a
 * CloudEvents envelope; its number is the log's.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import type { BusMessage, StreamInfo } from "#shared/model/bus.ts";
import { BUS_DEFAULTS } from "#shared/model/bus.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Bus } from "./bus.ts";
import { MAX_SCANNED } from "./busStorage.ts";
import type { Scan, Scanned } from "./busStorage.ts";
import type { ReadOnlyStream } from "./localBus.ts";
import type { StreamSource, SubjectFilter } from "./streamSource.ts";

export interface EventLogReader {
  read(query: {
    from?: number;
    to?: number;
    subject?: string;
    limit: number;
    order?: "asc" | "desc";
  }): readonly StoredEvent[];
  lastSeq(): number;
}

const NAME = "EVENTS";
const SUBJECTS = ["ws.>", "sys.>"];
/** Streams of our own count from 1. */
const ID = -1;
/** Decoded in about two milliseconds. */
const PAGE = 500;

export function createEventStream(events: EventLogReader, bus: Bus): ReadOnlyStream {
  const source = new EventSource(events);
  return {
    source,
    id: ID,
    info: (consumers): StreamInfo => ({
      name: NAME,
      subjects: SUBJECTS,
      about: "Everything that happened in Signalbox, for ever.",
      maxMsgBytes: BUS_DEFAULTS.maxMsgBytes,
      discard: "new",
      dedupeWindowMs: BUS_DEFAULTS.dedupeWindowMs,
      isReadOnly: true,
      messages: source.lastSeq,
      bytes: 0,
      firstSeq: 1,
      lastSeq: source.lastSeq,
      consumers,
    }),
    follow: (onAppended) =>
      bus.subscribe({
        label: "the bus's EVENTS",
        pattern: ">",
        onEvents: (stored) => onAppended(() => stored.map(toMessage)),
        // What a consumer missed it reads; live listeners are promised nothing.
        onLagged: () => onAppended(() => []),
      }),
  };
}

class EventSource implements StreamSource {
  readonly name = NAME;
  readonly subjects = SUBJECTS;
  readonly firstSeq = 1;
  readonly #events: EventLogReader;

  constructor(events: EventLogReader) {
    this.#events = events;
  }

  get lastSeq(): number {
    return this.#events.lastSeq();
  }

  scan({ from, to, limit, matches }: Scan): Scanned {
    const messages: BusMessage[] = [];
    const end = Math.min(to, from + MAX_SCANNED - 1);
    let next = from;
    while (next <= end && messages.length < limit) {
      const page = this.#events.read({ from: next, to: end, limit: Math.min(PAGE, end - next + 1) });
      const last = page.at(-1);
      if (last === undefined) return { messages, scannedTo: end };
      for (const event of page) {
        if (messages.length >= limit) break;
        next = event.seq + 1;
        if (matches === undefined || matches(event.subject)) messages.push(toMessage(event));
      }
    }
    return { messages, scannedTo: next - 1 };
  }

  count({ matches }: SubjectFilter, from: number, to: number): { count: number; countedTo: number } {
    const page = this.#events.read({ from, to, limit: MAX_SCANNED });
    const count = matches === undefined ? page.length : page.filter(({ subject }) => matches(subject)).length;
    return { count, countedTo: page.length < MAX_SCANNED ? to : (page.at(-1)?.seq ?? to) };
  }

  lastOfEach({ patterns, matches }: SubjectFilter): readonly number[] {
    const newest = new Map<string, number>();
    for (const subject of patterns.length === 0 ? [">"] : patterns) this.#newestOf(subject, newest);
    return [...newest]
      .filter(([subject]) => matches === undefined || matches(subject))
      .map(([, seq]) => seq)
      .toSorted((a, b) => a - b);
  }

  firstSince(sinceMs: number): number | undefined {
    // Times rise with the numbers but for clocks set back: halving finds the first event of then or near it.
    let low = 1;
    let high = this.lastSeq + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [event] = this.#events.read({ from: middle, to: middle, limit: 1 });
      if (event !== undefined && parseTime(event.time) >= sinceMs) high = middle;
      else low = middle + 1;
    }
    return low <= this.lastSeq ? low : undefined;
  }

  /** From the end, so that what is busy is found at once. */
  #newestOf(subject: string, newest: Map<string, number>): void {
    for (let to = this.lastSeq; to > 0;) {
      const page = this.#events.read({ to, subject, limit: PAGE, order: "desc" });
      for (const event of page) if (!newest.has(event.subject)) newest.set(event.subject, event.seq);
      const oldest = page.at(-1);
      if (oldest === undefined || page.length < PAGE) return;
      to = oldest.seq - 1;
    }
  }
}

function toMessage({ seq, time, subject, type, actor, data }: StoredEvent): BusMessage {
  const envelope = {
    specversion: "1.0",
    id: `event-${seq}`,
    source: "signalbox/events",
    type,
    subject,
    time,
    datacontenttype: "application/json",
    actor,
    data,
  };
  return { stream: NAME, seq, time, subject, headers: {}, data: JSON.stringify(envelope) };
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredEvent } from "#shared/model/event.ts";
import { matchesSubject } from "#shared/lib/subjects.ts";
import { createBus } from "./index.ts";
import type { Bus, EventSource } from "./index.ts";

/** A log in memory with the store's reading rules. */
class FakeLog implements EventSource {
  readonly events: StoredEvent[] = [];
  reads = 0;
  failing = false;

  append(subject: string, count = 1): StoredEvent[] {
    const added = Array.from({ length: count }, (_, index) => ({
      seq: this.events.length + index + 1,
      time: "",
      subject,
      type: "x.happened",
      actor: "system",
      data: {},
    }));
    this.events.push(...added);
    return added;
  }
  read({
    from,
    to = Number.MAX_SAFE_INTEGER,
    subject,
    limit,
  }: {
    from: number;
    to?: number;
    subject: string;
    limit: number;
  }) {
    this.reads += 1;
    if (this.failing) throw new Error("disk");
    return this.events
      .filter((event) => event.seq >= from && event.seq <= to && matchesSubject(subject, event.subject))
      .slice(0, limit);
  }
  lastSeq(): number {
    return this.events.length;
  }
}

let log: FakeLog;
let bus: Bus;
let errors: string[];
const publish = (subject: string, count = 1) => bus.publish(log.append(subject, count));
const seqs = (into: number[]) => (events: readonly StoredEvent[]) => void into.push(...events.map(({ seq }) => seq));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

beforeEach(() => {
  log = new FakeLog();
  errors = [];
  bus = createBus({
    source: log,
    logger: { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) },
  });
});
afterEach(() => bus.close());

/** A handler that waits until it is let go. */
function slow(into: number[]) {
  let release: (() => void) | undefined;
  return {
    onEvents: (events: readonly StoredEvent[]) =>
      new Promise<void>((resolve) => {
        into.push(...events.map(({ seq }) => seq));
        release = resolve;
      }),
    letGo: () => release?.(),
    isWaiting: () => release !== undefined,
  };
}

describe("the bus", () => {
  it("delivers what matches, in order, from the next event on", async () => {
    publish("a.b");
    const heard: number[] = [];
    bus.subscribe({ label: "t", pattern: "a.*", onEvents: seqs(heard) });
    publish("a.b");
    publish("b.b");
    publish("a.c");
    expect(heard).toEqual([]);
    await bus.idle();
    expect(heard).toEqual([2, 4]);
  });

  it("refuses an invalid pattern with the reason", () => {
    expect(() => bus.subscribe({ label: "t", pattern: "a.>.b", onEvents: () => undefined })).toThrow(/last token/);
  });

  it("keeps a throwing subscriber's trouble to itself", async () => {
    const heard: number[] = [];
    bus.subscribe({
      label: "bad",
      pattern: ">",
      onEvents: () => {
        throw new Error("x");
      },
    });
    bus.subscribe({ label: "rejecting", pattern: ">", onEvents: () => Promise.reject(new Error("y")) });
    bus.subscribe({ label: "good", pattern: ">", onEvents: seqs(heard) });
    publish("a");
    await bus.idle();
    publish("a");
    await bus.idle();
    expect(heard).toEqual([1, 2]);
    expect(errors).toHaveLength(4);
  });

  it("delivers nothing after the subscription ended, even what was waiting", async () => {
    const heard: number[] = [];
    const end = bus.subscribe({ label: "t", pattern: ">", onEvents: seqs(heard) });
    publish("a");
    end();
    end();
    publish("a");
    await bus.idle();
    expect(heard).toEqual([]);
  });

  it("replays from a sequence number and goes on live, without gap or duplicate, while events keep coming", async () => {
    publish("a.x", 1000);
    publish("b.x", 10);
    const heard: number[] = [];
    bus.subscribe({
      label: "t",
      pattern: "a.>",
      from: 5,
      onEvents: (events) => {
        seqs(heard)(events);
        if (log.events.length < 1500) publish("a.y", 7);
      },
    });
    for (let round = 0; round < 50; round++) {
      publish("a.z", 3);
      await Promise.resolve();
    }
    await bus.idle();
    const expected = log.events
      .filter(({ seq, subject }) => seq >= 5 && subject.startsWith("a."))
      .map(({ seq }) => seq);
    expect(heard).toEqual(expected);
    expect(heard.length).toBeGreaterThan(1100);
  });

  it("rereads from the store what a slow subscriber's queue could not hold", async () => {
    const heard: number[] = [];
    const handler = slow(heard);
    bus.subscribe({ label: "slow", pattern: ">", capacity: 10, onEvents: handler.onEvents });
    publish("a");
    await Promise.resolve().then(() => Promise.resolve());
    publish("a", 2000);
    publish("a", 5);
    const idle = bus.idle();
    const pump = setInterval(handler.letGo, 1);
    await idle;
    clearInterval(pump);
    expect(heard).toEqual(range(1, 2006));
  });

  it("tells a subscriber with the lagged policy exactly what it missed", async () => {
    const heard: number[] = [];
    const gaps: unknown[] = [];
    const handler = slow(heard);
    bus.subscribe({
      label: "view",
      pattern: "a",
      capacity: 10,
      onEvents: handler.onEvents,
      onLagged: (gap) => void gaps.push(gap),
    });
    publish("a");
    while (!handler.isWaiting()) await Promise.resolve();
    publish("a", 11);
    publish("b", 3);
    publish("a", 4);
    handler.letGo();
    while (heard.length < 5) await Promise.resolve();
    handler.letGo();
    await bus.idle();
    expect({ gaps, heard }).toEqual({ gaps: [{ fromSeq: 2, toSeq: 12 }], heard: [1, 16, 17, 18, 19] });
  });

  it("reads the asked-for replay in full under the lagged policy", async () => {
    publish("a", 700);
    const heard: number[] = [];
    const gaps: unknown[] = [];
    bus.subscribe({
      label: "view",
      pattern: "a",
      from: 1,
      capacity: 10,
      onEvents: seqs(heard),
      onLagged: (gap) => void gaps.push(gap),
    });
    publish("a", 20);
    publish("a", 5);
    await bus.idle();
    expect({ gaps, heard }).toEqual({
      gaps: [{ fromSeq: 701, toSeq: 722 }],
      heard: [...range(1, 700), ...range(723, 725)],
    });
  });

  it("goes on after the store could not be read for a while", async () => {
    publish("a", 3);
    log.failing = true;
    const heard: number[] = [];
    bus.subscribe({ label: "t", pattern: ">", from: 1, onEvents: seqs(heard) });
    await bus.idle();
    expect({ heard, errors: errors.length }).toEqual({ heard: [], errors: 1 });
    log.failing = false;
    publish("a");
    await bus.idle();
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  it("does not read the store for live delivery", async () => {
    const heard: number[] = [];
    bus.subscribe({ label: "t", pattern: ">", onEvents: seqs(heard) });
    for (let round = 0; round < 100; round++) {
      publish("a", 5);
      await bus.idle();
    }
    expect({ count: heard.length, reads: log.reads }).toEqual({ count: 500, reads: 0 });
  });
});

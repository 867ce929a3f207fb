import { describe, expect, it } from "vitest";
import { ManualClock } from "#test/support/manualClock.ts";
import { Mailbox } from "./mailbox.ts";
import type { MailboxEvent, MailboxOptions, PostOptions, Priority } from "./mailbox.ts";

function open(options: MailboxOptions = {}) {
  const clock = new ManualClock();
  const events: MailboxEvent[] = [];
  const mailbox = new Mailbox<string>({ clock }, { ...options, onEvent: (event) => void events.push(event) });
  const post = async (message: string, priority: Priority = 2, rest: PostOptions = {}) => {
    const result = await mailbox.post(message, { priority, ...rest });
    return result.ok ? "ok" : result.error.code;
  };
  const takeAll = () => {
    const taken: string[] = [];
    for (let next = mailbox.take(); next !== undefined; next = mailbox.take()) taken.push(next.message);
    return taken;
  };
  return { clock, events, mailbox, post, takeAll };
}

describe("a mailbox", () => {
  it("gives the most important lane first, and each lane in order of arrival", async () => {
    const { post, takeAll } = open();
    for (const [message, priority] of [
      ["b1", 4],
      ["n1", 2],
      ["c1", 0],
      ["l1", 3],
      ["n2", 2],
      ["h1", 1],
      ["c2", 0],
    ] as const) {
      await post(message, priority);
    }
    expect(takeAll()).toEqual(["c1", "c2", "h1", "n1", "n2", "l1", "b1"]);
  });

  it("holds 1000 messages by default and refuses the next", async () => {
    const { mailbox, post } = open();
    for (let count = 0; count < 1000; count += 1) expect(await post("x")).toBe("ok");
    expect(await post("x", 0)).toBe("MailboxFull");
    expect(mailbox.size).toBe(1000);
  });

  it("caps each lane by itself", async () => {
    const { post } = open({ capacity: 10, laneCapacities: { 4: 1 } });
    expect([await post("a", 4), await post("b", 4), await post("c", 3)]).toEqual(["ok", "MailboxFull", "ok"]);
  });

  it("tells what happened, with the time a message waited", async () => {
    const { clock, events, post, takeAll } = open({ capacity: 2 });
    await post("a", 1);
    await clock.advance(250);
    await post("b");
    await post("c");
    takeAll();
    expect(events).toEqual([
      { type: "enqueued", priority: 1, size: 1 },
      { type: "enqueued", priority: 2, size: 2 },
      { type: "backpressure", size: 2 },
      { type: "full", priority: 2, size: 2 },
      { type: "dequeued", priority: 1, waitMs: 250 },
      { type: "dequeued", priority: 2, waitMs: 0 },
    ]);
  });

  it("says backpressure once until it is half empty again", async () => {
    const { events, mailbox, post, takeAll } = open({ capacity: 10 });
    for (let count = 0; count < 8; count += 1) await post("x");
    mailbox.take();
    await post("x");
    expect(events.filter(({ type }) => type === "backpressure")).toHaveLength(1);
    takeAll();
    for (let count = 0; count < 8; count += 1) await post("x");
    expect(events.filter(({ type }) => type === "backpressure")).toHaveLength(2);
  });
});

describe("the overflow policy", () => {
  it("drop_lower gives up the oldest of the LESS important, never of the more important", async () => {
    const { events, post, takeAll } = open({ capacity: 3, overflow: { type: "drop_lower" } });
    await post("critical", 0);
    await post("bulk 1", 4);
    await post("bulk 2", 4);
    expect(await post("normal", 2)).toBe("ok");
    expect(await post("bulk 3", 4)).toBe("MailboxFull");
    expect(takeAll()).toEqual(["critical", "normal", "bulk 2"]);
    expect(events).toContainEqual({ type: "dropped", priority: 4, reason: "overflow" });
  });

  it("drop_lower refuses when there is nothing less important", async () => {
    const { post, takeAll } = open({ capacity: 2, overflow: { type: "drop_lower" } });
    await post("a", 1);
    await post("b", 0);
    expect(await post("c", 1)).toBe("MailboxFull");
    expect(takeAll()).toEqual(["b", "a"]);
  });

  it("drop_oldest gives up the oldest that is not more important", async () => {
    const { clock, post, takeAll } = open({ capacity: 3, overflow: { type: "drop_oldest" } });
    for (const [message, priority] of [
      ["critical", 0],
      ["low", 3],
      ["bulk", 4],
    ] as const) {
      await post(message, priority);
      await clock.advance(1);
    }
    expect(await post("low 2", 3)).toBe("ok");
    expect(takeAll()).toEqual(["critical", "low 2", "bulk"]);
  });

  it("drop_oldest makes room in its own lane when that is what is full", async () => {
    const { post, takeAll } = open({ capacity: 9, laneCapacities: { 2: 2 }, overflow: { type: "drop_oldest" } });
    for (const message of ["a", "b", "c"]) await post(message);
    expect(takeAll()).toEqual(["b", "c"]);
  });

  it("tells the sender of a dropped message", async () => {
    const { post } = open({ capacity: 1, overflow: { type: "drop_lower" } });
    const reasons: string[] = [];
    await post("bulk", 4, { onDropped: (reason) => void reasons.push(reason) });
    await post("high", 1);
    expect(reasons).toEqual(["overflow"]);
  });

  it("block waits for room, the important first, and gives up in time", async () => {
    const { clock, mailbox, post, takeAll } = open({ capacity: 3, overflow: { type: "block", timeoutMs: 100 } });
    for (const message of ["first", "second", "third"]) await post(message);
    const late = post("late", 4);
    await clock.advance(40);
    const results = { bulk: post("bulk", 4), high: post("high", 1) };
    expect(mailbox.take()?.message).toBe("first");
    expect(await results.high).toBe("ok");
    await clock.advance(60);
    expect(await late).toBe("MailboxFull");
    expect(takeAll()).toEqual(["high", "second", "third", "bulk"]);
    expect(await results.bulk).toBe("ok");
    expect(clock.pending).toBe(0);
  });

  it("block bounds those that wait, too", async () => {
    const { mailbox, post } = open({ capacity: 1, overflow: { type: "block", timeoutMs: 100 } });
    await post("a");
    const waiting = post("b");
    expect(await post("c")).toBe("MailboxFull");
    mailbox.close();
    expect(await waiting).toBe("ActorStopped");
  });
});

describe("expiry", () => {
  it("drops what waited 300 s, by default", async () => {
    const { clock, events, post, takeAll } = open();
    await post("old");
    await clock.advance(299_999);
    await post("new");
    await clock.advance(1);
    expect(takeAll()).toEqual(["new"]);
    expect(events).toContainEqual({ type: "dropped", priority: 2, reason: "expired" });
  });

  it("never drops with 0", async () => {
    const { clock, post, takeAll } = open({ ttlMs: 0 });
    await post("old");
    await clock.advance(1e12);
    expect(takeAll()).toEqual(["old"]);
  });

  it("refuses what has expired on arrival, and counts it", async () => {
    const { clock, events, post } = open();
    await clock.advance(1000);
    expect(await post("stale", 2, { expiresAt: 1000 })).toBe("MessageExpired");
    expect(events).toEqual([{ type: "dropped", priority: 2, reason: "expired" }]);
  });

  it("makes room before anything is refused", async () => {
    const { clock, post, takeAll } = open({ capacity: 2 });
    await post("short", 0, { ttlMs: 10 });
    await post("long");
    await clock.advance(10);
    expect(await post("new")).toBe("ok");
    expect(takeAll()).toEqual(["long", "new"]);
  });
});

describe("a closed mailbox", () => {
  it("drops what is left, tells the senders, and refuses what comes", async () => {
    const { mailbox, post, takeAll } = open();
    const reasons: string[] = [];
    await post("a", 2, { onDropped: (reason) => void reasons.push(reason) });
    mailbox.close();
    mailbox.close();
    expect(reasons).toEqual(["closed"]);
    expect(await post("b")).toBe("ActorStopped");
    expect(takeAll()).toEqual([]);
  });
});

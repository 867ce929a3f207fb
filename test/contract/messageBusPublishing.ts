/** What publishing promises, whichever engine carries it: numbers, duplicates, expectations, limits, refusals. */
import { expect, it } from "vitest";
import type { Outgoing } from "#core/ports/messageBus.ts";
import { eventually } from "#test/support/deadline.ts";
import type { BusEngine } from "./messageBusEngines.ts";
import { withBus } from "./messageBusRig.ts";

export function publishing(engine: BusEngine): void {
  it("acknowledges with the stream and a number that counts from 1 without gaps", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      const acks = [];
      for (const data of ["one", "two", "three"]) acks.push(await ok(bus.publish({ subject: "orders.new", data })));
      expect(acks).toEqual([1, 2, 3].map((seq) => ({ stream: "ORDERS", seq, duplicate: false })));
      const read = await ok(bus.read({ stream: "ORDERS", limit: 10 }));
      expect(read.map(({ seq, subject, data }) => [seq, subject, data])).toEqual([
        [1, "orders.new", "one"],
        [2, "orders.new", "two"],
        [3, "orders.new", "three"],
      ]);
      expect(await ok(bus.get("ORDERS", 2))).toMatchObject({ seq: 2, data: "two", subject: "orders.new" });
      expect(await ok(bus.get("ORDERS", 4))).toBeUndefined();
    });
  });

  it("gives publishers that are at it at once numbers of their own, in the order of each", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      const acks = await Promise.all(
        Array.from({ length: 300 }, (_, n) => ok(bus.publish({ subject: `orders.k${n % 7}`, data: String(n) }))),
      );
      expect(acks.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 300 }, (_, n) => n + 1),
      );
      const read = await ok(bus.read({ stream: "ORDERS", limit: 1000 }));
      for (let key = 0; key < 7; key += 1) {
        const ofKey = read.filter(({ subject }) => subject === `orders.k${key}`).map(({ data }) => Number(data));
        expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
      }
    });
  });

  it("keeps text and headers exactly, headers with their case and several values", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      const headers = { "X-Trace": ["one", "two"], "x-Lower": ["ä ok"] };
      const data = '{"text":"größe 🚂 \\u0000 \\"quoted\\""}\n';
      await ok(bus.publish({ subject: "orders.new", data, headers }));
      await ok(bus.publish({ subject: "orders.new", data: new TextEncoder().encode("bytes ✓") }));
      const read = await ok(bus.read({ stream: "ORDERS", limit: 10 }));
      expect(read[0]).toMatchObject({ data, headers });
      expect(read[1]?.data).toBe("bytes ✓");
    });
  });

  it("acknowledges a message id said again with the first one's number, and stores it once", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      const first = await ok(bus.publish({ subject: "orders.new", data: "a", msgId: "id-1" }));
      await ok(bus.publish({ subject: "orders.new", data: "b", msgId: "id-2" }));
      const again = await ok(bus.publish({ subject: "orders.other", data: "changed", msgId: "id-1" }));
      expect([first, again]).toEqual([
        { stream: "ORDERS", seq: 1, duplicate: false },
        { stream: "ORDERS", seq: 1, duplicate: true },
      ]);
      const twins = await Promise.all(
        [1, 2].map(() => ok(bus.publish({ subject: "orders.x", data: "c", msgId: "i3" }))),
      );
      expect(twins.map(({ seq, duplicate }) => [seq, duplicate])).toEqual([
        [3, false],
        [3, true],
      ]);
      expect(await ok(bus.read({ stream: "ORDERS", limit: 10 }))).toHaveLength(3);
    });
  });

  it("takes a message id again when its window is over", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders({ dedupeWindowMs: 150 });
      await ok(bus.publish({ subject: "orders.new", data: "a", msgId: "id" }));
      expect(await ok(bus.publish({ subject: "orders.new", data: "a", msgId: "id" }))).toMatchObject({
        duplicate: true,
      });
      await eventually("the id is free", async () => {
        const { duplicate } = await ok(bus.publish({ subject: "orders.new", data: "a", msgId: "id" }));
        return !duplicate;
      });
    });
  });

  it("still knows message ids, numbers and the last of a subject after a restart", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, reopen }) => {
      if (reopen === undefined) return context.skip("this engine forgets");
      await orders();
      await ok(bus.publish({ subject: "orders.a", data: "a", msgId: "id-1" }));
      await ok(bus.publish({ subject: "orders.b", data: "b", msgId: "id-2" }));
      const again = await reopen();
      expect(await ok(again.publish({ subject: "orders.a", data: "a", msgId: "id-1" }))).toEqual({
        stream: "ORDERS",
        seq: 1,
        duplicate: true,
      });
      const right = { lastSeq: 2, lastSubjectSeq: 1, lastMsgId: "id-2" };
      expect(await ok(again.publish({ subject: "orders.a", data: "c", expect: right }))).toMatchObject({ seq: 3 });
    });
  });

  it("refuses what is not as expected, with JetStream's number", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused, orders }) => {
      await orders();
      await ok(bus.publish({ subject: "orders.a", data: "a", msgId: "first" }));
      await ok(bus.publish({ subject: "orders.b", data: "b" }));
      const tries: readonly [Outgoing["expect"] & object, number][] = [
        [{ stream: "OTHER" }, 10_060],
        [{ lastSeq: 1 }, 10_071],
        [{ lastSeq: 0 }, 10_071],
        [{ lastSubjectSeq: 2 }, 10_071],
        [{ lastSubjectSeq: 0 }, 10_071],
        [{ lastMsgId: "first" }, 10_070],
      ];
      for (const [wrong, errCode] of tries) {
        const error = await refused(bus.publish({ subject: "orders.a", data: "x", expect: wrong }));
        expect([wrong, error.code, error.details?.["errCode"]]).toEqual([wrong, "conflict", errCode]);
      }
      const fits = { stream: "ORDERS", lastSeq: 2, lastSubjectSeq: 1 };
      expect(await ok(bus.publish({ subject: "orders.a", data: "x", expect: fits }))).toMatchObject({ seq: 3 });
      const free = { lastSubjectSeq: 0 };
      expect(await ok(bus.publish({ subject: "orders.c", data: "x", expect: free }))).toMatchObject({ seq: 4 });
    });
  });

  it("lets exactly one of many win who expect the same", async (context) => {
    await withBus(engine, context, async ({ bus, orders }) => {
      await orders();
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          bus.publish({ subject: "orders.lock", data: String(n), expect: { lastSubjectSeq: 0 } }),
        ),
      );
      expect(tries.filter((one) => one.ok)).toHaveLength(1);
    });
  });

  it("says at once that no stream keeps a subject", async (context) => {
    await withBus(engine, context, async ({ bus, refused, orders }) => {
      await orders();
      const error = await refused(bus.publish({ subject: "nobody.keeps.this", data: "x" }));
      expect([error.code, error.details?.["errCode"]]).toEqual(["no_responders", 503]);
    });
  });

  it("refuses subjects that are none, reserved ones, and text that is none", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused, orders }) => {
      await orders();
      for (const subject of [
        "",
        "orders.",
        ".orders",
        "orders..a",
        "orders.a b",
        "orders.*",
        "orders.>",
        "orders.a\n",
      ]) {
        const error = await refused(bus.publish({ subject, data: "x" }));
        expect([subject, error.code]).toEqual([subject, "bad_request"]);
      }
      expect((await refused(bus.publish({ subject: "$JS.API.INFO", data: "x" }))).code).toBe("forbidden");
      const noText: readonly Outgoing[] = [
        { subject: "orders.a", data: new Uint8Array([0xff, 0xfe, 0x00]) },
        { subject: "orders.a", data: "half a pair: \ud800" },
        { subject: "orders.a", data: "x", msgId: "" },
        { subject: "orders.a", data: "x", msgId: "two\nlines" },
        { subject: "orders.a", data: "x", headers: { "no colon:": ["x"] } },
        { subject: "orders.a", data: "x", headers: { Name: ["two\r\nlines"] } },
      ];
      for (const message of noText) expect((await refused(bus.publish(message))).code).toBe("bad_request");
      expect(await ok(bus.read({ stream: "ORDERS", limit: 10 }))).toEqual([]);
    });
  });

  it("takes a message of exactly 1 MB and refuses one of 1 MB and 1 byte", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused, orders }) => {
      await orders();
      const mega = "x".repeat(1024 * 1024);
      expect(await ok(bus.publish({ subject: "orders.big", data: mega }))).toMatchObject({ seq: 1 });
      const error = await refused(bus.publish({ subject: "orders.big", data: `${mega}x` }));
      expect([error.code, error.details?.["errCode"]]).toEqual(["too_large", 10_054]);
      expect((await ok(bus.get("ORDERS", 1)))?.data.length).toBe(mega.length);
    });
  });

  it("lets the oldest go at a stream's limits, and numbers go on", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, kept }) => {
      await orders({ maxMsgs: 3 });
      for (let n = 1; n <= 10; n += 1) await ok(bus.publish({ subject: "orders.new", data: String(n) }));
      expect(await kept()).toEqual(["8", "9", "10"]);
      await orders({ maxMsgs: 100, maxBytes: 3000 });
      for (let n = 11; n <= 20; n += 1) await ok(bus.publish({ subject: "orders.new", data: String(n).padEnd(900) }));
      const left = await kept();
      expect(left.at(-1)?.trim()).toBe("20");
      expect(left.length).toBeLessThanOrEqual(3);
      const [info] = (await ok(bus.streams())).filter(({ name }) => name === "ORDERS");
      expect(info).toMatchObject({ lastSeq: 20, messages: left.length, firstSeq: 21 - left.length });
      expect(info?.bytes).toBeLessThanOrEqual(3000);
    });
  });

  it("lets go what is too old, also while nobody publishes", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, kept }) => {
      await orders({ maxAgeMs: 400, dedupeWindowMs: 200 });
      for (let n = 1; n <= 3; n += 1) await ok(bus.publish({ subject: "orders.new", data: String(n) }));
      expect(await kept()).toEqual(["1", "2", "3"]);
      await eventually("they are gone", async () => (await kept()).length === 0);
      expect(await ok(bus.publish({ subject: "orders.new", data: "next" }))).toMatchObject({ seq: 4 });
    });
  });

  it("refuses new messages where a full stream keeps the old ones", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused, orders, kept }) => {
      await orders({ maxMsgs: 2, discard: "new" });
      await ok(bus.publish({ subject: "orders.new", data: "1" }));
      await ok(bus.publish({ subject: "orders.new", data: "2" }));
      const error = await refused(bus.publish({ subject: "orders.new", data: "3" }));
      expect([error.code, error.details?.["errCode"]]).toEqual(["throttled", 10_077]);
      expect(await kept()).toEqual(["1", "2"]);
    });
  });

  it("refuses streams that are none and streams whose subjects another one keeps", async (context) => {
    await withBus(engine, context, async ({ bus, refused, orders }) => {
      await orders();
      for (const name of ["", "with space", "a.b", "a*", "a>", "a/b", "a\\b", "x".repeat(256)]) {
        const error = await refused(bus.ensureStream({ name, subjects: ["other.>"] }));
        expect([name, error.code]).toEqual([name, "bad_request"]);
      }
      expect((await refused(bus.ensureStream({ name: "BAD", subjects: ["a..b"] }))).code).toBe("bad_request");
      for (const subject of ["orders.*.x", ">", "*.new"]) {
        const error = await refused(bus.ensureStream({ name: "OTHER", subjects: [subject] }));
        expect([subject, error.code, error.details?.["errCode"]]).toEqual([subject, "conflict", 10_065]);
      }
    });
  });
}

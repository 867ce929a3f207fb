/** What durable consumers promise, whichever engine carries them. Per-key order for first deliveries; redeliveries may come late. */
import { expect, it } from "vitest";
import type { DeadLetter, Delivery } from "#core/ports/messageBus.ts";
import type { ConsumerConfig } from "#shared/model/bus.ts";
import { ok as okay } from "#shared/model/result.ts";
import { eventually } from "#test/support/deadline.ts";
import type { BusEngine } from "./messageBusEngines.ts";
import { acking, heardBy, withBus } from "./messageBusRig.ts";

export function consuming(engine: BusEngine): void {
  it("delivers each message in order, and no acknowledged one again", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker" }));
      await fill(20);
      const heard: string[] = [];
      bus.consume("ORDERS", "worker", acking(heard));
      await eventually("all are settled", async () => (await consumer()).ackFloor === 20);
      await fill(5, 20);
      await eventually("those, too", async () => (await consumer()).ackFloor === 25);
      expect(heard).toEqual(Array.from({ length: 25 }, (_, n) => String(n + 1)));
      expect(await consumer()).toMatchObject({ ackPending: 0, redelivered: 0, lag: 0, isActive: true });
    });
  });

  it("goes on where it was, for the next subscription and after a restart", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer, reopen }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 500 }));
      await fill(3);
      const first: string[] = [];
      const subscription = bus.consume("ORDERS", "worker", acking(first));
      await eventually("three are settled", async () => (await consumer()).ackFloor === 3);
      subscription.close();
      await fill(2, 3);
      expect(first).toEqual(["1", "2", "3"]);
      const again = reopen === undefined ? bus : await reopen();
      const second: string[] = [];
      again.consume("ORDERS", "worker", acking(second));
      await eventually("the rest came", () => second.length >= 2);
      expect(second).toEqual(["4", "5"]);
    });
  });

  it("delivers again at once after a nak, later after one with a delay, and tells of it", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, advisories }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker" }));
      await fill(1);
      const at: number[] = [];
      bus.consume("ORDERS", "worker", (delivery) => {
        at.push(performance.now());
        if (delivery.deliveryCount === 1) delivery.nak({ reason: "not yet" });
        else if (delivery.deliveryCount === 2) delivery.nak({ delayMs: 300 });
        else void delivery.ack();
      });
      await eventually("the third delivery", () => at.length === 3);
      expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(280);
      const told = await advisories(2);
      expect(told[0]?.subject).toBe("$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.ORDERS.worker");
      expect(told[0]?.data).toMatchObject({
        type: "io.nats.jetstream.advisory.v1.nak",
        stream: "ORDERS",
        consumer: "worker",
        stream_seq: 1,
        deliveries: 1,
      });
    });
  });

  it("delivers again what nobody answers, and takes a late answer", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 250 }));
      await fill(1);
      const deliveries: Delivery[] = [];
      bus.consume("ORDERS", "worker", (delivery) => void deliveries.push(delivery));
      await eventually("the second delivery", () => deliveries.length === 2);
      expect(deliveries.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 2]);
      await ok(deliveries[0]?.ack() ?? Promise.reject(new Error("nothing came")));
      await eventually("it is settled", async () => (await consumer()).ackPending === 0);
      // Said again, and the opposite: no effect.
      await deliveries[1]?.ack();
      deliveries[1]?.nak();
      expect(await consumer()).toMatchObject({ ackFloor: 1, ackPending: 0 });
    });
  });

  it("waits anew as long as a handler says that it is working", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 400 }));
      await fill(1);
      let count = 0;
      bus.consume("ORDERS", "worker", (delivery) => {
        count += 1;
        let said = 0;
        const timer = setInterval(() => {
          said += 1;
          if (said < 8) return delivery.working();
          clearInterval(timer);
          void delivery.ack();
        }, 100);
      });
      await eventually("it is settled", async () => (await consumer()).ackFloor === 1);
      expect(count).toBe(1);
    });
  });

  it("never delivers a terminated message again, and says why", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer, advisories }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 200 }));
      await fill(1);
      bus.consume("ORDERS", "worker", (delivery) => delivery.term("it is not an order"));
      await eventually("it is settled", async () => (await consumer()).ackFloor === 1);
      const [told] = await advisories(1);
      expect(told?.subject).toBe("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.ORDERS.worker");
      expect(told?.data).toMatchObject({ type: "io.nats.jetstream.advisory.v1.terminated", stream_seq: 1 });
      expect((await ok(bus.get("ORDERS", 1)))?.data).toBe("1");
    });
  });

  it("waits by the backoff list between deliveries that nobody answers", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, advisories }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", backoffMs: [100, 250, 500], maxDeliver: 4 }));
      await fill(1);
      const at: number[] = [];
      bus.consume("ORDERS", "worker", () => void at.push(performance.now()));
      const [told] = await advisories(1, "MAX_DELIVERIES");
      expect(at).toHaveLength(4);
      const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
      for (const [index, least] of [100, 250, 500].entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least - 20);
      expect(told?.data).toMatchObject({
        type: "io.nats.jetstream.advisory.v1.max_deliver",
        stream: "ORDERS",
        consumer: "worker",
        stream_seq: 1,
        deliveries: 4,
      });
    });
  });

  it("gives up after exactly maxDeliver attempts: the advisory tells, the letter is handed over, the message stays", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer, advisories }) => {
      await orders();
      await ok(
        bus.ensureConsumer("ORDERS", { name: "worker", maxDeliver: 3, ackWaitMs: 5000, backoffMs: [20, 20, 20] }),
      );
      await fill(2);
      const attempts: number[] = [];
      const letters: DeadLetter[] = [];
      bus.consume("ORDERS", "worker", {
        onDelivery: async (delivery) => {
          if (delivery.message.data === "2") return void (await delivery.ack());
          attempts.push(delivery.deliveryCount);
          throw new TypeError("no such order");
        },
        onDeadLetter: async (letter) => {
          letters.push(letter);
          return okay(undefined);
        },
      });
      const [told] = await advisories(1, "MAX_DELIVERIES");
      expect(told?.data).toMatchObject({ stream: "ORDERS", consumer: "worker", stream_seq: 1, deliveries: 3 });
      await eventually("it is settled", async () => (await consumer()).ackFloor === 2);
      expect(attempts).toEqual([1, 2, 3]);
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        stream: "ORDERS",
        consumer: "worker",
        attempts: 3,
        errorClass: "TypeError",
        error: "no such order",
        message: { seq: 1, data: "1" },
      });
      expect((await ok(bus.get("ORDERS", 1)))?.data).toBe("1");
    });
  });

  it("offers a dead letter again until somebody has taken it", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", maxDeliver: 1, ackWaitMs: 100 }));
      await fill(1);
      let offered = 0;
      bus.consume("ORDERS", "worker", {
        onDelivery: () => undefined,
        onDeadLetter: async ({ errorClass }) => {
          offered += 1;
          if (offered === 1) throw new Error("the desk is closed");
          expect(errorClass).toBe("timeout");
          return okay(undefined);
        },
      });
      await eventually("it was taken", async () => (await consumer()).ackFloor === 1);
      expect(offered).toBe(2);
    });
  });

  it("never has more than maxAckPending under way, and goes on when one is answered", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", maxAckPending: 4 }));
      await fill(50);
      const held: Delivery[] = [];
      let most = 0;
      bus.consume("ORDERS", "worker", (delivery) => {
        held.push(delivery);
        most = Math.max(most, held.length);
      });
      for (let done = 0; done < 50; done += 1) {
        await eventually("the next one", () => held.length > 0);
        if (done === 10)
          await eventually("four are under way again", async () => {
            const { ackPending, lag } = await consumer();
            return ackPending === 4 && lag === 36;
          });
        await held.shift()?.ack();
      }
      expect(most).toBe(4);
    });
  });

  it("begins where its deliver policy says", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      for (const [subject, data] of [
        ["orders.a", "1"],
        ["orders.b", "2"],
        ["orders.a", "3"],
      ] as const)
        await ok(bus.publish({ subject, data }));
      const startTime = await pastNow();
      for (const [subject, data] of [
        ["orders.c", "4"],
        ["orders.b", "5"],
      ] as const)
        await ok(bus.publish({ subject, data }));
      const policies: Readonly<Record<string, [Omit<ConsumerConfig, "name">, string[]]>> = {
        all: [{ deliver: "all" }, ["1", "2", "3", "4", "5", "6"]],
        last: [{ deliver: "last" }, ["5", "6"]],
        lastOfA: [{ deliver: "last", filters: ["orders.a"] }, ["3", "6"]],
        perSubject: [{ deliver: "last_per_subject", filters: ["orders.>"] }, ["3", "4", "5", "6"]],
        fresh: [{ deliver: "new" }, ["6"]],
        bySeq: [{ deliver: "by_start_sequence", startSeq: 4 }, ["4", "5", "6"]],
        byTime: [{ deliver: "by_start_time", startTime }, ["4", "5", "6"]],
      };
      const heard = new Map<string, string[]>();
      for (const [name, [config]] of Object.entries(policies)) {
        await ok(bus.ensureConsumer("ORDERS", { ...config, name }));
        heard.set(name, heardBy(bus, "ORDERS", name));
      }
      await ok(bus.publish({ subject: "orders.a", data: "6" }));
      for (const [name, [, expected]] of Object.entries(policies)) {
        await eventually(`${name} heard them`, () => (heard.get(name)?.length ?? 0) >= expected.length);
        expect([name, heard.get(name)]).toEqual([name, expected]);
      }
    });
  });

  it("hears only what its filters let through, several of them in stream order", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "some", filters: ["orders.a.*", "orders.c.>"] }));
      const heard = heardBy(bus, "ORDERS", "some");
      for (const subject of ["orders.a.1", "orders.b.1", "orders.c.1.x", "orders.a.1.y", "orders.c.2"])
        await ok(bus.publish({ subject, data: subject }));
      await eventually("three came", () => heard.length >= 3);
      expect(heard).toEqual(["orders.a.1", "orders.c.1.x", "orders.c.2"]);
      await eventually("nothing is left", async () => {
        const [info] = await ok(bus.consumers("ORDERS"));
        return info?.lag === 0 && info.ackPending === 0;
      });
    });
  });

  it("counts attempts and keeps what is pending over a restart", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, reopen }) => {
      if (reopen === undefined) return context.skip("this engine forgets");
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 300, maxDeliver: 3 }));
      await fill(2);
      const before: number[] = [];
      const subscription = bus.consume("ORDERS", "worker", (delivery) => {
        if (delivery.message.seq === 2) void delivery.ack();
        else before.push(delivery.deliveryCount);
      });
      await eventually("it was delivered twice", () => before.length === 2);
      subscription.close();
      const again = await reopen();
      const [info] = await ok(again.consumers("ORDERS"));
      expect(info).toMatchObject({ ackPending: 1, redelivered: 1 });
      const after: [number, number][] = [];
      again.consume("ORDERS", "worker", ({ message, deliveryCount }) => void after.push([message.seq, deliveryCount]));
      await eventually("it was given up", async () => (await ok(again.consumers("ORDERS")))[0]?.ackPending === 0);
      expect(after).toEqual([[1, 3]]);
    });
  });

  it("refuses consumers that are none", async (context) => {
    await withBus(engine, context, async ({ bus, refused, orders }) => {
      await orders();
      const tries: readonly [ConsumerConfig, number?][] = [
        [{ name: "a.b" }, 10_103],
        [{ name: "w", backoffMs: [1, 2, 3], maxDeliver: 2 }, 10_116],
        [{ name: "w", backoffMs: [100, -1], maxDeliver: 5 }],
        [{ name: "w", filters: ["orders..x"] }],
        [{ name: "w", filters: ["elsewhere.>"] }, 10_093],
        [{ name: "w", filters: ["orders.a.>", "orders.a.b"] }, 10_138],
        [{ name: "w", deliver: "by_start_sequence" }],
        [{ name: "w", deliver: "by_start_time" }],
        [{ name: "w", maxAckPending: 0 }],
        [{ name: "w", maxDeliver: 0 }],
      ];
      for (const [config, errCode] of tries) {
        const error = await refused(bus.ensureConsumer("ORDERS", config));
        expect([config, error.code]).toEqual([config, "bad_request"]);
        if (errCode !== undefined) expect([config, error.details?.["errCode"]]).toEqual([config, errCode]);
      }
      const nowhere = await refused(bus.ensureConsumer("NOWHERE", { name: "w" }));
      expect([nowhere.code, nowhere.details?.["errCode"]]).toEqual(["not_found", 10_059]);
    });
  });

  it("changes a consumer's rules in place, and not where it began", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused, orders, fill }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "worker" }));
      await fill(3);
      const heard = heardBy(bus, "ORDERS", "worker");
      await eventually("three came", () => heard.length === 3);
      const changed = await ok(bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 1234 }));
      expect(changed.config.ackWaitMs).toBe(1234);
      const error = await refused(bus.ensureConsumer("ORDERS", { name: "worker", deliver: "new" }));
      expect(error.code).toBe("conflict");
      await fill(1, 3);
      await eventually("the next one came", () => heard.length === 4);
      expect(heard).toEqual(["1", "2", "3", "4"]);
      await ok(bus.deleteConsumer("ORDERS", "worker"));
      expect(await ok(bus.consumers("ORDERS"))).toEqual([]);
      expect((await refused(bus.deleteConsumer("ORDERS", "worker"))).details?.["errCode"]).toBe(10_014);
    });
  });
}

/** A moment after everything published so far, to the millisecond that times are kept in. */
async function pastNow(): Promise<string> {
  const now = Date.now();
  await eventually("the next milliseconds", () => Date.now() > now + 2);
  return new Date(now + 2).toISOString();
}

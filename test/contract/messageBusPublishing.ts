/** What publishing, reading and delivering promise, whichever engine carries it. */
import { expect, it } from "vitest";
import type { BusMessage } from "#shared/model/bus.ts";
import { eventually } from "#test/support/deadline.ts";
import type { BusEngine } from "./messageBusEngines.ts";
import { withBus } from "./messageBusRig.ts";

export function publishing(engine: BusEngine): void {
  it("acknowledges with the stream and a number that counts from 1 without gaps", async (context) => {
    await withBus(engine, context, async ({ bus, ok }) => {
      await ok(bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"] }));
      const acks = [];
      for (const data of ["one", "two", "three"]) acks.push(await ok(bus.publish({ subject: "orders.new", data })));
      expect(acks).toEqual([1, 2, 3].map((seq) => ({ stream: "ORDERS", seq, duplicate: false })));
      const read = await ok(bus.read({ stream: "ORDERS", limit: 10 }));
      expect(read.map(({ seq, subject, data }) => [seq, subject, data])).toEqual([
        [1, "orders.new", "one"],
        [2, "orders.new", "two"],
        [3, "orders.new", "three"],
      ]);
    });
  });

  it("delivers each message to a durable consumer, in order, and no acknowledged one again", async (context) => {
    await withBus(engine, context, async ({ bus, ok }) => {
      await ok(bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"] }));
      await ok(bus.ensureConsumer("ORDERS", { name: "worker" }));
      for (let n = 0; n < 20; n += 1) await ok(bus.publish({ subject: "orders.new", data: String(n) }));
      const heard: BusMessage[] = [];
      bus.consume("ORDERS", "worker", async (delivery) => {
        heard.push(delivery.message);
        await delivery.ack();
      });
      await eventually("all are acknowledged", async () => {
        const [info] = await ok(bus.consumers("ORDERS"));
        return info?.ackFloor === 20 && info.ackPending === 0;
      });
      expect(heard.map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    });
  });
}

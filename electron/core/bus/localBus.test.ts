import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { fail } from "#shared/model/result.ts";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import type { BusStorage } from "./busStorage.ts";
import { createLocalBus } from "./localBus.ts";
import { createMemoryStorage } from "./memoryStorage.ts";

let clock: ManualClock;
let bus: MessageBus;
/** What the disk says to the next writes. */
let isFull = false;

beforeEach(async () => {
  clock = new ManualClock();
  isFull = false;
  let ids = 0;
  bus = createLocalBus({ storage: fillable(), clock, logger: silentLogger, newId: () => `id-${(ids += 1)}` });
  await bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"] });
});

afterEach(async () => {
  await bus.close();
  expect(clock.pending).toBe(0);
});

/** Memory that can be full, as a disk can. */
function fillable(): BusStorage {
  const storage = createMemoryStorage();
  const refusal = fail("store_unavailable", "The disk is full.");
  return {
    ...storage,
    write: (writes) => (isFull ? refusal : storage.write(writes)),
    saveProgress: (consumers) => (isFull ? refusal : storage.saveProgress(consumers)),
  };
}

function publish(data: string, more: object = {}) {
  return bus.publish({ subject: "orders.new", data, ...more });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await settle();
}

describe("a full disk", () => {
  it("refuses what is published, gives no number away and remembers no message id of it", async () => {
    await publish("1");
    isFull = true;
    const refused = await Promise.all([publish("2", { msgId: "id" }), publish("3", { expect: { lastSeq: 9 } })]);
    expect(refused.map((one) => !one.ok && one.error.code)).toEqual(["store_unavailable", "store_unavailable"]);
    isFull = false;
    expect(await publish("2", { msgId: "id" })).toEqual({
      ok: true,
      value: { stream: "ORDERS", seq: 2, duplicate: false },
    });
  });

  it("holds delivery up, so that no attempt goes uncounted, and lets it go on by itself", async () => {
    await bus.ensureConsumer("ORDERS", { name: "worker" });
    await publish("1");
    isFull = true;
    const counts: number[] = [];
    bus.consume("ORDERS", "worker", (delivery) => {
      counts.push(delivery.deliveryCount);
      void delivery.ack();
    });
    await turns(5);
    expect(counts).toEqual([]);
    isFull = false;
    await clock.advance(1100);
    await turns(5);
    expect(counts).toEqual([1]);
  });
});

describe("too much", () => {
  it("refuses what waits beyond its bound and stores exactly what it acknowledges", async () => {
    const count = 70_000;
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => publish(String(n))));
    const taken = answers.filter((one) => one.ok).length;
    const refused = answers.filter((one) => !one.ok && one.error.code === "throttled").length;
    expect([taken + refused, refused > 0]).toEqual([count, true]);
    const streams = await bus.streams();
    expect(streams.ok && streams.value[0]?.messages).toBe(taken);
  });

  it("holds no more than maxAckPending of a consumer that is far behind, and knows how far", async () => {
    const count = 50_000;
    await bus.ensureConsumer("ORDERS", { name: "slow", maxAckPending: 7, filters: ["orders.new"] });
    let heard = 0;
    bus.consume("ORDERS", "slow", () => void (heard += 1));
    await Promise.all(Array.from({ length: count }, (_, n) => publish(String(n))));
    await turns(20);
    const infos = await bus.consumers("ORDERS");
    expect([heard, infos.ok && infos.value[0]]).toMatchObject([7, { ackPending: 7, lag: count - 7 }]);
  });

  it("gives the loop to others while a filter looks for one message in a long stream", async () => {
    await Promise.all(Array.from({ length: 60_000 }, (_, n) => publish(String(n))));
    await bus.publish({ subject: "orders.rare", data: "found" });
    await bus.ensureConsumer("ORDERS", { name: "rare", filters: ["orders.rare"] });
    let heardAfter = -1;
    let turn = 0;
    bus.consume("ORDERS", "rare", (delivery) => {
      heardAfter = turn;
      void delivery.ack();
    });
    while (heardAfter < 0 && turn < 50) {
      turn += 1;
      await settle();
    }
    expect(heardAfter).toBeGreaterThan(1);
    expect(heardAfter).toBeLessThan(50);
  });
});

describe("waits", () => {
  it("are the monotonic clock's: a wall clock that jumps neither repeats nor forgets anything", async () => {
    await bus.ensureConsumer("ORDERS", { name: "worker", ackWaitMs: 1000 });
    await publish("1", { msgId: "id" });
    const counts: number[] = [];
    bus.consume("ORDERS", "worker", ({ deliveryCount }) => void counts.push(deliveryCount));
    await turns(3);
    clock.jumpWall(3_600_000);
    await turns(3);
    expect(counts).toEqual([1]);
    expect(await publish("1", { msgId: "id" })).toMatchObject({ value: { duplicate: true } });
    clock.jumpWall(-7_200_000);
    await clock.advance(1100);
    await turns(3);
    expect(counts).toEqual([1, 2]);
  });

  it("of a handler that fails double where there is no backoff list", async () => {
    await bus.ensureConsumer("ORDERS", { name: "worker" });
    await publish("1");
    const at: number[] = [];
    bus.consume("ORDERS", "worker", () => {
      at.push(clock.now());
      throw new Error("always");
    });
    await turns(3);
    await clock.advance(1600);
    expect(at).toEqual([0, 100, 300, 700, 1500]);
  });
});

describe("a bus that closes", () => {
  it("answers what was published before, and refuses what comes after", async () => {
    const before = publish("1");
    const closing = bus.close();
    expect(await before).toMatchObject({ ok: true });
    await closing;
    expect(await publish("2")).toMatchObject({ ok: false, error: { code: "disconnected" } });
  });
});

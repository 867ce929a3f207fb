import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLocalBus, createSqliteStorage } from "#core/bus/index.ts";
import type { DeliveryHandler } from "#core/ports/messageBus.ts";
import { openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { DeadLetterDesk } from "./index.ts";

let store: Store;
let nowMs: number;

beforeEach(async () => {
  nowMs = 0;
  const opened = await openStore({
    database: connectSqlite(":memory:"),
    clock: new ManualClock(),
    logger: silentLogger,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
});
afterEach(() => store.close());

/** One life of the core over what the last one wrote. It ends by doing nothing any more, as after kill -9. */
async function life(onDelivery: DeliveryHandler, ms: number): Promise<DeadLetterDesk> {
  const clock = new ManualClock({ nowMs });
  const newId = () => crypto.randomUUID();
  const bus = createLocalBus({ storage: createSqliteStorage(store, silentLogger), clock, logger: silentLogger, newId });
  await bus.ensureStream({ name: "MESSAGES", subjects: ["msg.>"] });
  await bus.ensureConsumer("MESSAGES", { name: "loader", maxDeliver: 3, ackWaitMs: 1000, backoffMs: [100, 100, 100] });
  const deps = { store, bus, clock, random: () => 0, logger: silentLogger, newId, onGaveUp: () => undefined };
  const desk = new DeadLetterDesk(deps);
  if (nowMs === 0) await bus.publish({ subject: "msg.x", data: "{}", msgId: "m1" });
  let isAlive = true;
  desk.guarded.consume("MESSAGES", "loader", (delivery) => (isAlive ? onDelivery(delivery) : undefined));
  for (let passed = 0; passed < ms; passed += 50) {
    await clock.advance(50);
    await settle();
  }
  isAlive = false;
  nowMs += ms;
  return desk;
}

const hangs: DeliveryHandler = () => undefined;
const throws =
  (error: object): DeliveryHandler =>
  () => {
    throw Object.assign(new Error("said"), error);
  };

describe("the failure of a message, when the core is killed while a later attempt is under way", () => {
  const killedInSecond = async (first: DeliveryHandler): Promise<DeadLetterDesk> => {
    await life((delivery) => (delivery.deliveryCount === 1 ? first(delivery) : undefined), 150);
    // In hand again, killed again, and used up: the third life gives it up.
    await life(hangs, 50);
    return life(hangs, 200);
  };

  it("keeps its class, so that the healer does with it what it would have done", async () => {
    const desk = await killedInSecond(throws({ code: "bad_request" }));
    expect(desk.letters.get(1)).toMatchObject({ attempts: 3, error: { class: "validation", message: "said" } });
  });

  it("keeps how long it asked to wait", async () => {
    const desk = await killedInSecond(throws({ code: "throttled", retryAfterMs: 90_000 }));
    expect(desk.letters.get(1)?.error).toMatchObject({ class: "rate_limit", message: "said Retry after 90 s." });
    expect(desk.letters.get(1)?.error.retryAt).toBeDefined();
  });

  it("keeps the reason of a handler that did not take it", async () => {
    const desk = await killedInSecond((delivery) => delivery.nak({ delayMs: 100, reason: "There is no task 121." }));
    expect(desk.letters.get(1)).toMatchObject({ attempts: 3, error: { class: "not_found" } });
  });

  it("is that it was cut off where nothing else is known", async () => {
    for (let kill = 1; kill <= 3; kill += 1) await life(hangs, 50);
    const desk = await life(hangs, 200);
    expect(desk.letters.get(1)).toMatchObject({
      attempts: 3,
      error: { class: "unknown", message: "Signalbox ended while this message was being handled." },
    });
  });
});

it("is the last failure: an attempt that nobody answered after one that threw is a timeout", async () => {
  const desk = await life(
    (delivery) => (delivery.deliveryCount === 1 ? throws({ code: "bad_request" })(delivery) : undefined),
    1000,
  );
  expect(desk.letters.get(1)).toMatchObject({ attempts: 3, error: { class: "timeout" } });
});

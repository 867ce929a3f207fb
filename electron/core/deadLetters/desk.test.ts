import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "#core/ports/messageBus.ts";
import { openDeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterDesk } from "./index.ts";

let rig: DeadLetterRig;
let desk: DeadLetterDesk;

beforeEach(async () => {
  rig = await openDeadLetterRig();
  desk = rig.desk;
});
afterEach(() => rig.close());

/** Until there is a dead letter, which is before the healer's first attempt. */
async function untilDead(): Promise<void> {
  for (let passed = 0; passed < 10_000 && desk.letters.count({}) === 0; passed += 50) await rig.pass(50);
}
const failing = (error: unknown) => () => {
  throw error;
};
const states = () => desk.letters.list({}, { limit: 10 }).map(({ state }) => state);

describe("a message whose consumer fails", () => {
  it("is a dead letter after exactly maxDeliver attempts, once, with everything known of it", async () => {
    let deliveries = 0;
    desk.guarded.consume("MESSAGES", "loader", () => {
      deliveries += 1;
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    });
    await rig.say("m1", { server: "market", tool: "quotes", correlation_id: "run-7" });
    await untilDead();
    expect(deliveries).toBe(3);
    expect(desk.letters.count({})).toBe(1);
    const detail = await desk.detail(1);
    expect(detail).toMatchObject({
      ok: true,
      value: {
        stream: "MESSAGES",
        seq: 1,
        consumer: "loader",
        type: "task.assign",
        source: "/agents/desk/planner",
        agent: "desk/planner",
        server: "market",
        tool: "quotes",
        contextId: "ctx-1",
        correlationId: "run-7",
        error: { class: "resource", code: "ENOSPC", message: "no space left" },
        attempts: 3,
        retries: 0,
        state: "retrying",
        hasTaker: true,
      },
    });
    expect(detail.ok && JSON.parse(detail.value.original)).toMatchObject({ id: "m1" });
    expect(detail.ok && detail.value.stack).toContain("no space left");
  });

  it("is announced once, also when it is reported again, and to others by one event", async () => {
    desk.guarded.consume("MESSAGES", "loader", failing(new Error("x")));
    await rig.say("m1");
    await untilDead();
    expect(await rig.heard("mcp.events.dlq")).toMatchObject([{ letter: 1, consumer: "loader", attempts: 3 }]);
    expect(rig.store.events.read({ limit: 100, types: ["dead_letter.died"] })).toHaveLength(1);
  });

  it("is one at once when its handler refuses it for good", async () => {
    let deliveries = 0;
    desk.guarded.consume("MESSAGES", "loader", (delivery) => {
      deliveries += 1;
      delivery.term("It names no task.");
    });
    await rig.say("m1");
    await rig.pass(100);
    expect(deliveries).toBe(1);
    expect(desk.letters.get(1)).toMatchObject({
      state: "needs_human",
      error: { class: "validation", message: "It names no task." },
      attempts: 1,
    });
  });

  it("is one of class timeout when its handler never answers", async () => {
    let deliveries = 0;
    desk.guarded.consume("MESSAGES", "loader", () => void (deliveries += 1));
    await rig.say("m1");
    await untilDead();
    expect(deliveries).toBe(3);
    expect(desk.letters.get(1)).toMatchObject({
      error: { class: "timeout" },
      plan: { strategy: "longer_timeout", timeoutMs: 60_000 },
    });
  });
});

describe("the healer", () => {
  it("sends it again after a second, and it is as if it had never failed but for its history", async () => {
    let isBroken = true;
    const taken: Delivery[] = [];
    desk.guarded.consume("MESSAGES", "loader", async (delivery) => {
      if (isBroken) throw new Error("x");
      taken.push(delivery);
      await delivery.ack();
    });
    await rig.say("m1", { task: 121 });
    await untilDead();
    isBroken = false;
    await rig.pass(1000);
    expect(taken.map(({ message }) => [message.subject, JSON.parse(message.data)])).toMatchObject([
      ["msg.desk.agent.loader", { id: "m1", data: { task: 121 } }],
    ]);
    expect(desk.letters.get(1)).toMatchObject({ state: "replayed", retries: 1 });
    expect(desk.letters.history(1).map(({ what, actor }) => [what, actor])).toEqual([
      ["died", "loader"],
      ["planned", "healer"],
      ["attempted", "healer"],
      ["replayed", "healer"],
    ]);
  });

  it("tries three times with growing waits, then leaves it to a person and says so on the bus", async () => {
    const attempts: number[] = [];
    desk.guarded.consume("MESSAGES", "loader", () => {
      attempts.push(rig.clock.now());
      throw new Error("x");
    });
    await rig.say("m1");
    await untilDead();
    await rig.pass(60_000);
    expect(attempts).toHaveLength(6);
    expect(attempts.slice(4).map((at, index) => at - (attempts[index + 3] ?? 0))).toEqual([5000, 15_000]);
    expect(states()).toEqual(["needs_human"]);
    expect(await rig.heard("tool.healer.recover")).toMatchObject([{ letter: 1, strategy: "no_strategy", retries: 3 }]);
  });

  it("goes on where it was after its core was killed in the middle of a wait, and of an attempt", async () => {
    const hang = () => undefined;
    let handler: (delivery: Delivery) => void = failing(new Error("x"));
    desk.guarded.consume("MESSAGES", "loader", (delivery) => handler(delivery));
    await rig.say("m1");
    await untilDead();
    // Killed while it waits: nothing is said, nothing is closed.
    const second = rig.openDesk();
    handler = hang;
    second.guarded.consume("MESSAGES", "loader", (delivery) => handler(delivery));
    await desk.close();
    await second.open();
    await rig.pass(1500);
    expect(second.letters.get(1)).toMatchObject({ state: "retrying", retries: 1, attemptMs: expect.any(Number) });
    // Killed in the attempt: it counts, and the next one follows.
    desk = rig.openDesk();
    rig.desk = desk;
    const taken: string[] = [];
    desk.guarded.consume("MESSAGES", "loader", (delivery) => {
      taken.push(delivery.message.data);
      void delivery.ack();
    });
    await second.healer.close();
    await desk.open();
    await rig.pass(10_100);
    expect(taken).toHaveLength(1);
    expect(desk.letters.get(1)).toMatchObject({ state: "replayed", retries: 2 });
    await second.close();
  });

  it("lets another tool take a call over, tries each once, and says which", async () => {
    rig.others = [
      { server: "archive", tool: "quotes" },
      { server: "web", tool: "search" },
    ];
    const orders: unknown[] = [];
    desk.takers.register("TOOLS", "tool-calls", {
      isToolCall: true,
      attempt: async ({ plan }) => {
        orders.push(plan.alternative);
        return orders.length === 2 ? { ok: true } : { ok: false, error: { class: "not_found", message: "gone" } };
      },
    });
    const base = {
      stream: "TOOLS",
      seq: 1,
      consumer: "tool-calls",
      messageId: "c1",
      subject: "tool.quotes.failed",
      type: "tool.failed",
      attempts: 1,
      firstMs: 0,
      lastMs: 0,
      headers: {},
      original: "{}",
    };
    await Promise.all([
      desk.letters.take({
        ...base,
        server: "market",
        tool: "quotes",
        error: { class: "not_found", message: "no such tool" },
      }),
      rig.clock.advance(10),
    ]);
    await rig.pass(20_000);
    expect(orders).toEqual(rig.others);
    expect(states()).toEqual(["replayed"]);
    expect(await rig.heard("tool.healer.alternative_tool")).toMatchObject([
      { instead: rig.others[0] },
      { instead: rig.others[1] },
    ]);
  });

  it("keeps a consumer that hangs from holding up the others", async () => {
    await rig.bus.ensureConsumer("MESSAGES", { name: "other", maxDeliver: 1, ackWaitMs: 1000 });
    desk.guarded.consume("MESSAGES", "loader", () => undefined);
    let isBroken = true;
    desk.guarded.consume("MESSAGES", "other", (delivery) => {
      if (isBroken) throw new Error("x");
      void delivery.ack();
    });
    for (let index = 0; index < 20; index++) await rig.say(`m${index}`);
    await untilDead();
    isBroken = false;
    await rig.pass(10_000);
    expect(desk.letters.count({ consumer: "other", states: ["replayed"] })).toBe(20);
    expect(desk.letters.underWay().filter(({ consumer }) => consumer === "loader")).toHaveLength(5);
  });

  it("is started again when it fails, and when it gives up says so and loses nothing", async () => {
    const broken = new Error("a bug");
    const next = desk.healer.attempts.next.bind(desk.healer.attempts);
    let failures = 0;
    desk.healer.attempts.next = (letter, error) => {
      failures += 1;
      if (failures <= 8) return Promise.reject(broken);
      return next(letter, error);
    };
    desk.guarded.consume("MESSAGES", "loader", failing(new Error("x")));
    await rig.say("m1");
    await rig.pass(60_000);
    expect(rig.gaveUp).toHaveLength(1);
    expect(desk.standing()).toMatchObject({ healer: "gave_up", counts: { new: 1 } });
    await rig.pass(6 * 60_000);
    expect(desk.standing().healer).toBe("running");
    expect(desk.letters.get(1)?.retries).toBeGreaterThan(0);
  });
});

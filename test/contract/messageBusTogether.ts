/** What holds between publishers, consumers and listeners: replay, requests, sharing, and that nobody hurts another. */
import { expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import type { BusEngine } from "./messageBusEngines.ts";
import { acking, heardBy, withBus } from "./messageBusRig.ts";

/** semantics.md 2.1, below a first token so that every engine takes the subjects. */
const MATCHES: readonly (readonly [pattern: string, subject: string, match: boolean])[] = [
  ["foo", "foo", true],
  ["foo", "bar", false],
  ["*", "foo", true],
  [">", "foo", true],
  [">", "foo.bar", true],
  ["foo.>", "foo.bar", true],
  ["foo.>", "foo", false],
  ["bar.>", "foo.bar", false],
  ["foo*", "foo*", true],
  ["foo*", "foobar", false],
  ["fo", "foo", false],
  ["FOO", "foo", false],
  ["foo.*.baz", "foo.bar.baz", true],
  ["foo.*", "foo.bar.baz", false],
];

export function together(engine: BusEngine): void {
  it("matches subjects as the table says, in replay and live", async (context) => {
    await withBus(engine, context, async ({ bus, ok }) => {
      await ok(bus.ensureStream({ name: "TABLE", subjects: ["t.>"] }));
      const live = MATCHES.map(([pattern]) => {
        const heard = new Set<string>();
        bus.listen(`t.${pattern}`, ({ subject }) => heard.add(subject));
        return heard;
      });
      await settled(bus.listen("t.last", () => undefined));
      for (const subject of new Set(MATCHES.map(([, one]) => one)))
        await ok(bus.publish({ subject: `t.${subject}`, data: "x" }));
      const heardLast: string[] = [];
      bus.listen("t.last", () => heardLast.push("last"));
      await eventually("the live ones came", async () => {
        await ok(bus.publish({ subject: "t.last", data: "x" }));
        return heardLast.length > 0;
      });
      for (const [index, [pattern, subject, match]] of MATCHES.entries()) {
        const replayed = await ok(bus.read({ stream: "TABLE", filter: `t.${pattern}`, limit: 100 }));
        const isReplayed = replayed.some((message) => message.subject === `t.${subject}`);
        const isLive = live[index]?.has(`t.${subject}`);
        expect([pattern, subject, isReplayed, isLive]).toEqual([pattern, subject, match, match]);
      }
    });
  });

  it("replays from a number, to a number, from a time, for a filter, page by page", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill }) => {
      await orders();
      await fill(250);
      const before = Date.now();
      await eventually("the next milliseconds", () => Date.now() > before + 2);
      await fill(250, 250);
      const data = async (query: object) =>
        (await ok(bus.read({ stream: "ORDERS", limit: 1000, ...query }))).map((message) => Number(message.data));
      expect(await data({ from: 498 })).toEqual([498, 499, 500]);
      expect(await data({ from: 10, to: 12 })).toEqual([10, 11, 12]);
      expect((await data({ since: new Date(before + 2).toISOString() }))[0]).toBe(251);
      expect(await data({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
      expect(await data({ filter: "orders.k3", limit: 3 })).toEqual([3, 13, 23]);
      const all: number[] = [];
      for (let from = 1; ;) {
        const page = await ok(bus.read({ stream: "ORDERS", from, limit: 70 }));
        all.push(...page.map((message) => Number(message.data)));
        const last = page.at(-1);
        if (last === undefined || page.length < 70) break;
        from = last.seq + 1;
      }
      expect(all).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    });
  });

  it("keeps a failing handler, one that never answers and a slow one to themselves", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill }) => {
      await orders();
      for (const name of ["failing", "silent", "good"])
        await ok(bus.ensureConsumer("ORDERS", { name, maxAckPending: 10 }));
      bus.consume("ORDERS", "failing", () => {
        throw new Error("always");
      });
      let silent = 0;
      bus.consume("ORDERS", "silent", () => {
        silent += 1;
        return new Promise(() => undefined);
      });
      bus.listen("orders.>", () => {
        throw new Error("a listener, too");
      });
      const good: string[] = [];
      bus.consume("ORDERS", "good", acking(good));
      await fill(100);
      await eventually("the good one heard all", () => good.length === 100);
      expect(good).toEqual(Array.from({ length: 100 }, (_, n) => String(n + 1)));
      expect(silent).toBeLessThanOrEqual(10);
    });
  });

  it("gives each message of a shared consumer to exactly one of its members", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill, consumer }) => {
      await orders();
      await ok(bus.ensureConsumer("ORDERS", { name: "pool" }));
      const members = [1, 2, 3].map(() => heardBy(bus, "ORDERS", "pool"));
      // Whom an engine asks first may take all there is; with more to do each gets its share.
      let published = 0;
      await eventually("two of them heard something", async () => {
        await fill(60, published);
        published += 60;
        return members.filter((one) => one.length > 0).length > 1;
      });
      await eventually("all are settled", async () => (await consumer()).ackFloor === published);
      const heard = members.flat().map(Number);
      expect(heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: published }, (_, n) => n + 1));
    });
  });

  it("answers a request, says at once when nobody answers, and in time when somebody does not", async (context) => {
    await withBus(engine, context, async ({ bus, ok, refused }) => {
      const began = performance.now();
      const nobody = await refused(bus.request("svc.echo", "x", { timeoutMs: 5000 }));
      expect([nobody.code, nobody.details?.["errCode"]]).toEqual(["no_responders", 503]);
      expect(performance.now() - began).toBeLessThan(2500);
      bus.respond("svc.*", async ({ subject, data }) => `${subject}: ${data}`);
      const answer = await eventually("the responder is there", async () => {
        const asked = await bus.request("svc.echo", "hällo", { timeoutMs: 1000 });
        return asked.ok ? asked.value : undefined;
      });
      expect(answer.data).toBe("svc.echo: hällo");
      bus.respond("slow", () => new Promise(() => undefined));
      bus.respond("broken", () => Promise.reject(new Error("out of paper")));
      await eventually("both are there", async () => {
        const asked = await bus.request("broken", "", { timeoutMs: 1000 });
        return !asked.ok && asked.error.code === "internal" && asked.error.message.includes("out of paper");
      });
      expect((await refused(bus.request("slow", "", { timeoutMs: 100 }))).code).toBe("timeout");
      expect((await ok(bus.request("svc.two", "2", { timeoutMs: 1000 }))).data).toBe("svc.two: 2");
    });
  });

  it("asks one member of a queue, each in its turn", async (context) => {
    await withBus(engine, context, async ({ bus, ok }) => {
      const asked = [0, 0, 0];
      const members = asked.map((_, index) =>
        bus.respond(
          "svc.work",
          async () => {
            asked[index] = (asked[index] ?? 0) + 1;
            return String(index);
          },
          { queue: "workers" },
        ),
      );
      await eventually("they are there", async () => (await bus.request("svc.work", "", { timeoutMs: 1000 })).ok);
      const before = asked.reduce((sum, count) => sum + count, 0);
      await Promise.all(Array.from({ length: 30 }, () => ok(bus.request("svc.work", "", { timeoutMs: 2000 }))));
      expect(asked.reduce((sum, count) => sum + count, 0) - before).toBe(30);
      expect(asked.filter((count) => count > 0).length).toBeGreaterThan(1);
      for (const member of members) member.close();
      await eventually("they are gone", async () => {
        const gone = await bus.request("svc.work", "", { timeoutMs: 500 });
        return !gone.ok && gone.error.code === "no_responders";
      });
    });
  });

  it("tells listeners what is committed, in order, until they close", async (context) => {
    await withBus(engine, context, async ({ bus, ok, orders, fill }) => {
      await orders();
      const heard: string[] = [];
      const listening = bus.listen("orders.>", ({ data }) => heard.push(data));
      await eventually("it listens", async () => {
        await ok(bus.publish({ subject: "orders.ready", data: "ready" }));
        return heard.length > 0;
      });
      heard.length = 0;
      await fill(20);
      await eventually("twenty came", () => heard.filter((data) => data !== "ready").length === 20);
      expect(heard.filter((data) => data !== "ready")).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)));
      listening.close();
      listening.close();
      const count = heard.length;
      await fill(3, 20);
      expect(heard).toHaveLength(count);
    });
  });
}

/** A subscription was just made; closed again. */
async function settled(subscription: { close(): void }): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  subscription.close();
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bus } from "#core/bus/index.ts";
import type { Post } from "#core/mailboxes/index.ts";
import type { StartRequest } from "#core/workflows/workflows.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { HandlerSpec } from "#shared/model/handlerFile.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { openDeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterRig } from "#test/support/deadLetterRig.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { EventHandlers } from "./eventHandlers.ts";

const TELL: HandlerSpec = {
  id: "tell",
  subject: "msg.desk.>",
  stream: "MESSAGES",
  act: { kind: "send", to: "fixer", text: `\${type} for \${data.tool}` },
};
const AUDIT: HandlerSpec = {
  ...TELL,
  id: "audit",
  act: { kind: "run", workflow: "check", with: { tool: `\${data.tool}` } },
};

let rig: DeadLetterRig;
let handlers: EventHandlers;
let posts: Post[];
let starts: StartRequest[];
let tell: (events: readonly StoredEvent[]) => void;
let isUp: boolean;
/** What mailboxes answer; undefined: they take it. */
let refusal: Result<never> | undefined;

/** As a core does at its start. */
async function open(...specs: readonly HandlerSpec[]): Promise<void> {
  build(specs);
  await handlers.open();
}

function build(specs: readonly HandlerSpec[]): void {
  const events: Pick<Bus, "subscribe"> = {
    subscribe: ({ onEvents }) => {
      tell = (some) => void onEvents(some);
      return () => undefined;
    },
  };
  handlers = new EventHandlers({
    bus: rig.desk.guarded,
    events,
    isUp: () => isUp,
    mailboxes: () => ({
      post: async (post) => {
        posts.push(post);
        return refusal ?? { ok: true, value: { id: "m", seq: 1, fleet: "desk", to: [] } };
      },
    }),
    workflows: () => ({
      start: (request) => {
        starts.push(request);
        return fail("conflict", "The store is busy.");
      },
    }),
    clock: rig.clock,
    logger: silentLogger,
  });
  handlers.define("desk", specs);
}

async function follow(type: StoredEvent["type"]): Promise<void> {
  isUp = type === "fleet.up";
  const subject = `ws.desk.${type}`;
  tell([{ seq: 1, time: "2026-11-01T00:00:00.000Z", subject, type, actor: "person", data: {} }]);
  await handlers.idle();
}

const say = async (id: string, data: unknown = { tool: "quotes" }): Promise<void> => {
  await rig.say(id, data);
  await rig.pass(200);
};

beforeEach(async () => {
  rig = await openDeadLetterRig();
  [posts, starts, isUp, refusal] = [[], [], true, undefined];
});
afterEach(async () => {
  handlers.close();
  await rig.close();
});

describe("what a fleet file says is done on a message", () => {
  it("is done with the words of the message, and with one id however often it is heard", async () => {
    await open(TELL);
    await say("m1");
    const post = { from: "handler/desk/tell", fleet: "desk", to: "fixer", text: "task.assign for quotes" };
    expect(posts).toEqual([{ ...post, contextId: "ctx-1", correlationId: undefined, id: "desk-tell-MESSAGES-1" }]);
  });

  it("goes on after a restart with what was said meanwhile, and never does again what is done", async () => {
    await open(TELL);
    await say("m1");
    handlers.close();
    await say("m2");
    await open(TELL);
    await rig.pass(500);
    expect(posts.map(({ id }) => id)).toEqual(["desk-tell-MESSAGES-1", "desk-tell-MESSAGES-2"]);
  });

  it("leaves nothing behind of a handler or a fleet that went while no core ran, and touches nobody else's", async () => {
    await open(TELL, AUDIT);
    handlers.close();
    await open(AUDIT);
    const names = async () => {
      const consumers = await rig.bus.consumers("MESSAGES");
      return consumers.ok ? consumers.value.map(({ name }) => name).toSorted() : [];
    };
    expect(await names()).toEqual(["loader", "on-desk-audit"]);
    handlers.close();
    build([]);
    await handlers.open();
    expect(await names()).toEqual(["loader"]);
  });

  it("is done while the fleet is up, and what was said while it was down is not", async () => {
    await open(TELL);
    await follow("fleet.down");
    await say("m1");
    await follow("fleet.up");
    await say("m2");
    expect(posts.map(({ id }) => id)).toEqual(["desk-tell-MESSAGES-2"]);
  });

  it("waits for a person's word where the app was started to start nothing", async () => {
    build([TELL]);
    await handlers.open({ isHeld: true });
    await say("m1");
    await follow("fleet.up");
    await say("m2");
    expect(posts.map(({ id }) => id)).toEqual(["desk-tell-MESSAGES-2"]);
  });

  it("is not done on what it caused itself", async () => {
    await open(TELL);
    await say("m1", { tool: "quotes", consumer: "on-desk-tell" });
    expect(posts).toEqual([]);
  });

  it("is done 30 times a minute at most; the rest waits", async () => {
    await open(TELL);
    for (let index = 0; index < 32; index += 1) await rig.say(`m${index}`, { tool: "quotes" });
    await rig.pass(2000);
    expect(posts).toHaveLength(30);
    await rig.pass(60_000);
    expect(posts).toHaveLength(32);
  });
});

describe("a handler that fails", () => {
  it("hurts neither the publisher nor another handler, and its message is a dead letter after its attempts", async () => {
    await open(TELL, AUDIT);
    expect(await rig.say("m1", { tool: "quotes" })).toMatchObject({ ok: true });
    // Its attempts, and not yet the healer's first one.
    await rig.pass(2000);
    expect(posts).toHaveLength(1);
    expect(starts).toHaveLength(5);
    expect(new Set(starts.map(({ once }) => once))).toEqual(new Set(["desk-audit-MESSAGES-1"]));
    expect(starts[0]).toMatchObject({ workflow: "desk/check", input: { tool: "quotes" }, actor: "handler/desk/audit" });
    expect(rig.desk.letters.list({}, { limit: 10 })).toMatchObject([
      { consumer: "on-desk-audit", error: { message: "The store is busy." } },
    ]);
  });

  it.each([
    ["a reference that leads to nothing", { other: 1 }, undefined],
    ["an agent that is gone", { tool: "quotes" }, fail("not_found", "There is no agent fixer.")],
  ])("for good, by %s, makes a dead letter at once", async (_, data, answer) => {
    refusal = answer;
    await open(TELL);
    await say("m1", data);
    expect(posts.length).toBeLessThanOrEqual(1);
    expect(rig.desk.letters.list({}, { limit: 10 })).toMatchObject([{ consumer: "on-desk-tell", attempts: 1 }]);
  });
});

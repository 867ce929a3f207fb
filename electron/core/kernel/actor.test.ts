import { describe, expect, it } from "vitest";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { spawnActor } from "./actor.ts";
import type { ActorDefinition, ActorRef, HandlerResult } from "./actor.ts";
import type { ExitReason } from "./types.ts";

type Message = "add" | "read" | "silent" | "stop" | "restart" | "throw" | "hang";

class Counter {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  release: () => void = () => undefined;
  failingStarts = 0;

  definition(
    overrides: Partial<ActorDefinition<number, Message, number>> = {},
  ): ActorDefinition<number, Message, number> {
    return {
      name: "counter",
      preStart: () => {
        this.log.push("preStart");
        this.failingStarts -= 1;
        if (this.failingStarts >= 0) throw new Error("no ground");
        return 0;
      },
      handle: (count, message) => this.#handle(count, message),
      postStop: (count, reason: ExitReason) => void this.log.push(`postStop ${count} ${reason.type}`),
      ...overrides,
    };
  }

  deps() {
    return { clock: this.clock, newId: () => "id-1" };
  }

  async spawn(overrides: Partial<ActorDefinition<number, Message, number>> = {}): Promise<ActorRef<Message, number>> {
    const spawned = await spawnActor(this.definition(overrides), this.deps());
    if (!spawned.ok) throw new Error(spawned.error.message);
    return spawned.value;
  }

  async #handle(count: number, message: Message): Promise<HandlerResult<number, number>> {
    this.log.push(message);
    if (message === "hang") await new Promise<void>((resolve) => (this.release = resolve));
    switch (message) {
      case "add":
        return { type: "continue", state: count + 1, reply: count + 1 };
      case "read":
      case "hang":
        return { type: "continue", reply: count };
      case "silent":
        return { type: "continue" };
      case "stop":
        return { type: "stop", reply: count };
      case "restart":
        return { type: "restart" };
      case "throw":
        throw new Error("cannot count");
    }
  }
}

describe("an actor", () => {
  it("keeps its state to itself and answers what it is asked", async () => {
    const actor = await new Counter().spawn();
    void actor.tell("add");
    void actor.tell("add");
    expect(await actor.ask("read")).toEqual({ ok: true, value: 2 });
    expect(await actor.ask("silent")).toEqual({ ok: true, value: undefined });
    expect(actor.id).toBe("id-1");
  });

  it("handles one message at a time, the important ones first", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    void actor.tell("hang");
    void actor.tell("add", { priority: 4 });
    void actor.tell("read", { priority: 0 });
    await settle();
    expect({ log: counter.log, waiting: actor.mailboxSize }).toEqual({ log: ["preStart", "hang"], waiting: 2 });
    counter.release();
    await settle();
    expect(counter.log).toEqual(["preStart", "hang", "read", "add"]);
  });

  it("ends normally when its handler says stop, after the answer, with postStop", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    void actor.tell("add");
    expect(await actor.ask("stop")).toEqual({ ok: true, value: 1 });
    expect(await actor.exited).toEqual({ type: "normal" });
    expect(counter.log.at(-1)).toBe("postStop 1 normal");
    expect(await actor.tell("add")).toMatchObject({ ok: false, error: { code: "ActorStopped" } });
    expect(await actor.ask("read")).toMatchObject({ ok: false, error: { code: "ActorStopped" } });
  });

  it("on restart throws its state away and keeps its mailbox", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    void actor.tell("add");
    void actor.tell("restart");
    expect(await actor.ask("read")).toEqual({ ok: true, value: 0 });
    expect(counter.log).toEqual(["preStart", "add", "restart", "postStop 1 normal", "preStart", "read"]);
  });

  it("that throws ends with a crash, tells the asker, and drops what waits", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    const [thrown, waiting] = [actor.ask("throw"), actor.ask("read")];
    expect(await thrown).toMatchObject({ ok: false, error: { code: "MessageHandlingFailed" } });
    expect(await waiting).toMatchObject({ ok: false, error: { code: "ActorStopped" } });
    expect(await actor.exited).toEqual({ type: "crash", detail: "cannot count" });
    expect(counter.clock.pending).toBe(0);
  });

  it("that cannot start says StartupFailed; that cannot restart crashes", async () => {
    const counter = new Counter();
    counter.failingStarts = 1;
    expect(await spawnActor(counter.definition(), counter.deps())).toMatchObject({
      ok: false,
      error: { code: "StartupFailed" },
    });
    const actor = await counter.spawn();
    counter.failingStarts = 1;
    void actor.tell("restart");
    expect(await actor.exited).toEqual({ type: "crash", detail: "no ground" });
  });

  it("lets an asker go after the timeout", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    const asked = actor.ask("hang", { timeoutMs: 50 });
    await counter.clock.advance(50);
    expect(await asked).toMatchObject({ ok: false, error: { code: "AskTimeout" } });
    counter.release();
    expect(await actor.ask("add")).toEqual({ ok: true, value: 1 });
  });

  it("refuses what its mailbox cannot hold, and tells an asker whose message gave way", async () => {
    const counter = new Counter();
    const actor = await counter.spawn({ mailbox: { capacity: 1, overflow: { type: "drop_lower" } } });
    void actor.tell("hang");
    const bulk = actor.ask("read", { priority: 4 });
    expect(await actor.tell("add", { priority: 4 })).toMatchObject({ ok: false, error: { code: "MailboxFull" } });
    expect((await actor.tell("add", { priority: 1 })).ok).toBe(true);
    expect(await bulk).toMatchObject({ ok: false, error: { code: "MessageDropped" } });
  });

  it("loses no wake-up when a blocked sender's message is all that is left", async () => {
    const counter = new Counter();
    const actor = await counter.spawn({ mailbox: { capacity: 1, overflow: { type: "block", timeoutMs: 10_000 } } });
    void actor.tell("hang");
    void actor.tell("add", { ttlMs: 5 });
    const blocked = actor.ask("read", { timeoutMs: 9000 });
    await counter.clock.advance(10);
    counter.release();
    expect(await blocked).toEqual({ ok: true, value: 0 });
  });

  it("told to shut down finishes the message at hand first", async () => {
    const counter = new Counter();
    const actor = await counter.spawn();
    const asked = actor.ask("hang");
    void actor.tell("add");
    await settle();
    actor.shutdown();
    counter.release();
    expect(await asked).toEqual({ ok: true, value: 0 });
    expect(await actor.exited).toEqual({ type: "shutdown" });
    expect(counter.log).toEqual(["preStart", "hang", "postStop 0 shutdown"]);
  });

  it("killed waits for nothing and tells a long handler by its signal", async () => {
    const counter = new Counter();
    let isAborted = false;
    const actor = await counter.spawn({
      handle: async (_count, _message, { signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        isAborted = true;
        return { type: "continue" };
      },
    });
    void actor.tell("add");
    actor.kill();
    expect(await actor.exited).toEqual({ type: "killed" });
    await settle();
    expect(isAborted).toBe(true);
    expect(counter.log).toEqual(["preStart"]);
  });
});

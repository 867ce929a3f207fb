import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Inbox } from "#core/inbox/index.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { entryOf } from "#shared/model/catalogue/catalogue.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { agentDesks } from "./agentTools.ts";
import { RefusedCallers } from "./refusedCallers.ts";
import { said, tool } from "./teamTools.ts";

const LIVES = new Map([
  ["s-ann", { path: "crew/ann", alive: true }],
  ["s-bob", { path: "crew/bob", alive: true }],
  ["s-old", { path: "crew/old", alive: false }],
]);

let clock: ManualClock;
let store: Store;
let recorder: Recorder;
let inbox: Inbox;
let callers: RefusedCallers;

beforeEach(async () => {
  clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
  store.onCommit((events) => callers.show(events));
  const logger = silentLogger;
  recorder = createRecorder({ journal: createJournal({ store, clock, logger }), clock, logger });
  inbox = new Inbox({ store, recorder, clock });
  callers = new RefusedCallers({ inbox, recorder, clock, lifeOf: (id) => LIVES.get(id) });
});
afterEach(() => {
  callers.close();
  recorder.flush();
  store.close();
});

function recorded(): readonly Record<string, unknown>[] {
  recorder.flush();
  const rows = store.all("SELECT data FROM events WHERE type = 'caller.refused' ORDER BY seq");
  return rows.map(({ data }): Record<string, unknown> => JSON.parse(String(data)));
}

const wrong = { door: "tools", why: "wrong_token" } as const;
const shown = () => inbox.list().map(({ path, title, options }) => [path, title, options.map(({ id }) => id)]);

describe("who calls under a name that is not its own", () => {
  it("is recorded with both names, fits the catalogue, and waits for a person who may stop it", () => {
    callers.atTheDoor({ ...wrong, sessionId: "s-bob", isOpen: true, tokenOf: "s-ann" });
    expect(recorded()).toEqual([
      {
        why: "wrong_token",
        door: "tools",
        path: "crew/ann",
        claimed: "crew/bob",
        refused: 1,
        detail: "Used a wrong token as crew/bob",
      },
    ]);
    expect(entryOf("caller.refused")?.schema.safeParse(recorded()[0]).success).toBe(true);
    expect(shown()).toEqual([["crew/ann", "crew/ann used a wrong token as crew/bob", ["stop", "dismiss"]]]);
  });

  it("is recorded without a name where nobody can tell it: a made-up token, a session that ended or never was", () => {
    callers.atTheDoor({ ...wrong, sessionId: "s-bob", isOpen: true });
    callers.atTheDoor({ ...wrong, sessionId: "s-old", isOpen: false });
    expect(recorded().map(({ path, claimed, detail }) => [path, claimed, detail])).toEqual([
      [null, "crew/bob", "Used a wrong token as crew/bob"],
      [null, "crew/old", "Called as crew/old, whose session has ended"],
    ]);
    expect(shown().map(([, title]) => title)).toEqual([
      "Somebody used a wrong token as crew/bob",
      "Somebody called as crew/old, whose session has ended",
    ]);
  });

  it("is two records and one item, however many sessions it makes up in that minute", async () => {
    for (let n = 0; n < 20_000; n += 1) callers.atTheDoor({ ...wrong, sessionId: `made-up-${n}`, isOpen: false });
    await clock.advance(60_000);
    expect(recorded().map(({ refused }) => refused)).toEqual([1, 19_999]);
    expect(shown()).toEqual([["Signalbox", "Somebody used a token for a session that there never was", ["dismiss"]]]);
  });

  it("is no one that only had something left to say when its session ended, or is just taken up", () => {
    callers.atTheDoor({ door: "telemetry", why: "wrong_token", sessionId: "s-old", isOpen: false });
    callers.atTheDoor({ ...wrong, sessionId: "s-ann", isOpen: false });
    expect(recorded()).toEqual([]);
  });
});

describe("who calls at the metering gateway with a token that is not its own", () => {
  const atGateway = { door: "gateway", why: "wrong_token" } as const;

  it("is recorded and shown as at the door for tools: another's token, one whose session ended, a made-up one", () => {
    callers.atTheDoor({ ...atGateway, sessionId: "s-bob", isOpen: true, tokenOf: "s-ann" });
    callers.atTheDoor({ ...atGateway, sessionId: "s-old", isOpen: false });
    callers.atTheDoor({ ...wrong, sessionId: "made-up", isOpen: false });
    callers.atTheDoor({ ...atGateway, sessionId: "made-up", isOpen: false });
    expect(recorded().map(({ door, path, claimed }) => [door, path, claimed])).toEqual([
      ["gateway", "crew/ann", "crew/bob"],
      ["gateway", null, "crew/old"],
      ["tools", null, null],
    ]);
    expect(entryOf("caller.refused")?.schema.safeParse(recorded()[0]).success).toBe(true);
    expect(shown().map(([, title]) => title)).toEqual([
      "crew/ann used a wrong token as crew/bob at the metering gateway",
      "Somebody called as crew/old at the metering gateway, whose session has ended",
      "Somebody used a token for a session that there never was",
    ]);
  });

  it("is one record more a minute, however often it tries", async () => {
    for (let n = 0; n < 5000; n += 1) callers.atTheDoor({ ...atGateway, sessionId: `made-up-${n}`, isOpen: false });
    await clock.advance(60_000);
    expect(recorded().map(({ refused }) => refused)).toEqual([1, 4999]);
  });
});

describe("who calls too often", () => {
  it("is recorded at once, and a person is told when it goes on", async () => {
    for (let n = 0; n < 500; n += 1)
      callers.atTheDoor({ door: "tools", why: "too_many_calls", sessionId: "s-ann", isOpen: true });
    expect(recorded().map(({ path, refused }) => [path, refused])).toEqual([["crew/ann", 1]]);
    expect(shown()).toEqual([]);
    await clock.advance(60_000);
    expect(recorded().map(({ refused }) => refused)).toEqual([1, 499]);
    callers.atTheDoor({ door: "hook", why: "too_many_calls", sessionId: "s-bob", isOpen: true });
    expect(recorded().map(({ path, door }) => [path, door])).toEqual([
      ["crew/ann", "tools"],
      ["crew/ann", "tools"],
      ["crew/bob", "hook"],
    ]);
    expect(shown()).toEqual([["crew/ann", "crew/ann calls too often", ["stop", "dismiss"]]]);
  });
});

describe("an agent's desk", () => {
  const spec = { agent: "claude", can: ["send", "team"] as const };
  const calls: unknown[] = [];
  function deskOfAnn() {
    calls.length = 0;
    const note = tool("send_message", "Says it.", z.object({ text: z.string() }), async (args) => {
      calls.push(args);
      return said("Done.");
    });
    const look = { ...tool("list_team", "Who.", z.object({}), async () => said("You.")), isReadOnly: true };
    const agents = () => [{ path: "crew/ann", spec }];
    const tools = new Map([note, look].map((one) => [one.name, one]));
    return agentDesks({ tools, clock, refusedCallers: callers, fleets: () => ({ agents }) })("crew/ann", "s-ann");
  }
  const ask = (name: string, args: Record<string, unknown>) =>
    deskOfAnn()?.call(name, args, new AbortController().signal);

  it("refuses a call in another's name, with a sentence, and does nothing of it", async () => {
    expect(await ask("send_message", { text: "give me access", from: "person" })).toEqual({
      text: "You speak as crew/ann, not as person. Leave the sender out.",
      isError: true,
    });
    expect(calls).toEqual([]);
    expect(recorded()).toMatchObject([{ why: "forged_sender", path: "crew/ann", claimed: "person" }]);
    expect(await ask("send_message", { text: "mine", from: "ann" })).toEqual({ text: "Done.", isError: false });
    expect(calls).toEqual([{ text: "mine" }]);
  });

  it("lets through a burst of what leaves something behind, then one a second; looking costs nothing", async () => {
    const desk = deskOfAnn();
    const call = (name: string) => desk?.call(name, { text: "x" }, new AbortController().signal);
    for (let n = 0; n < 1000; n += 1) await call("send_message");
    expect(calls).toHaveLength(60);
    expect(await call("send_message")).toEqual({ text: "Too many calls. Make the next one in 1 s.", isError: true });
    expect(await call("list_team")).toEqual({ text: "You.", isError: false });
    await clock.advance(1000);
    expect(await call("send_message")).toEqual({ text: "Done.", isError: false });
    expect(recorded().map(({ refused }) => refused)).toEqual([1]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openMailRig } from "#test/support/mailRig.ts";
import type { MailRig } from "#test/support/mailRig.ts";

let rig: MailRig;
beforeEach(async () => {
  rig = await openMailRig(["ann", "bob", "cyd"]);
});
afterEach(() => rig.close());

const fromAnn = (text: string, more: { priority?: number; ttlMs?: number; to?: string } = {}) =>
  rig.post({ from: "crew/ann", fleet: "crew", to: "bob", text, ...more });
const person = (text: string, more: { priority?: number; id?: string } = {}) =>
  rig.post({ from: "person", to: "crew/bob", text, ...more });
const states = () => rig.mailboxes.list({ limit: 1000 }).map(({ text, state }) => `${text}: ${state}`);
const MINUTE = 60_000;

describe("an agent that floods its team", () => {
  it("is refused by name past twenty messages; the flood is two records, and everybody else is served meanwhile", async () => {
    const sent = [];
    for (let n = 0; n < 2000; n += 1) sent.push(await fromAnn(`${n}`));
    expect(sent.filter(({ ok }) => ok)).toHaveLength(20);
    expect(sent.at(-1)).toMatchObject({
      ok: false,
      error: { code: "throttled", message: expect.stringMatching(/^Too many messages\. Send the next one in \d s,/) },
    });
    expect(await rig.post({ from: "crew/cyd", fleet: "crew", to: "bob", text: "from cyd" })).toMatchObject({
      ok: true,
    });
    expect(await person("from the person")).toMatchObject({ ok: true });
    expect(rig.events("message.throttled")).toEqual([
      { path: "crew/ann", refused: 1, detail: "Sends more messages than it may" },
    ]);
    await rig.pass(MINUTE);
    expect(rig.events("message.throttled").map(({ refused }) => refused)).toEqual([1, 1979]);
    await rig.pass(2 * MINUTE);
    expect(rig.events("message.throttled")).toHaveLength(2);
    expect(await fromAnn("once more")).toMatchObject({ ok: true });
  });

  it("is refused before it hands over: nothing is set aside for a message that would not be taken", async () => {
    for (let n = 0; n < 20; n += 1) await fromAnn(`${n}`);
    expect(rig.mailboxes.receiverOf({ from: "crew/ann", fleet: "crew", to: "bob" })).toMatchObject({
      ok: false,
      error: { code: "throttled" },
    });
    expect(rig.mailboxes.receiverOf({ from: "crew/cyd", fleet: "crew", to: "bob" })).toEqual({
      ok: true,
      value: "crew/bob",
    });
  });
});

describe("a full mailbox", () => {
  beforeEach(async () => {
    for (let n = 0; n < 199; n += 1) await person(`${n}`, { priority: 3 });
    await fromAnn("unimportant", { priority: 4 });
  });

  it("refuses what is not more important than anything in it, and tells its sender", async () => {
    expect(await fromAnn("also unimportant", { priority: 4 })).toMatchObject({
      ok: false,
      error: {
        code: "throttled",
        message: "The mailbox of bob is full (200 messages). Try again when it has read some.",
      },
    });
    expect(rig.mailboxes.waitingCount("crew/bob")).toBe(200);
  });

  it("makes room for something more important by the least important; its sender is told in one message", async () => {
    expect(await person("fire", { priority: 0 })).toMatchObject({ ok: true });
    expect(rig.mailboxes.waitingCount("crew/bob")).toBe(200);
    expect(states().filter((one) => !one.endsWith("waiting"))).toEqual(["unimportant: dropped"]);
    rig.setReady("ann", true);
    await rig.pass(2000);
    expect(rig.heard("ann")).toEqual([
      'Signalbox could not deliver what you sent:\n- to bob, "unimportant": The mailbox was full; something more important came.',
    ]);
    rig.setReady("bob", true);
    await rig.pass(2000);
    expect(rig.heard("bob")[0]).toBe("fire");
  });
});

describe("a message that expires", () => {
  it("is never typed in; its sender hears of all that expired together in one message, of which nobody hears again", async () => {
    for (const text of ["one", "two", "three", "four", "five", "six", "seven"]) await fromAnn(text, { ttlMs: MINUTE });
    await fromAnn("to all", { to: "all", ttlMs: MINUTE });
    await rig.pass(MINUTE + 2000);
    rig.setReady("bob", true);
    await rig.pass(1000);
    expect(rig.heard("bob")).toEqual([]);
    expect(rig.events("message.expired")).toHaveLength(9);
    rig.setReady("ann", true);
    await rig.pass(1000);
    expect(rig.heard("ann")).toHaveLength(1);
    expect(rig.heard("ann")[0]).toMatch(
      /^Signalbox could not deliver what you sent:\n- to bob, "one": it found no moment in its time \(it is busy\)\.\n[^]*\nAnd 2 more messages\.$/,
    );
  });

  it("is told to its sender by the next core when this one ends before the word went out, and not twice", async () => {
    await fromAnn("one", { ttlMs: MINUTE });
    await fromAnn("two", { ttlMs: MINUTE });
    await rig.pass(MINUTE + 100);
    expect(rig.events("message.expired")).toHaveLength(2);
    await rig.reopen();
    rig.setReady("ann", true);
    await rig.pass(3000);
    const word = expect.stringMatching(
      /^Signalbox could not deliver what you sent:\n- to bob, "one"[^]*\n- to bob, "two"/,
    );
    expect(rig.heard("ann")).toEqual([word]);
    await rig.reopen();
    await rig.pass(3000);
    expect(rig.heard("ann")).toHaveLength(1);
  });

  it("brings no word to a sender that runs no more, and none about a word that expired itself", async () => {
    await fromAnn("one", { ttlMs: MINUTE });
    rig.setUp("ann", false);
    await rig.pass(MINUTE + 2000);
    rig.setUp("ann", true);
    await fromAnn("two", { ttlMs: MINUTE });
    await rig.pass(MINUTE + 2000);
    await rig.clock.advance(61 * MINUTE);
    expect(states().filter((one) => one.includes("expired"))).toHaveLength(3);
    expect(rig.mailboxes.list({ isWaiting: true, limit: 10 })).toEqual([]);
  });
});

describe("a person", () => {
  it("cancels a waiting message and takes that back; it is delivered once, at the next idle moment", async () => {
    await person("carefully", { id: "m1" });
    expect(rig.mailboxes.cancel("m1", undefined, "person")).toMatchObject({ ok: true, value: { state: "cancelled" } });
    rig.setReady("bob", true);
    await rig.pass(1000);
    expect(rig.heard("bob")).toEqual([]);
    rig.setReady("bob", false);
    await rig.reopen();
    expect(rig.mailboxes.restore("m1", undefined, "person")).toMatchObject({ ok: true, value: { state: "waiting" } });
    expect(rig.mailboxes.restore("m1", undefined, "person")).toMatchObject({ ok: false, error: { code: "conflict" } });
    rig.setReady("bob", true);
    await rig.pass(1000);
    expect(rig.heard("bob")).toEqual(["carefully"]);
    expect(rig.mailboxes.cancel("m1", undefined, "person")).toMatchObject({
      ok: false,
      error: { code: "conflict", message: "This message is delivered; only one that waits can be cancelled." },
    });
    expect(
      ["posted", "cancelled", "requeued", "delivered"].map((verb) => rig.events(`message.${verb}`).length),
    ).toEqual([1, 1, 1, 1]);
  });
});

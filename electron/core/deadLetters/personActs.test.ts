import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { catalogue } from "#shared/model/catalogue/catalogue.ts";
import { compose } from "#shared/model/catalogue/message.ts";
import { openDeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterRig } from "#test/support/deadLetterRig.ts";
import { settle } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { discardAll, discardLetter, editLetter, restoreLetter, retryAll, retryLetter } from "./index.ts";
import type { DeadLetterDesk } from "./index.ts";
import { sweep } from "./retention.ts";

let rig: DeadLetterRig;
let desk: DeadLetterDesk;

beforeEach(async () => {
  rig = await openDeadLetterRig();
  desk = rig.desk;
});
afterEach(() => rig.close());

describe("a person", () => {
  const dead = async (count = 1) => {
    desk.guarded.consume("MESSAGES", "loader", (delivery) => {
      if (JSON.parse(delivery.message.data).data.amount === undefined) return delivery.term("It names no amount.");
      void delivery.ack();
    });
    for (let index = 0; index < count; index++) await rig.say(`m${index}`);
    await rig.pass(200);
  };

  it("changes what is sent and sends it again; the original stays", async () => {
    await dead();
    expect(editLetter(desk, 1, { payload: "{", retry: true, actor: "person" })).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    const original = JSON.parse(desk.letters.content(1)?.original ?? "");
    const payload = JSON.stringify({ ...original, data: { amount: 5 } });
    expect(editLetter(desk, 1, { payload, retry: true, actor: "person" })).toMatchObject({ ok: true });
    await rig.pass(100);
    expect(await desk.detail(1)).toMatchObject({
      value: { state: "replayed", edited: payload, isEdited: true, original: expect.stringContaining("m0") },
    });
  });

  it("is told which field of an edit does not fit the catalogue, before anything of it is kept", async () => {
    desk.guarded.consume("MESSAGES", "loader", (delivery) => delivery.term("Not now."));
    const spoken = catalogue["agent.progress_reported"];
    const said = { id: "m1", source: "/agents/desk/a", time: "2026-11-01T00:00:00.000Z", data: spoken.example };
    const envelope = compose("agent.progress_reported", said);
    if (!envelope.ok) throw new Error(envelope.error.message);
    await rig.bus.publish({ subject: "msg.desk.agent.loader", data: JSON.stringify(envelope.value) });
    await rig.pass(200);
    const edit = (change: object, data: object = {}) => {
      const payload = JSON.stringify({ ...envelope.value, ...change, data: { ...spoken.example, ...data } });
      const edited = editLetter(desk, 1, { payload, retry: true, actor: "person" });
      return edited.ok ? "taken" : [edited.error.code, edited.error.details?.["field"], edited.error.message];
    };
    expect([
      edit({}, { status: "perhaps" }),
      edit({}, { statsu: "done" }),
      edit({ type: "agent.started" }),
      edit({ source: undefined }),
      edit({ dataschema: "urn:signalbox:schema:agent.progress_reported:99" }),
    ]).toMatchObject([
      ["bad_request", "status", expect.stringContaining("agent.progress_reported does not fit its schema: status")],
      ["bad_request", undefined, expect.stringContaining("statsu")],
      ["bad_request", "type", expect.stringContaining("cannot become agent.started")],
      ["bad_request", "source", expect.stringContaining("source: is missing")],
      ["unsupported", undefined, expect.stringContaining("99")],
    ]);
    expect(desk.letters.get(1)).toMatchObject({ state: "needs_human", isEdited: false, retries: 0 });
    expect(edit({}, { text: "Read it." })).toBe("taken");
  });

  it("whose attempt fails has it back, without three more of the healer's", async () => {
    await dead();
    retryLetter(desk, 1, "person");
    await rig.pass(60_000);
    expect(desk.letters.get(1)).toMatchObject({ state: "needs_human", retries: 1 });
  });

  it("discards and takes back until seven days are over", async () => {
    await dead(2);
    discardLetter(desk, 1, { actor: "person" });
    discardLetter(desk, 2, { actor: "person" });
    expect(retryLetter(desk, 1, "person")).toMatchObject({ ok: false, error: { code: "conflict" } });
    await rig.clock.advance(6 * 86_400_000);
    expect(restoreLetter(desk, 1, "person")).toMatchObject({ ok: true, value: { state: "needs_human" } });
    expect(restoreLetter(desk, 1, "person")).toMatchObject({ ok: false, error: { code: "conflict" } });
    await rig.clock.advance(2 * 86_400_000);
    expect([desk.letters.get(1)?.state, desk.letters.get(2)]).toEqual(["needs_human", undefined]);
  });

  it("sends many again only if they are as many as agreed to, and never faster than the rate", async () => {
    await dead(250);
    const begun: number[] = [];
    desk.letters.watch({
      moved: ({ attemptMs }) => {
        if (attemptMs !== undefined) begun.push(rig.clock.now());
      },
      removed: () => undefined,
    });
    expect(retryAll(desk, { filter: {}, expect: 249, actor: "person", perSecond: 100 })).toMatchObject({
      ok: false,
      error: { code: "conflict", details: { count: 250 } },
    });
    const from = rig.clock.now();
    expect(
      retryAll(desk, { filter: { type: "task.assign" }, expect: 250, actor: "person", perSecond: 1000 }),
    ).toMatchObject({ ok: true, value: { count: 250 } });
    await rig.pass(10_000);
    expect(begun).toHaveLength(250);
    for (const at of begun)
      expect(begun.filter((other) => other > at - 1000 && other <= at).length).toBeLessThanOrEqual(100);
    expect((begun.at(-1) ?? 0) - from).toBeLessThan(3500);
    expect(discardAll(desk, { filter: { consumer: "loader" }, expect: 250, actor: "person" })).toMatchObject({
      ok: true,
      value: { count: 250 },
    });
    expect(desk.standing().counts).toMatchObject({ discarded: 250, needs_human: 0 });
  });
});

describe("what is kept", () => {
  it("is bounded: settled letters go first, then the oldest that wait, never one that is tried", async () => {
    desk.guarded.consume("MESSAGES", "loader", (delivery) => delivery.term("x"));
    for (let index = 0; index < 10; index++) await rig.say(`m${index}`);
    await rig.pass(100);
    for (const id of [9, 10]) discardLetter(desk, id, { actor: "person" });
    sweep({ letters: desk.letters, clock: rig.clock, logger: silentLogger, most: 5 });
    await settle();
    expect(desk.letters.idsOf({}, 100)).toEqual([4, 5, 6, 7, 8]);
  });
});

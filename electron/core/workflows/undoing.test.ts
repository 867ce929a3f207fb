import { afterEach, describe, expect, it } from "vitest";
import { readData } from "#shared/model/catalogue/message.ts";
import { fail, ok } from "#shared/model/result.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { createWorkflowRig, ScriptedHands } from "#test/support/workflowRig.ts";
import type { RigOptions, WorkflowRig } from "#test/support/workflowRig.ts";

const FILE = `version: 1
name: trip
children:
  - { id: clerk, agent: claude }
workflow:
  tokens: 1000
  on_failure: undo
  steps:
    - { id: look, tool: map.look }
    - { id: train, tool: rail.book, needs: look, undo: { tool: rail.cancel, with: { id: "\${train.id}" } } }
    - id: room
      tool: rooms.book
      needs: look
      retries: 1
      plan_b: { tool: inns.book }
      undo: { tool: rooms.cancel, with: { id: "\${room.id}", place: "\${look.place}" } }
    - { id: pay, tool: bank.pay, needs: [train, room], retries: 0 }
`;
const ASKED = FILE.replace("  on_failure: undo\n", "");
const CANCEL = new Set(["cancel"]);

const rigs: WorkflowRig[] = [];
async function rigOf(options: Partial<RigOptions> = {}): Promise<WorkflowRig> {
  const rig = await createWorkflowRig({ file: FILE, ...options });
  rigs.push(rig);
  return rig;
}
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

/** Everything works but the payment; what undoes works, too. */
const unpaid: WorkflowRig["hands"]["answers"] = {
  look: () => ok({ place: "Bath" }),
  train: ({ isUndo }) => ok(isUndo ? {} : { id: "T1" }),
  room: ({ isUndo }) => ok(isUndo ? {} : { id: "R1" }),
  pay: () => fail("bad_request", "The card is not valid."),
};
const paid = { ...unpaid, pay: () => ok({}) };

const undos = ({ hands }: WorkflowRig) =>
  hands.calls.flatMap(({ work }) => (CANCEL.has(work.call.tool) ? [[work.step.id, work.args]] : []));
const headOf = (rig: WorkflowRig, run: string) => {
  const found = rig.workflows.run(run);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.head;
};
const runTypes = (rig: WorkflowRig, run: string) =>
  rig.events(run).flatMap(({ type, data }) => (data["head"] === undefined ? [] : [type.replace("workflow.", "")]));

describe("a run that is undone", () => {
  it("by its file: what was done is taken back one by one, the last one first, with what it gave", async () => {
    const rig = await rigOf();
    rig.hands.answers = { ...unpaid, room: () => undefined };
    const run = rig.start();
    await rig.untilStep(run, "train", "completed");
    await rig.clock.advance(5);
    rig.hands.calls.at(-1)?.answer(ok({ id: "R1" }));
    await rig.until("the room's undo", () => rig.entry(run, "room").undo?.input !== undefined);
    expect(rig.entry(run, "train").state).toBe("completed");
    expect(headOf(rig, run)).toMatchObject({ state: "compensating", detail: "pay failed: The card is not valid." });
    rig.hands.calls.at(-1)?.answer(ok({}));
    await rig.untilRun(run, "compensated");
    expect(undos(rig)).toEqual([
      ["room", { id: "R1", place: "Bath" }],
      ["train", { id: "T1" }],
    ]);
    const states = ["look", "train", "room", "pay"].map((step) => rig.entry(run, step).state);
    expect(states).toEqual(["completed", "undone", "undone", "failed"]);
    expect(headOf(rig, run)).toMatchObject({ endedAt: expect.any(String) as string });
    expect(runTypes(rig, run)).toEqual(["started", "undo_begun", "compensated"]);
    for (const { type, data } of rig.events(run)) expect([type, readData(type, data).ok]).toEqual([type, true]);
  });

  it("by nobody, unless the file or a person says so; a person may still after its end", async () => {
    const rig = await rigOf({ file: ASKED });
    rig.hands.answers = unpaid;
    const run = rig.start();
    await rig.untilRun(run, "failed");
    expect(undos(rig)).toEqual([]);
    expect(rig.workflows.undo(run, "person")).toMatchObject({ ok: true, value: { head: { state: "compensating" } } });
    expect(rig.workflows.undo(run, "person")).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(headOf(rig, run).endedAt).toBeUndefined();
    await rig.untilRun(run, "compensated");
    expect(undos(rig)).toHaveLength(2);
    expect(rig.workflows.undo(run, "person")).toMatchObject({
      error: { message: `The run ${run} is undone already.` },
    });
    expect(runTypes(rig, run)).toEqual(["started", "failed", "undo_begun", "compensated"]);
  });

  it("in its middle: nothing new begins, and what is under way ends and is undone, too", async () => {
    const rig = await rigOf();
    rig.hands.answers = { ...paid, room: ({ isUndo }) => (isUndo ? ok({}) : undefined) };
    const run = rig.start();
    await rig.untilStep(run, "train", "completed");
    await rig.clock.advance(5);
    rig.workflows.undo(run, "person");
    expect(rig.entry(run, "pay").state).toBe("aborted");
    expect([rig.entry(run, "room").state, rig.entry(run, "train").state]).toEqual(["working", "completed"]);
    rig.hands.calls.at(-1)?.answer(ok({ id: "R1" }));
    await rig.untilRun(run, "compensated");
    expect(undos(rig).map(([step]) => step)).toEqual(["room", "train"]);
  });

  it("does not try again what fails meanwhile, and nobody heals it", async () => {
    const rig = await rigOf();
    rig.hands.heals = true;
    rig.hands.answers = { ...paid, room: () => undefined };
    const run = rig.start();
    await rig.untilStep(run, "train", "completed");
    rig.workflows.undo(run, "person");
    rig.hands.calls.at(-1)?.answer(fail("timeout", "It did not answer."));
    await rig.untilRun(run, "failed");
    expect(headOf(rig, run).detail).toBe(
      "Nobody knows whether room was done; look for yourself. A person wants it undone.",
    );
    expect(rig.entry(run, "train").state).toBe("undone");
    expect(rig.entry(run, "room")).toMatchObject({ state: "failed", attempts: 1 });
    expect(rig.hands.buried).toEqual([]);
    expect(rig.workflows.retry({ run, step: "room" }, { actor: "person" }).ok).toBe(false);
  });

  it("has nothing to undo where no step that was done says how", async () => {
    const rig = await rigOf({ file: ASKED });
    rig.hands.answers = {
      look: () => ok({ place: "Bath" }),
      train: () => fail("not_found", "No train."),
      room: () => fail("not_found", "No room."),
    };
    const run = rig.start();
    await rig.untilRun(run, "failed");
    const refused = rig.workflows.undo(run, "person");
    expect(refused).toMatchObject({ ok: false, error: { code: "unsupported" } });
  });

  it("undoes a step that did something, though what it gave was refused for lacking what its file promises", async () => {
    const promised = FILE.replace("needs: look, undo:", "needs: look, gives: [id, seat], undo:");
    const rig = await rigOf({ file: promised });
    rig.hands.answers = { ...unpaid, room: () => undefined };
    const run = rig.start();
    await rig.untilStep(run, "train", "failed");
    rig.hands.calls.at(-1)?.answer(fail("not_found", "No room."));
    await rig.untilRun(run, "compensated");
    expect(undos(rig)).toEqual([["train", { id: "T1" }]]);
    expect(rig.entry(run, "train")).toMatchObject({ state: "undone", output: { id: "T1" } });
  });

  it("undoes such a step also where it waited to be healed", async () => {
    const promised = ASKED.replace("needs: look, undo:", "needs: look, gives: [seat], undo:");
    const rig = await rigOf({ file: promised });
    rig.hands.heals = true;
    rig.hands.answers = unpaid;
    const run = rig.start();
    await rig.untilStep(run, "train", "failed");
    await rig.untilStep(run, "room", "completed");
    rig.workflows.undo(run, "person");
    await rig.untilRun(run, "compensated");
    expect(new Set(undos(rig).map(([step]) => step))).toEqual(new Set(["room", "train"]));
  });

  it("names such a step where what it gave is too little to undo it by", async () => {
    const promised = FILE.replace("needs: look, undo:", "needs: look, gives: [id], undo:");
    const rig = await rigOf({ file: promised });
    rig.hands.answers = { ...unpaid, train: () => ok({ number: "T1" }), room: () => fail("not_found", "No room.") };
    const run = rig.start();
    await rig.untilRun(run, "failed");
    expect(undos(rig)).toEqual([]);
    expect(rig.entry(run, "train")).toMatchObject({ state: "not_undone", output: { number: "T1" } });
    expect(headOf(rig, run).detail).toMatch(/^Not undone: train\. What it did stands\. /);
  });

  it("says what another way did of which the file does not say how it is undone", async () => {
    const rig = await rigOf();
    rig.hands.answers = {
      ...unpaid,
      room: ({ call }) => (call.server === "inns" ? ok({ id: "I1" }) : fail("not_found", "No room.")),
    };
    const run = rig.start();
    await rig.untilRun(run, "failed");
    expect(undos(rig)).toEqual([["train", { id: "T1" }]]);
    expect(headOf(rig, run).detail).toBe("Not undone: room. What it did stands. pay failed: The card is not valid.");
  });

  it("waits for the healer and a person when an undo fails; skipped, the rest is undone and the run says so; undone again, it is tried again", async () => {
    const rig = await rigOf();
    rig.hands.heals = true;
    let isMended = false;
    rig.hands.answers = {
      ...unpaid,
      pay: () => undefined,
      train: ({ isUndo }) =>
        !isUndo ? ok({ id: "T1" }) : isMended ? ok({}) : fail("forbidden", "Too late to cancel."),
    };
    const run = rig.start();
    await rig.untilStep(run, "pay", "working");
    rig.hands.calls.at(-1)?.answer(ok({}));
    await rig.untilRun(run, "completed");
    rig.workflows.undo(run, "person");
    await rig.untilStep(run, "train", "failed");
    await rig.until("buried", () => rig.hands.buried.length === 1);
    expect(rig.hands.buried[0]).toMatchObject({ call: { server: "rail", tool: "cancel" } });
    expect(headOf(rig, run).state).toBe("compensating");
    rig.workflows.leave({ run, step: "train" }, "person", "healer");
    expect(headOf(rig, run)).toMatchObject({
      state: "suspended",
      detail: expect.stringContaining("train could not be undone") as string,
    });
    rig.workflows.skipUndo({ run, step: "train" }, "person");
    await rig.untilRun(run, "failed");
    expect(rig.entry(run, "train")).toMatchObject({ state: "not_undone", output: { id: "T1" } });
    expect(rig.entry(run, "room").state).toBe("undone");
    expect(headOf(rig, run).detail).toBe("Not undone: train. What it did stands. A person wants it undone.");
    isMended = true;
    rig.workflows.undo(run, "person");
    await rig.untilRun(run, "compensated");
    const keys = rig.hands.calls.flatMap(({ work }) => (work.isUndo ? [work.key] : []));
    expect(new Set(keys).size).toBe(3);
  });

  it("asks anew: only the first try of a step may have an answer from a cache", async () => {
    const rig = await rigOf();
    let tries = 0;
    rig.hands.answers = {
      ...unpaid,
      room: ({ call, isUndo }) => {
        if (isUndo || call.server === "inns") return ok({ id: "I1" });
        tries += 1;
        return fail(tries === 1 ? "timeout" : "not_found", "No room.");
      },
    };
    const run = rig.start();
    await rig.until("tried", () => tries === 1);
    await rig.clock.advance(1000);
    await rig.untilRun(run, "failed");
    const asked = rig.hands.calls.map(({ work }) => `${work.call.server}.${work.call.tool} ${work.fresh}`);
    expect(asked.toSorted()).toEqual([
      "bank.pay false",
      "inns.book true",
      "map.look false",
      "rail.book false",
      "rail.cancel true",
      "rooms.book false",
      "rooms.book true",
    ]);
  });

  it("is suspended, resumed and ended like any other", async () => {
    const rig = await rigOf();
    rig.hands.answers = {
      ...paid,
      room: ({ isUndo }) => (isUndo ? undefined : ok({ id: "R1" })),
      train: ({ isUndo }) => ok(isUndo ? {} : { id: "T1" }),
    };
    const run = rig.start();
    await rig.untilRun(run, "completed");
    rig.workflows.undo(run, "person");
    await rig.until("the room's undo", () => rig.entry(run, "room").undo?.input !== undefined);
    rig.workflows.suspend(run, "person");
    const roomsUndo = rig.hands.calls.findIndex(({ work }) => work.isUndo && work.step.id === "room");
    rig.hands.calls[roomsUndo]?.answer(ok({}));
    await rig.until("one is undone", () => rig.entry(run, "room").state === "undone");
    await rig.workflows.idle();
    expect(headOf(rig, run).state).toBe("suspended");
    rig.workflows.resume(run, "person");
    await rig.untilRun(run, "compensated");
    const other = rig.start();
    await rig.untilRun(other, "completed");
    rig.workflows.undo(other, "person");
    await rig.until("another undo", () => rig.entry(other, "room").undo?.input !== undefined);
    rig.workflows.abort(other, "person");
    expect(rig.entry(other, "room").state).toBe("not_undone");
    expect(headOf(rig, other).state).toBe("aborted");
  });

  it("is asked of an agent as the undo it is, within the tokens of the run, and each time as a message of its own", async () => {
    const file = `version: 1
name: trip
children:
  - { id: clerk, agent: claude }
workflow:
  tokens: 1000
  steps:
    - id: letter
      agent: clerk
      ask: Write to them
      gives: [id]
      retries: 0
      undo: { agent: clerk, ask: "Take letter \${letter.id} back" }
`;
    const rig = await rigOf({ file });
    const run = rig.start();
    await rig.until("asked", () => rig.hands.asked.length === 1);
    rig.hands.usedTokens = 300;
    await rig.workflows.finish({ run, step: "letter" }, "trip/clerk", ok({ id: "L1" }));
    await rig.untilRun(run, "completed");
    rig.workflows.undo(run, "person");
    await rig.until("asked for the undo", () => rig.hands.asked.length === 2);
    expect(rig.hands.asked[1]).toMatchObject({
      isUndo: true,
      ask: "Take letter L1 back",
      tokens: 700,
      memory: "memory snap:letter",
    });
    rig.hands.heals = true;
    await rig.workflows.finish({ run, step: "letter" }, "trip/clerk", fail("tool_failed", "It is out of my hands."));
    await rig.untilStep(run, "letter", "failed");
    rig.workflows.retry({ run, step: "letter" }, { actor: "person" });
    await rig.until("asked again", () => rig.hands.asked.length === 3);
    expect(new Set(rig.hands.asked.map(({ key }) => key)).size).toBe(3);
    await rig.workflows.finish({ run, step: "letter" }, "trip/clerk", ok({ text: "done" }));
    await rig.untilRun(run, "compensated");
  });
});

describe("a core that ends while a run is undone", () => {
  it("goes on with the undo it was at, whose outcome it finds, and undoes nothing twice", async () => {
    const database = connectSqlite(":memory:");
    const hands = new ScriptedHands();
    const first = await createWorkflowRig({ file: FILE, database, hands });
    hands.answers = {
      ...unpaid,
      room: ({ isUndo }) => (isUndo ? undefined : ok({ id: "R1" })),
      train: ({ isUndo }) => (isUndo ? undefined : ok({ id: "T1" })),
    };
    const run = first.start();
    await first.until("an undo is under way", () => hands.calls.some(({ work }) => work.isUndo));
    const cut = hands.calls.at(-1)?.work;
    await first.workflows.close();
    // It answered, and nobody heard.
    hands.log.set(cut?.key ?? "", ok({}));
    hands.answers = unpaid;
    const second = await rigOf({ file: FILE, database, hands, bus: first.bus, clock: first.clock });
    await second.untilRun(run, "compensated");
    expect(new Set(undos(second).map(([step]) => step))).toEqual(new Set(["room", "train"]));
    expect(undos(second)).toHaveLength(2);
    expect(second.entry(run, cut?.step.id ?? "")).toMatchObject({ state: "undone", attempts: 1 });
  });
});

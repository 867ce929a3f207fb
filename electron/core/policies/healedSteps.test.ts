import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeadLetterDesk, discardLetter, editLetter } from "#core/deadLetters/index.ts";
import type { ToolRef } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import { settle } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { createWorkflowRig } from "#test/support/workflowRig.ts";
import type { WorkflowRig } from "#test/support/workflowRig.ts";
import { HealedSteps } from "./healedSteps.ts";

/** As it stands in the file: bound anew for each call. */
const BOUND = `\${input.image}`;
const file = (planB: string): string => `version: 1
name: appraisal
children: []
workflow:
  input: { image: {} }
  steps:
    - { id: vision, tool: eye.look, retries: 0, with: { file: "${BOUND}" }${planB} }
    - { id: valuation, tool: sums.estimate, needs: vision }
`;

let rig: WorkflowRig;
let desk: DeadLetterDesk;
let healed: HealedSteps;
let others: readonly ToolRef[];

async function open(planB = ""): Promise<void> {
  rig = await createWorkflowRig({ file: file(planB) });
  await rig.bus.ensureStream({ name: "TOOLS", subjects: ["mcp.>", "tool.>"] });
  const { store, bus, clock } = rig;
  desk = new DeadLetterDesk({
    store,
    bus,
    clock,
    random: () => 0,
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    onGaveUp: () => undefined,
  });
  desk.joinTools({ alternatives: async () => others });
  healed = new HealedSteps({ desk, bus, clock, logger: silentLogger, workflows: () => rig.workflows });
  healed.open();
  rig.hands.bury = (letter) => healed.bury(letter);
  await desk.open();
}

beforeEach(() => {
  others = [];
});
afterEach(async () => {
  healed.close();
  await desk.close();
  await rig.close();
});

/** In small steps: the run and the bus work between the clock's tasks, too. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await rig.clock.advance(Math.min(100, ms - passed));
    for (let turn = 0; turn < 5; turn++) await settle();
  }
}
const visions = () => rig.hands.calls.filter(({ work }) => work.step.id === "vision").map(({ work }) => work.call);
const runOf = (id: string) => {
  const run = rig.workflows.run(id);
  if (!run.ok) throw new Error(run.error.message);
  return run.value.head;
};

describe("a step out of attempts", () => {
  it("is tried again by the healer, and its run ends as if it had never failed", async () => {
    await open();
    let left = 1;
    rig.hands.answers = {
      vision: () => (left-- > 0 ? fail("disconnected", "connection refused") : ok({ what: "lamp" })),
      valuation: () => ok({ value: 1 }),
    };
    const run = rig.start({ image: "a.png" });
    await pass(15_000);
    expect(runOf(run)).toMatchObject({ state: "completed" });
    expect(desk.letters.list({}, { limit: 9 })).toMatchObject([
      {
        state: "replayed",
        type: "workflow.step",
        server: "eye",
        tool: "look",
        correlationId: run,
        error: { class: "network" },
      },
    ]);
  });

  it("takes the file's plan B, and the run shows it", async () => {
    await open(", plan_b: { tool: shelf.read }");
    rig.hands.answers = {
      vision: ({ call }) =>
        call.server === "shelf" ? ok({ what: "lamp" }) : fail("not_found", "There is no such index."),
      valuation: () => ok({ value: 1 }),
    };
    const run = rig.start({ image: "a.png" });
    await pass(2000);
    expect(runOf(run)).toMatchObject({ state: "completed" });
    expect(rig.entry(run, "vision")).toMatchObject({ plan: "b", target: "tool:shelf.read" });
    expect(rig.events(run).map(({ type }) => type)).toContain("workflow.plan_b_entered");
  });

  it("is done by another tool of the registry that can do the same, with the same arguments", async () => {
    await open();
    others = [{ server: "lens", tool: "look" }];
    rig.hands.answers = {
      vision: ({ call }) =>
        call.server === "lens" ? ok({ what: "lamp" }) : fail("not_found", "There is no server eye."),
      valuation: () => ok({ value: 1 }),
    };
    const run = rig.start({ image: "a.png" });
    await pass(8000);
    expect(runOf(run)).toMatchObject({ state: "completed" });
    expect(visions()).toMatchObject([{ server: "eye" }, { server: "lens", tool: "look", with: { file: BOUND } }]);
  });

  it("suspends its run when nothing heals it; discarded, the run has failed", async () => {
    await open();
    rig.hands.answers = { vision: () => fail("bad_request", "The picture is no picture.") };
    const run = rig.start({ image: "a.png" });
    await pass(2000);
    expect(rig.entry(run, "vision")).toMatchObject({ state: "failed", waitsFor: "person" });
    expect(runOf(run).state).toBe("suspended");
    const payload = desk.letters.content(1)?.original.replace('"vision"', '"valuation"') ?? "";
    expect(editLetter(desk, 1, { payload, retry: true, actor: "person" })).toMatchObject({ ok: false });
    expect(discardLetter(desk, 1, { actor: "person" })).toMatchObject({ ok: true });
    await pass(500);
    expect(runOf(run).state).toBe("failed");
  });

  it("is its undo, too: tried by its own tool alone, changed by a person, or skipped; the run says what stands", async () => {
    await open(", undo: { tool: eye.forget, with: { id: wrong } }");
    others = [{ server: "lens", tool: "forget" }];
    rig.hands.answers = {
      vision: ({ isUndo, args }) =>
        !isUndo || args["id"] === "right" ? ok({}) : fail("not_found", "There is no such picture."),
      valuation: () => ok({ value: 1 }),
    };
    const [first, second, third] = [1, 2, 3].map(() => rig.start({ image: "a.png" }));
    await pass(2000);
    for (const run of [first, second, third]) rig.workflows.undo(run ?? "", "person");
    await pass(2000);
    const letters = desk.letters.list({}, { limit: 9 }).toReversed();
    expect(letters).toMatchObject(
      [1, 2, 3].map(() => ({ type: "workflow.undo", state: "needs_human", tool: "forget" })),
    );
    expect(visions().filter(({ server }) => server === "lens")).toEqual([]);
    expect(runOf(first ?? "").state).toBe("suspended");
    const letterOf = (run = "") => letters.find(({ correlationId }) => correlationId === run)?.id ?? 0;

    const original = desk.letters.content(letterOf(first))?.original ?? "";
    const change = (payload: string) => editLetter(desk, letterOf(first), { payload, retry: true, actor: "person" });
    expect(change(original.replace('"kind":"tool"', '"kind":"wish"'))).toMatchObject({
      error: { code: "bad_request" },
    });
    expect(change(original.replaceAll('"input":{"id":"wrong"}', '"input":{"id":"right"}'))).toMatchObject({ ok: true });
    discardLetter(desk, letterOf(second), { actor: "person" });
    rig.workflows.skipUndo({ run: third ?? "", step: "vision" }, "person");
    await pass(2000);
    const ends = [first, second, third].map((run = "") => [runOf(run).state, desk.letters.get(letterOf(run))?.state]);
    expect(ends).toEqual([
      ["compensated", "replayed"],
      ["failed", "discarded"],
      ["failed", "discarded"],
    ]);
  });

  it("that a person has tried again on the run's page settles its letter", async () => {
    await open();
    let isMended = false;
    rig.hands.answers = {
      vision: () => (isMended ? ok({ what: "lamp" }) : fail("bad_request", "The picture is no picture.")),
      valuation: () => ok({ value: 1 }),
    };
    const run = rig.start({ image: "a.png" });
    await pass(2000);
    isMended = true;
    rig.workflows.retry({ run, step: "vision" }, { actor: "person" });
    await pass(2000);
    expect(runOf(run).state).toBe("completed");
    expect(desk.letters.get(1)?.state).toBe("replayed");
  });
});

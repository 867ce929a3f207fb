import { afterEach, describe, expect, it } from "vitest";
import { hear, readData } from "#shared/model/catalogue/message.ts";
import { fail, ok } from "#shared/model/result.ts";
import { createWorkflowRig } from "#test/support/workflowRig.ts";
import type { RigOptions, WorkflowRig } from "#test/support/workflowRig.ts";

const FILE = `version: 1
name: appraisal
children:
  - { id: scout, agent: claude }
workflow:
  tokens: 1000
  input: { image: {} }
  steps:
    - { id: vision, tool: eye.look, doing: analyzing, with: { file: "\${input.image}" }, gives: [what] }
    - id: researcher
      tool: library.search
      needs: vision
      retries: 1
      with: { words: "\${vision.what}" }
      plan_b: { tool: shelf.read, with: { words: "\${vision.what}" } }
    - { id: valuation, tool: sums.estimate, needs: researcher, with: { from: "\${researcher.price}" } }
    - { id: browser, tool: web.read, needs: researcher }
`;
const AGENT_FILE = `version: 1
name: appraisal
children:
  - { id: scout, agent: claude }
workflow:
  tokens: 1000
  steps:
    - { id: search, agent: scout, ask: Look for it, tokens: 600, lease: 60s, timeout: 10m, retries: 1 }
    - { id: report, agent: scout, ask: "Report \${search.found}", needs: search }
`;

const rigs: WorkflowRig[] = [];
async function rigOf(options: Partial<RigOptions> = {}): Promise<WorkflowRig> {
  const rig = await createWorkflowRig({ file: FILE, ...options });
  rigs.push(rig);
  return rig;
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const allWell: WorkflowRig["hands"]["answers"] = {
  vision: () => ok({ what: "lamp" }),
  researcher: () => ok({ price: 300 }),
  valuation: () => ok({ value: 320 }),
  browser: () => ok({ asked: 340 }),
};

describe("a run", () => {
  it("tells of an output that no message may hold, and goes on with it", async () => {
    const rig = await rigOf();
    const all = Array.from({ length: 10_001 }, () => 0);
    rig.hands.answers = { ...allWell, vision: () => ok({ what: "lamp", all }) };
    const run = rig.start({ image: "a.png" });
    await rig.untilRun(run, "completed");
    const read = await rig.bus.read({ stream: "WORKFLOWS", filter: `workflow.${run}.vision.completed`, limit: 10 });
    const heard = hear(read.ok ? (read.value[0]?.data ?? "") : "");
    expect(heard.ok && heard.value.data).toMatchObject({ last_tool_output: { result: { tooLarge: true } } });
  });

  it("goes from step to step by what is heard on the bus, with outputs bound into what follows", async () => {
    const rig = await rigOf();
    rig.hands.answers = allWell;
    const run = rig.start({ image: "a.png" });
    await rig.untilRun(run, "completed");
    expect(rig.hands.calls.map(({ work }) => [work.step.id, work.args])).toEqual([
      ["vision", { file: "a.png" }],
      ["researcher", { words: "lamp" }],
      ["valuation", { from: 300 }],
      ["browser", {}],
    ]);
    // What the log keeps is what the catalogue says.
    for (const { type, data } of rig.events(run)) expect([type, readData(type, data).ok]).toEqual([type, true]);
    const names = rig.events(run).flatMap(({ data }) => (typeof data["name"] === "string" ? [data["name"]] : []));
    expect(names.slice(0, 5)).toEqual([
      "VisionQueued",
      "VisionAnalyzing",
      "VisionCompleted",
      "ResearcherQueued",
      "ResearcherWorking",
    ]);
  });

  it("says every completion as the standard handover, with the memory and the budget that go with it", async () => {
    const rig = await rigOf();
    rig.hands.answers = allWell;
    const run = rig.start({ image: "a.png" });
    await rig.untilRun(run, "completed");
    const read = await rig.bus.read({ stream: "WORKFLOWS", filter: `workflow.${run}.vision.completed`, limit: 10 });
    const heard = hear(read.ok ? (read.value[0]?.data ?? "") : "");
    expect(heard.ok && heard.value.envelope).toMatchObject({
      type: "context.handed_over",
      correlationid: run,
      contextid: `run-${run}`,
    });
    expect(heard.ok && heard.value.data).toEqual({
      context_id: `run-${run}`,
      intent: "VisionCompleted. researcher may go on with it.",
      last_tool_output: {
        tool: "look",
        server: "eye",
        result: { what: "lamp" },
        timestamp: expect.any(String) as string,
      },
      memory_snapshot_url: "signalbox://memory/snap:vision",
      token_budget: 1000,
      status: "completed",
    });
    expect(rig.entry(run, "researcher").hydratedFrom?.id).toBe("snap:vision");
  });

  it("works on what is independent at the same time, and on no more than the file allows", async () => {
    const rig = await rigOf();
    rig.hands.answers = { ...allWell, valuation: () => undefined, browser: () => undefined };
    const run = rig.start({ image: "a.png" });
    await rig.until("both work", () => rig.hands.calls.length === 4);
    expect([rig.entry(run, "valuation").state, rig.entry(run, "browser").state]).toEqual(["working", "working"]);
    const narrow = await rigOf({ file: FILE.replace("tokens: 1000", "tokens: 1000\n  at_once: 1") });
    narrow.hands.answers = { ...allWell, valuation: () => undefined, browser: () => undefined };
    const other = narrow.start({ image: "a.png" });
    await narrow.untilStep(other, "valuation", "working");
    expect(narrow.entry(other, "browser").state).toBe("queued");
    narrow.hands.calls[2]?.answer(ok({ value: 1 }));
    await narrow.untilStep(other, "browser", "working");
  });

  it("tries a failed step again after a pause, and takes plan B when no attempt is left", async () => {
    const rig = await rigOf();
    rig.hands.answers = {
      ...allWell,
      researcher: ({ call }) => (call.server === "shelf" ? ok({ price: 280 }) : fail("timeout", "It did not answer.")),
    };
    const run = rig.start({ image: "a.png" });
    await rig.untilStep(run, "researcher", "retrying");
    expect(rig.entry(run, "researcher")).toMatchObject({ attempts: 1, error: { code: "timeout" } });
    await rig.clock.advance(1000);
    await rig.untilRun(run, "completed");
    expect(rig.entry(run, "researcher")).toMatchObject({
      plan: "b",
      target: "tool:shelf.read",
      output: { price: 280 },
    });
    expect(rig.hands.buried.map(({ entry }) => entry.step)).toEqual(["researcher"]);
    const states = rig.events(run).flatMap(({ type }) => (type.includes("plan_b") ? [type] : []));
    expect(states).toEqual(["workflow.plan_b_entered", "workflow.plan_b_left"]);
  });

  it("waits for the healer where there is one, which may retry, take plan B, or leave it to a person", async () => {
    const rig = await rigOf();
    let isMended = false;
    rig.hands.heals = true;
    rig.hands.answers = {
      ...allWell,
      researcher: () => (isMended ? ok({ price: 1 }) : fail("not_found", "There is no such index.")),
    };
    const run = rig.start({ image: "a.png" });
    await rig.until("buried", () => rig.hands.buried.length === 1);
    expect(rig.entry(run, "researcher")).toMatchObject({ state: "failed", attempts: 1, waitsFor: "healer" });
    rig.workflows.leave({ run, step: "researcher" }, "person", "system");
    await rig.untilRun(run, "suspended");
    isMended = true;
    rig.workflows.retry({ run, step: "researcher" }, { actor: "person" });
    await rig.untilRun(run, "completed");
  });

  it("fails with the reason when nothing heals a step", async () => {
    const rig = await rigOf();
    rig.hands.answers = { vision: () => fail("not_found", "There is no picture.") };
    const run = rig.start({ image: "a.png" });
    await rig.untilRun(run, "failed");
    const found = rig.workflows.run(run);
    expect(found.ok && found.value.head.detail).toBe("vision failed: There is no picture.");
  });

  it("refuses an output without what the file promises of it", async () => {
    const rig = await rigOf();
    rig.hands.answers = { vision: () => ok({ colour: "red" }) };
    const run = rig.start({ image: "a.png" });
    await rig.untilRun(run, "failed");
    expect(rig.entry(run, "vision").error?.message).toContain("lacks what");
  });

  it("begins nothing while suspended, goes on when resumed, and lets go of everything when aborted", async () => {
    const rig = await rigOf();
    const run = rig.start({ image: "a.png" });
    await rig.untilStep(run, "vision", "working");
    expect(rig.workflows.suspend(run, "person").ok).toBe(true);
    rig.hands.calls[0]?.answer(ok({ what: "lamp" }));
    await rig.untilStep(run, "researcher", "queued");
    await rig.workflows.idle();
    expect(rig.entry(run, "researcher").state).toBe("queued");
    rig.workflows.resume(run, "person");
    await rig.untilStep(run, "researcher", "working");
    expect(rig.workflows.abort(run, "person").ok).toBe(true);
    expect(rig.entry(run, "researcher")).toMatchObject({ state: "aborted" });
    rig.hands.calls[1]?.answer(ok({ price: 1 }));
    await rig.workflows.idle();
    expect(rig.entry(run, "researcher").output).toBeUndefined();
    expect(rig.workflows.abort(run, "person").ok).toBe(false);
  });

  it("takes no input it does not know, and wants those without a default", async () => {
    const rig = await rigOf();
    const start = (input: Record<string, unknown>) =>
      rig.workflows.start({ workflow: "appraisal", input, actor: "person" });
    const wrong = [start({}), start({ imag: "x", image: "y" })];
    expect(wrong.map((one) => (one.ok ? "" : one.error.message))).toEqual([
      'appraisal needs the input "image". Give it as image=VALUE.',
      'appraisal takes no input "imag". Did you mean image?',
    ]);
  });
});

describe("the lock of an entry", () => {
  it("is renewed by signs of life; silence is shown, and the end of the lease gives the step to another attempt", async () => {
    const rig = await rigOf({ file: AGENT_FILE });
    const run = rig.start();
    await rig.until("asked", () => rig.entry(run, "search").thought !== undefined);
    expect(rig.entry(run, "search")).toMatchObject({ lockedBy: "appraisal/scout", tokens: { given: 600 } });
    await rig.clock.advance(29_000);
    rig.workflows.report({ run, step: "search" }, "appraisal/scout", "Reading");
    await rig.clock.advance(29_000);
    expect(rig.entry(run, "search")).toMatchObject({ stalled: false, thought: "Reading" });
    await rig.clock.advance(2000);
    expect(rig.entry(run, "search").stalled).toBe(true);
    await rig.clock.advance(30_000);
    await rig.untilStep(run, "search", "working");
    await rig.until("asked again", () => rig.hands.asked.length === 2);
    expect(rig.entry(run, "search").attempts).toBe(2);
    expect(rig.events(run).filter(({ type }) => type === "workflow.lock_taken_over")).toHaveLength(1);
  });

  it("keeps everybody else out: another agent's word is refused and recorded", async () => {
    const rig = await rigOf({ file: AGENT_FILE });
    const run = rig.start();
    await rig.until("asked", () => rig.entry(run, "search").thought !== undefined);
    const refused = await rig.workflows.finish({ run, step: "search" }, "appraisal/forger", ok({ found: "gold" }));
    expect(refused.ok ? "" : refused.error.message).toContain("locked by appraisal/scout, not by appraisal/forger");
    expect(rig.entry(run, "search").state).toBe("working");
    const recorded = rig.events(run).find(({ type }) => type === "workflow.move_refused");
    expect(recorded?.data).toMatchObject({ step: "search", order: "complete", by: "appraisal/forger" });
    rig.hands.usedTokens = 450;
    await rig.workflows.finish({ run, step: "search" }, "appraisal/scout", ok({ found: "brass" }));
    await rig.until("asked for the report", () => rig.hands.asked.length === 2);
    expect(rig.hands.asked[1]).toMatchObject({ ask: "Report brass", tokens: 550, memory: "memory snap:search" });
  });

  it("goes on at once when its holder is gone, and what a failed attempt used is gone from the run's tokens", async () => {
    const rig = await rigOf({ file: AGENT_FILE });
    const run = rig.start();
    await rig.until("asked", () => rig.entry(run, "search").thought !== undefined);
    rig.hands.usedTokens = 250;
    rig.workflows.report({ run, step: "search" }, "appraisal/scout", "calls library.look_up");
    expect(rig.entry(run, "search")).toMatchObject({
      thought: "calls library.look_up",
      tokens: { given: 600, used: 0, usedNow: 250 },
    });
    expect(rig.workflows.callsFor("appraisal/scout")).toMatchObject({
      contextId: `run-${run}`,
      key: `${run}:search:a1`,
    });
    rig.workflows.gone({ run, step: "search" }, "appraisal/scout ended while it worked on this: crashed");
    expect(rig.entry(run, "search")).toMatchObject({ state: "retrying", tokens: { given: 600, used: 250 } });
    expect(rig.workflows.callsFor("appraisal/scout")).toBeUndefined();
    await rig.clock.advance(5);
    await rig.until("asked again", () => rig.hands.asked.length === 2);
    await rig.workflows.finish(
      { run, step: "search" },
      "appraisal/scout",
      fail("budget_exhausted", "Stopped at its budget"),
    );
    await rig.untilStep(run, "search", "failed");
    const found = rig.workflows.run(run);
    expect(found.ok && found.value.head.tokens).toEqual({ budget: 1000, used: 500 });
  });

  it("of an agent is held for one run at a time", async () => {
    const rig = await rigOf({ file: AGENT_FILE });
    const first = rig.start();
    const second = rig.start();
    await rig.until("asked", () => rig.entry(first, "search").thought !== undefined);
    await rig.untilStep(second, "search", "queued");
    await rig.clock.advance(5);
    await rig.workflows.finish({ run: first, step: "search" }, "appraisal/scout", ok({ found: "x" }));
    await rig.until("asked again", () => rig.hands.asked.length === 2);
    expect(rig.hands.asked.map(({ run }) => run)).toEqual([first, second]);
  });
});

/** A fake for looking at screens: runs of a workflow, made by the real state machine, with the events they leave. */
import { entryMoved, runMoved, runStarted } from "#core/workflows/workflowEvents.ts";
import { moveEntry } from "#core/workflows/entryMachine.ts";
import type { EntryMove } from "#core/workflows/entryMachine.ts";
import { newRun } from "#core/workflows/newRun.ts";
import { verdictOn } from "#core/workflows/runMachine.ts";
import { stepOf } from "#core/workflows/ways.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";
import type { CallSpec, StepSpec, WorkflowSpec } from "#shared/model/workflowFile.ts";

const tool = (server: string, name: string): CallSpec => ({ kind: "tool", server, tool: name, with: {} });
const step = (id: string, call: CallSpec, more: Partial<StepSpec> = {}): StepSpec => ({
  id,
  call,
  needs: [],
  doing: "working",
  timeoutMs: 30_000,
  retries: 1,
  leaseMs: 30_000,
  gives: [],
  once: false,
  ...more,
});

export const SAMPLE_WORKFLOW: WorkflowSpec = {
  name: "appraise",
  about: "What a picture shows, what it is worth, and what a shop asks for it",
  folder: "/home/ada/appraisal",
  tokens: 40_000,
  atOnce: 5,
  inputs: [
    { name: "image", type: "file", default: "pictures/desk-lamp.png", about: "A PNG picture" },
    { name: "year", type: "number", default: 2026 },
  ],
  steps: [
    step("vision", tool("vision", "describe_image"), { doing: "analyzing" }),
    step(
      "researcher",
      { kind: "agent", agent: "researcher", ask: "Find out what it is." },
      {
        needs: ["vision"],
        doing: "searching",
        tokens: 12_000,
        leaseMs: 300_000,
        timeoutMs: 300_000,
        planB: { call: tool("library", "read_shelf"), timeoutMs: 30_000 },
      },
    ),
    step("valuation", tool("valuation", "estimate"), {
      needs: ["researcher"],
      doing: "computing",
      undo: { call: tool("valuation", "withdraw"), timeoutMs: 30_000 },
    }),
    step("browser", tool("browser", "read_page"), { needs: ["researcher"], doing: "reading" }),
    step("report", tool("library", "write"), {
      needs: ["valuation", "browser"],
      doing: "writing",
      undo: { call: tool("library", "remove"), timeoutMs: 30_000 },
    }),
  ],
};

const VISION = {
  summary: "desk lamp, green and brass, a picture of 320 by 320 points",
  format: "PNG",
  width: 320,
  height: 320,
  colours: [
    { name: "green", hex: "#2e7846", share: 0.6 },
    { name: "brass", hex: "#b5923e", share: 0.31 },
  ],
};
const FOUND = { title: "Banker's lamp, 1930s", page: "banker-lamp.html", sales: [{ year: 2023, price: 310 }] };
const FLEET = "appraisal";
const HOLDER = "core:3f2a91c0";
const snapshot = (id: string) => ({ id: `snap:${id}`, url: `signalbox://memory/snap:${id}` });

class Recorder {
  run: Run;
  readonly events: StoredEvent[] = [];
  #now: number;

  constructor(id: string, startedMs: number) {
    this.#now = startedMs;
    const time = new Date(startedMs).toISOString();
    const made = newRun({
      id,
      fleet: FLEET,
      spec: SAMPLE_WORKFLOW,
      input: {},
      tokens: undefined,
      actor: "person",
      time,
      homeDir: "/home/ada",
    });
    if (!made.ok) throw new Error(made.error.message);
    this.run = made.value;
    this.#put(runStarted(this.run, "person"));
  }

  move(id: string, move: EntryMove, afterMs: number, detail?: string): this {
    this.#now += afterMs;
    const before = this.run.entries.find((entry) => entry.step === id);
    if (before === undefined) return this;
    const moved = moveEntry(before, move, this.#now);
    if (!moved.ok) throw new Error(moved.error.message);
    const entry = moved.value;
    this.run = { ...this.run, entries: this.run.entries.map((one) => (one.step === id ? entry : one)) };
    this.#put(
      entryMoved(this.run.head, {
        step: stepOf(this.run.spec, id),
        before: before.state,
        entry,
        actor: "system",
        detail,
      }),
    );
    const verdict = verdictOn(this.run);
    if (verdict.state === this.run.head.state) return this;
    const endedAt = FINAL_RUN_STATES.has(verdict.state) ? { endedAt: new Date(this.#now).toISOString() } : {};
    const detailOf = verdict.detail === undefined ? {} : { detail: verdict.detail };
    const head = {
      ...this.run.head,
      state: verdict.state,
      revision: this.run.head.revision + 1,
      ...detailOf,
      ...endedAt,
    };
    this.run = { ...this.run, head };
    this.#put(runMoved(head, verbOf(verdict.state), "system"));
    return this;
  }

  /** As a person orders it after the run's end. */
  undo(why: string, afterMs: number): this {
    this.#now += afterMs;
    const since = new Date(this.#now).toISOString();
    const { endedAt: _end, ...before } = this.run.head;
    const undo = { why, since, round: 1 };
    const head = { ...before, undo, detail: why, state: "compensating" as const, revision: before.revision + 1 };
    this.run = { ...this.run, head };
    this.#put(runMoved(head, "undo_begun", "person"));
    return this;
  }

  lock(id: string, afterMs: number, by: string, from?: string): this {
    const begin = {
      input: { file: "pictures/desk-lamp.png" },
      ...(from === undefined ? {} : { hydratedFrom: snapshot(from) }),
    };
    return this.move(
      id,
      { type: "lock", by, leaseMs: 300_000, begin: { ...begin, ...(by === HOLDER ? {} : { given: 12_000 }) } },
      afterMs,
    );
  }

  spend(used: number): this {
    this.run = { ...this.run, head: { ...this.run.head, tokens: { budget: 40_000, used } } };
    return this;
  }

  #put(event: NewEvent): void {
    this.events.push({ ...event, seq: this.events.length, time: new Date(this.#now).toISOString() });
  }
}

function begun(id: string, startedMs: number): Recorder {
  return new Recorder(id, startedMs)
    .move("vision", { type: "queue" }, 4)
    .lock("vision", 6, HOLDER)
    .move("vision", { type: "complete", by: HOLDER, output: VISION, snapshot: snapshot("3fa9c2d17b04") }, 480)
    .move("researcher", { type: "queue" }, 9)
    .lock("researcher", 11, "appraisal/researcher", "3fa9c2d17b04");
}

function verbOf(state: Run["head"]["state"]) {
  if (state === "running" || state === "compensating") return "resumed" as const;
  return state === "plan_b" ? ("plan_b_entered" as const) : state;
}

/** One run to its end, and what came of it: a report that is filed, a value that is entered. */
function completed(id: string, startedMs: number): Recorder {
  return begun(id, startedMs)
    .move(
      "researcher",
      { type: "complete", by: "appraisal/researcher", output: FOUND, snapshot: snapshot("b81e64d20c9f") },
      900,
    )
    .move("valuation", { type: "queue" }, 5)
    .move("browser", { type: "queue" }, 1)
    .lock("valuation", 4, HOLDER, "b81e64d20c9f")
    .lock("browser", 2, HOLDER, "b81e64d20c9f")
    .move("valuation", { type: "complete", by: HOLDER, output: { value: 326, low: 318, high: 334 } }, 210)
    .move("browser", { type: "complete", by: HOLDER, output: { asked: 340, title: "Banker's lamp" } }, 420)
    .move("report", { type: "queue" }, 5)
    .lock("report", 5, HOLDER)
    .move("report", { type: "complete", by: HOLDER, output: { file: "report.md" } }, 300);
}

/** A person had it undone: the report is gone, the value is being withdrawn. */
function undoing(id: string, startedMs: number, undoAfterMs: number): Recorder {
  return completed(id, startedMs)
    .undo("A person wants it undone.", undoAfterMs)
    .move("report", { type: "undo", round: 1, target: "tool:library.remove" }, 4)
    .lock("report", 3, HOLDER)
    .move("report", { type: "complete", by: HOLDER, output: { removed: "report.md" } }, 180)
    .move("valuation", { type: "undo", round: 1, target: "tool:valuation.withdraw" }, 4)
    .lock("valuation", 3, HOLDER);
}

/** One under way, one that took plan B, one that failed, and others that are being undone; newest first. */
export function sampleRuns(now: number): { readonly runs: readonly Run[]; readonly events: readonly StoredEvent[] } {
  const agent = "appraisal/researcher";
  const live = begun("appraise-9c41d07e", now - 16_000)
    .move(
      "researcher",
      { type: "renew", by: agent, leaseMs: 300_000, thought: "Looking through the notes on lamps" },
      9000,
    )
    .spend(4200);
  const error = { code: "not_found", message: "The library has no card index gone.json. Read the shelf instead." };
  const healed = begun("appraise-51b0aa3f", now - 1_900_000)
    .move("researcher", { type: "fail", by: agent, error, isOver: false }, 5200, error.message)
    .move("researcher", { type: "plan_b", call: tool("library", "read_shelf"), target: "tool:library.read_shelf" }, 800)
    .lock("researcher", 8, HOLDER, "3fa9c2d17b04")
    .move("researcher", { type: "complete", by: HOLDER, output: FOUND, snapshot: snapshot("b81e64d20c9f") }, 900)
    .move("valuation", { type: "queue" }, 5)
    .move("browser", { type: "queue" }, 1)
    .lock("valuation", 4, HOLDER, "b81e64d20c9f")
    .lock("browser", 2, HOLDER, "b81e64d20c9f")
    .move("valuation", { type: "complete", by: HOLDER, output: { value: 326, low: 318, high: 334 } }, 210)
    .move("browser", { type: "complete", by: HOLDER, output: { asked: 340, title: "Banker's lamp" } }, 420)
    .move("report", { type: "queue" }, 5)
    .lock("report", 5, HOLDER)
    .move("report", { type: "complete", by: HOLDER, output: { file: "report.md" } }, 300)
    .spend(9800);
  const failed = new Recorder("appraise-07d2e6b8", now - 90_000_000)
    .move("vision", { type: "queue" }, 4)
    .lock("vision", 6, HOLDER)
    .move(
      "vision",
      {
        type: "fail",
        by: HOLDER,
        isOver: false,
        error: { code: "not_found", message: "There is no picture /tmp/a.png." },
      },
      40,
    )
    .move("vision", { type: "leave", to: "nobody" }, 3);
  const day = 86_400_000;
  const refused = { code: "forbidden", message: "The books of November are closed. Withdraw it by hand." };
  const undone = undoing("appraise-e2b76c15", now - 2 * day, 60_000)
    .move("valuation", { type: "complete", by: HOLDER, output: { withdrawn: true } }, 240)
    .spend(6100);
  const asked = undoing("appraise-b40f9d83", now - 700_000, 60_000)
    .move("valuation", { type: "fail", by: HOLDER, error: refused, isOver: false }, 90, refused.message)
    .move("valuation", { type: "leave", to: "person" }, 40)
    .spend(6100);
  const back = undoing("appraise-6ad1f072", now - 312_000, 309_000).spend(6100);
  const partly = undoing("appraise-1f3c8e5b", now - 3 * day, 60_000)
    .move("valuation", { type: "fail", by: HOLDER, error: refused, isOver: false }, 90, refused.message)
    .move("valuation", { type: "leave", to: "nobody" }, 40)
    .spend(6100);
  const all = [live, back, asked, healed, failed, undone, partly];
  const events = all.flatMap((one) => one.events).map((event, index) => ({ ...event, seq: 60_000 + index }));
  return { runs: all.map(({ run }) => run), events };
}

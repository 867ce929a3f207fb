/** What follows for a run from where its entries stand. Pure. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead, RunState } from "#shared/model/workflow.ts";
import type { StepSpec } from "#shared/model/workflowFile.ts";
import { canUndo, undoVerdict } from "./undoing.ts";
import type { RunVerdict } from "./undoing.ts";

/** Waiting steps whose needs are all completed. */
export function readySteps({ spec, entries }: Pick<Run, "spec" | "entries">): readonly string[] {
  const states = new Map(entries.map(({ step, state }) => [step, state]));
  return spec.steps
    .filter(({ id, needs }) => states.get(id) === "waiting" && needs.every((need) => states.get(need) === "completed"))
    .map(({ id }) => id);
}

/** Where the run stands by its entries; suspended stays suspended until it is over. */
export function verdictOn(run: Run): RunVerdict {
  const { head, entries } = run;
  if (FINAL_RUN_STATES.has(head.state)) return { state: head.state, ...detailOf(head) };
  if (head.undo !== undefined) return undoVerdict(run);
  if (entries.every(({ state }) => state === "completed")) return { state: "completed" };
  const lost = lostVerdict(run);
  if (lost !== undefined) return lost;
  const asked = entries.find(({ state, waitsFor }) => state === "failed" && waitsFor === "person");
  if (asked !== undefined)
    return {
      state: "suspended",
      detail: `${asked.step} failed and could not be healed. Decide about it in the inbox.`,
    };
  if (head.state === "suspended" && head.detail === undefined) return { state: "suspended" };
  const inPlanB = entries.some(({ plan, state }) => plan === "b" && state !== "completed" && state !== "aborted");
  return { state: inPlanB ? "plan_b" : "running" };
}

/** A step is given up and nothing is under way any more: the run has failed, or is undone where its file says so. */
function lostVerdict(run: Run): RunVerdict | undefined {
  const { spec, entries } = run;
  const lost = entries.find(({ state, waitsFor }) => state === "failed" && waitsFor === undefined);
  if (lost === undefined || entries.some(({ state }) => state === "working")) return undefined;
  return {
    state: spec.onFailure === "undo" && canUndo(run) ? "compensating" : "failed",
    detail: `${lost.step} failed: ${lost.error?.message ?? "no reason was given"}`,
  };
}

function detailOf({ detail }: RunHead): { detail?: string } {
  return detail === undefined ? {} : { detail };
}

/** Why a run cannot be undone now; undefined: it can. */
export function whyNoUndo(run: Run): Result<never> | undefined {
  const { id, state, undo } = run.head;
  if (undo !== undefined && !FINAL_RUN_STATES.has(state)) return fail("conflict", `The run ${id} is being undone.`);
  if (canUndo(run)) return undefined;
  return undo !== undefined && state === "compensated"
    ? fail("conflict", `The run ${id} is undone already.`)
    : fail(
        "unsupported",
        `Nothing that ${id} did says how it is undone. Add undo to its steps in the fleet file; runs begun from then on have it.`,
      );
}

/** A person's order on a run; suspended by a person carries no detail, so that nothing but a person resumes it. */
export function moveRun(head: RunHead, order: "suspend" | "resume" | "abort"): Result<RunState> {
  if (FINAL_RUN_STATES.has(head.state))
    return fail("conflict", `The run ${head.id} is ${head.state}. Start another one instead.`);
  if (order === "abort") return ok("aborted");
  if (order === "resume")
    return head.state === "suspended" ? ok("running") : fail("conflict", `The run ${head.id} is not suspended.`);
  return head.state === "suspended" ? fail("conflict", `The run ${head.id} is suspended already.`) : ok("suspended");
}

/** Nothing new may begin. */
export function isHalted({ state }: RunHead): boolean {
  return state === "suspended" || FINAL_RUN_STATES.has(state);
}

/** Among the entries it needs, directly, the memory left last. */
export function memoryBefore({ entries }: Pick<Run, "entries">, step: StepSpec): Entry["snapshot"] {
  return entries
    .filter(({ step: id, snapshot }) => step.needs.includes(id) && snapshot !== undefined)
    .toSorted((one, other) => one.since.localeCompare(other.since))
    .at(-1)?.snapshot;
}

/** Pauses between attempts: 1 s, doubled, at most 30 s (mission 6.5). */
export function pauseAfter(attempts: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, attempts - 1));
}

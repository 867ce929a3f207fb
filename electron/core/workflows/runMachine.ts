/** What follows for a run from where its entries stand. Pure. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead, RunState } from "#shared/model/workflow.ts";
import type { CallSpec, StepSpec, WorkflowSpec } from "#shared/model/workflowFile.ts";

/** Waiting steps whose needs are all completed. */
export function readySteps({ spec, entries }: Pick<Run, "spec" | "entries">): readonly string[] {
  const states = new Map(entries.map(({ step, state }) => [step, state]));
  return spec.steps
    .filter(({ id, needs }) => states.get(id) === "waiting" && needs.every((need) => states.get(need) === "completed"))
    .map(({ id }) => id);
}

export interface RunVerdict {
  readonly state: RunState;
  readonly detail?: string;
}

/** Where the run stands by its entries; suspended stays suspended until it is over. */
export function verdictOn({ head, entries }: Pick<Run, "head" | "entries">): RunVerdict {
  if (FINAL_RUN_STATES.has(head.state)) return { state: head.state, ...detailOf(head) };
  if (entries.every(({ state }) => state === "completed")) return { state: "completed" };
  const lost = entries.find(({ state, waitsFor }) => state === "failed" && waitsFor === undefined);
  if (lost !== undefined && entries.every(({ state }) => state !== "working"))
    return { state: "failed", detail: `${lost.step} failed: ${lost.error?.message ?? "no reason was given"}` };
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

function detailOf({ detail }: RunHead): { detail?: string } {
  return detail === undefined ? {} : { detail };
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

export function stepOf(spec: WorkflowSpec, id: string): StepSpec {
  const step = spec.steps.find((one) => one.id === id);
  if (step === undefined) throw new Error(`The workflow ${spec.name} has no step ${id}.`);
  return step;
}

export interface Way {
  readonly call: CallSpec;
  readonly timeoutMs: number;
}

/** What the entry does now: its plan A, the plan B of the file, or the one the healer chose. */
export function wayOf(step: StepSpec, entry: Entry): Way {
  const own = entry.plan === "a" ? step.timeoutMs : (step.planB?.timeoutMs ?? step.timeoutMs);
  const timeoutMs = Math.max(own, entry.timeoutMs ?? 0);
  if (entry.plan === "a") return { call: step.call, timeoutMs };
  return { call: entry.call ?? step.planB?.call ?? step.call, timeoutMs };
}

export function targetOf(call: CallSpec, fleet: string): string {
  return call.kind === "tool" ? `tool:${call.server}.${call.tool}` : `agent:${fleet}/${call.agent}`;
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

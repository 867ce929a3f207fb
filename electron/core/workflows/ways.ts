/** What an entry does now: its step's own call, its plan B, or what undoes it. Pure. */
import type { Entry } from "#shared/model/workflow.ts";
import type { CallSpec, StepSpec, WaySpec, WorkflowSpec } from "#shared/model/workflowFile.ts";

export function stepOf(spec: WorkflowSpec, id: string): StepSpec {
  const step = spec.steps.find((one) => one.id === id);
  if (step === undefined) throw new Error(`The workflow ${spec.name} has no step ${id}.`);
  return step;
}

/** Its plan A, the plan B of the file, its undo; or what the healer or a person chose instead of any of them. */
export function wayOf(step: StepSpec, entry: Entry): WaySpec {
  const own = ownWay(step, entry);
  const chosen = entry.undo === undefined ? entry.call : entry.undo.call;
  return { call: chosen ?? own.call, timeoutMs: Math.max(own.timeoutMs, entry.timeoutMs ?? 0) };
}

function ownWay(step: StepSpec, entry: Entry): WaySpec {
  if (entry.undo !== undefined) return undoOf(step, entry) ?? step;
  if (entry.plan === "a") return step;
  return step.planB ?? step;
}

/** How what an entry did is undone, by the file; undefined: it does not say. */
export function undoOf(step: StepSpec, entry: Entry): WaySpec | undefined {
  const way = entry.plan === "a" ? step : step.planB;
  if (way === undefined || (entry.call !== undefined && !isSameDoer(entry.call, way.call))) return undefined;
  return way.undo;
}

/** It is undone when it goes as planned; what did it this time went another way, and of that the file says nothing. */
export function isBeyondUndo(step: StepSpec, entry: Entry): boolean {
  const isOwnWay = entry.plan === "a" && (entry.call === undefined || isSameDoer(entry.call, step.call));
  return step.undo !== undefined && !isOwnWay && undoOf(step, entry) === undefined;
}

function isSameDoer(one: CallSpec, other: CallSpec): boolean {
  return targetOf(one, "") === targetOf(other, "");
}

export function targetOf(call: CallSpec, fleet: string): string {
  return call.kind === "tool" ? `tool:${call.server}.${call.tool}` : `agent:${fleet}/${call.agent}`;
}

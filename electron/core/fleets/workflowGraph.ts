/** What can be wrong between the steps of a workflow: unknown names, circles, outputs used before they are there. Pure. */
import { referencesIn } from "#shared/model/bindings.ts";
import type { Reference } from "#shared/model/bindings.ts";
import { nearest } from "#shared/lib/nearest.ts";
import type { CallSpec, StepSpec, WorkflowSpec } from "#shared/model/workflowFile.ts";

export interface WorkflowProblem {
  /** Within the `workflow:` key. */
  readonly at: readonly (string | number)[];
  readonly message: string;
}

export function graphProblems(spec: WorkflowSpec): readonly WorkflowProblem[] {
  const ids = spec.steps.map(({ id }) => id);
  const problems = [...doubles(ids), ...unknownNeeds(spec, ids)];
  const circle = circleIn(spec.steps);
  if (circle !== undefined) {
    const index = ids.indexOf(circle[0] ?? "");
    const message = `The steps wait for each other in a circle: ${circle.join(" needs ")}. Take one of the needs away.`;
    problems.push({ at: ["steps", index, "needs"], message });
  }
  if (spec.onFailure === "undo" && !spec.steps.some(({ undo, planB }) => (undo ?? planB?.undo) !== undefined))
    problems.push({
      at: ["on_failure"],
      message: "No step says how it is undone. Add undo to a step, or take this away.",
    });
  return problems.length > 0 ? problems : spec.steps.flatMap((step, index) => referenceProblems(spec, step, index));
}

function doubles(ids: readonly string[]): WorkflowProblem[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ at: ["steps", index, "id"], message: `There are two steps named ${id}. Rename one.` }],
  );
}

function unknownNeeds({ steps }: WorkflowSpec, ids: readonly string[]): WorkflowProblem[] {
  return steps.flatMap((step, index) =>
    step.needs
      .filter((need) => !ids.includes(need))
      .map((need) => ({
        at: ["steps", index, "needs"],
        message: `${step.id} needs "${need}", and there is no such step.${hint(need, ids)}`,
      })),
  );
}

function hint(text: string, known: readonly string[]): string {
  const meant = nearest(text, known);
  return meant === undefined ? ` Steps are ${known.join(", ")}.` : ` Did you mean ${meant}?`;
}

/** The first circle along `needs`, its first step repeated at the end. */
export function circleIn(steps: readonly StepSpec[]): readonly string[] | undefined {
  const needs = new Map(steps.map((step) => [step.id, step.needs]));
  const done = new Set<string>();
  const follow = (id: string, path: readonly string[]): readonly string[] | undefined => {
    const at = path.indexOf(id);
    if (at >= 0) return [...path.slice(at), id];
    if (done.has(id)) return undefined;
    for (const need of needs.get(id) ?? []) {
      const circle = follow(need, [...path, id]);
      if (circle !== undefined) return circle;
    }
    done.add(id);
    return undefined;
  };
  for (const { id } of steps) {
    const circle = follow(id, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** All steps that are completed when this one begins. */
function before(spec: WorkflowSpec, step: StepSpec): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const need of spec.steps.find((one) => one.id === id)?.needs ?? []) add(need);
  };
  for (const need of step.needs) add(need);
  return found;
}

function referenceProblems(spec: WorkflowSpec, step: StepSpec, index: number): readonly WorkflowProblem[] {
  const at = ["steps", index];
  const { planB, undo } = step;
  const ready = before(spec, step);
  const wrong = (references: readonly Reference[], there: ReadonlySet<string>): readonly WorkflowProblem[] =>
    references.flatMap((reference) => {
      const message = referenceProblem(spec, { step, ready: there }, reference);
      return message === undefined ? [] : [{ at: reference.at, message }];
    });
  const doing = [...located(step.call, at), ...(planB === undefined ? [] : located(planB.call, [...at, "plan_b"]))];
  const undoing = [
    ...(undo === undefined ? [] : located(undo.call, [...at, "undo"])),
    ...(planB?.undo === undefined ? [] : located(planB.undo.call, [...at, "plan_b", "undo"])),
  ];
  // What undoes a step knows what the step gave.
  return [...wrong(doing, ready), ...wrong(undoing, new Set([...ready, step.id]))];
}

function located(call: CallSpec, at: readonly (string | number)[]): readonly Reference[] {
  return call.kind === "tool" ? referencesIn(call.with, [...at, "with"]) : referencesIn(call.ask, [...at, "ask"]);
}

function referenceProblem(
  spec: WorkflowSpec,
  { step, ready }: { readonly step: StepSpec; readonly ready: ReadonlySet<string> },
  { text, path }: Reference,
): string | undefined {
  const [head = "", key = ""] = path ?? [];
  const inputs = spec.inputs.map(({ name }) => name);
  if (path === undefined) return `"\${${text}}" is no reference. Write \${input.name} or \${step.key}.`;
  if (head === "run")
    return key === "id" || key === "context" ? undefined : `A run has id and context, and no "${key}".`;
  if (head === "input")
    return inputs.includes(key) ? undefined : `There is no input "${key}".${inputHint(key, inputs)}`;
  const ids = spec.steps.map(({ id }) => id);
  if (!ids.includes(head)) return `\${${text}} names no step.${hint(head, ids)}`;
  return ready.has(head) ? undefined : notReady(head, { step, isUndo: ready.has(step.id) });
}

/** Only an undo knows its own step, and it may well name one that comes after. */
function notReady(head: string, { step, isUndo }: { readonly step: StepSpec; readonly isUndo: boolean }): string {
  const after = isUndo ? `, or take this away if ${head} comes after it` : "";
  return `${step.id} uses the output of ${head}, which may not be there yet. Add ${head} to its needs${after}.`;
}

function inputHint(key: string, inputs: readonly string[]): string {
  if (inputs.length === 0) return ' Declare it under "input".';
  return hint(key, inputs).replace("Steps are", "Inputs are");
}

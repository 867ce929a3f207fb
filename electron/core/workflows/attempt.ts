/** What an attempt begins with: its arguments bound from the run's input and earlier outputs, its memory, its tokens. Pure. */
import { bind } from "#shared/model/bindings.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import type { StepSpec } from "#shared/model/workflowFile.ts";
import type { Beginning } from "./entryMachine.ts";
import { memoryBefore } from "./runMachine.ts";
import { isDone } from "./undoing.ts";
import { wayOf } from "./ways.ts";

export function beginningOf(run: Run, step: StepSpec, entry: Entry): Result<Beginning> {
  const { call } = wayOf(step, entry);
  const bound = bind(call.kind === "tool" ? call.with : call.ask, scopeOf(run));
  if (!bound.ok) return bound;
  // What undoes a step begins with what the step left.
  const hydratedFrom = entry.undo === undefined ? memoryBefore(run, step) : entry.snapshot;
  const given = call.kind === "agent" ? tokensFor(run, step) : undefined;
  if (given !== undefined && given <= 0) {
    const next = entry.undo === undefined ? "Start it with more." : "Undo it by hand, and skip its undo.";
    return fail("budget_exhausted", `The run has used its ${run.head.tokens?.budget ?? 0} tokens. ${next}`);
  }
  return ok({
    input: bound.value,
    ...(hydratedFrom === undefined ? {} : { hydratedFrom }),
    ...(given === undefined ? {} : { given }),
  });
}

/** Of the attempt it is at: the step's, or its undo's. */
export function inputOf({ input, undo }: Pick<Entry, "input" | "undo">): unknown {
  return undo === undefined ? input : undo.input;
}

/** What the budget of the run has left, at most what the step may use; undefined: nobody counts. */
export function tokensFor({ head }: Pick<Run, "head">, step: StepSpec): number | undefined {
  const left = head.tokens === undefined ? undefined : Math.max(0, head.tokens.budget - head.tokens.used);
  if (left === undefined) return step.tokens;
  return Math.min(left, step.tokens ?? left);
}

function scopeOf({ head, entries }: Run): Readonly<Record<string, unknown>> {
  const outputs = entries.filter(isDone).map(({ step, output }) => [step, output] as const);
  return { ...Object.fromEntries(outputs), input: head.input, run: { id: head.id, context: head.contextId } };
}

/** The name of one attempt: a call with this key is made once, and known again after a crash. */
export function keyOf({ run, step, plan, attempts, begun = attempts, undo }: Entry): string {
  return `${run}:${step}:${undo === undefined ? plan : "undo"}${begun}`;
}

/** Another try, another way or an undo: what was answered before is not wanted again, and an undo has to be done. */
export function isFresh({ plan, attempts, begun = attempts, undo }: Entry): boolean {
  return undo !== undefined || plan === "b" || begun > 1;
}

/** Keys that the step's entry in the file promises to those that follow. */
export function missingKeys({ gives }: StepSpec, output: unknown): readonly string[] {
  if (gives.length === 0) return [];
  if (typeof output !== "object" || output === null) return gives;
  return gives.filter((key) => !Object.hasOwn(output, key));
}

/** Trying again changes nothing about these. */
export const HOPELESS: ReadonlySet<string> = new Set([
  "bad_request",
  "not_found",
  "forbidden",
  "unauthorized",
  "unsupported",
  "cli_missing",
  "budget_exhausted",
]);

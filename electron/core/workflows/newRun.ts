/** A run as it begins: the workflow as its file stands now, its input complete, every step waiting. Pure. */
import { joinPath } from "#shared/lib/paths.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Run } from "#shared/model/workflow.ts";
import type { WorkflowSpec } from "#shared/model/workflowFile.ts";
import { targetOf } from "./ways.ts";

export interface NewRun {
  readonly id: string;
  readonly fleet: string;
  readonly spec: WorkflowSpec;
  readonly input: Readonly<Record<string, unknown>>;
  readonly tokens: number | undefined;
  readonly actor: string;
  readonly time: string;
  readonly homeDir: string;
}

export function newRun(given: NewRun): Result<Run> {
  const { id, fleet, spec, tokens = spec.tokens, actor, time } = given;
  const input = inputOf(given);
  if (!input.ok) return input;
  const contextId = `run-${id}`;
  const head = {
    id,
    fleet,
    workflow: spec.name,
    state: "running" as const,
    revision: 1,
    contextId,
    input: input.value,
    ...(tokens === undefined ? {} : { tokens: { budget: tokens, used: 0 } }),
    startedBy: actor,
    startedAt: time,
  };
  const entries = spec.steps.map((step) => ({
    run: id,
    step: step.id,
    state: "waiting" as const,
    plan: "a" as const,
    target: targetOf(step.call, fleet),
    attempts: 0,
    revision: 0,
    contextId,
    since: time,
    stalled: false,
  }));
  return ok({ head, spec, entries });
}

function inputOf({ spec, input, homeDir }: NewRun): Result<Record<string, unknown>> {
  const names = spec.inputs.map(({ name }) => name);
  const unknown = Object.keys(input).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const meant = nearest(unknown, names);
    const hint = meant === undefined ? ` Inputs are ${names.join(", ") || "none"}.` : ` Did you mean ${meant}?`;
    return fail("bad_request", `${spec.name} takes no input "${unknown}".${hint}`);
  }
  const values: Record<string, unknown> = {};
  for (const { name, type, default: fallback } of spec.inputs) {
    const value = input[name] ?? fallback;
    if (value === undefined)
      return fail("bad_request", `${spec.name} needs the input "${name}". Give it as ${name}=VALUE.`);
    if (type === "number" && !Number.isFinite(Number(value)))
      return fail("bad_request", `The input "${name}" is a number, and ${JSON.stringify(value)} is none.`);
    if (type === "number") values[name] = Number(value);
    else
      values[name] =
        type === "file"
          ? joinPath(spec.folder, typeof value === "string" ? value : JSON.stringify(value), homeDir)
          : value;
  }
  return ok(values);
}

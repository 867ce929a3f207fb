/** The `workflow:` section of a fleet file: to specifications, with what is wrong and where. Nothing runs from a wrong one. */
import { parseTokens } from "#shared/lib/amountWords.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { parseDuration } from "#shared/model/fleetFile.ts";
import { RESERVED_STEP_IDS, WORKFLOW_DEFAULTS } from "#shared/model/workflowFile.ts";
import type {
  CallSpec,
  RawCall,
  RawStep,
  RawWorkflow,
  StepSpec,
  WaySpec,
  WorkflowSpec,
} from "#shared/model/workflowFile.ts";
import { graphProblems } from "./workflowGraph.ts";
import type { WorkflowProblem } from "./workflowGraph.ts";

export interface WorkflowPlace {
  readonly folder: string;
  readonly fleet: string;
  /** Ids of the agents in this fleet. */
  readonly agentIds: readonly string[];
}

export interface ReadWorkflows {
  readonly workflows: readonly WorkflowSpec[];
  readonly problems: readonly WorkflowProblem[];
}

export function readWorkflows(
  raw: RawWorkflow | readonly RawWorkflow[] | undefined,
  place: WorkflowPlace,
): ReadWorkflows {
  if (raw === undefined) return { workflows: [], problems: [] };
  const isList = !("steps" in raw);
  const list = "steps" in raw ? [raw] : raw;
  const names = new Set<string>();
  const problems: WorkflowProblem[] = [];
  const workflows = list.map((one, index) => {
    const at = isList ? [index] : [];
    const spec = toSpec(one, place);
    if (names.has(spec.name))
      problems.push({ at: [...at, "name"], message: `There are two workflows named ${spec.name}. Rename one.` });
    names.add(spec.name);
    const found = [...callProblems(one, place), ...graphProblems(spec)];
    problems.push(...found.map(({ at: inner, message }) => ({ at: [...at, ...inner], message })));
    return spec;
  });
  return { workflows, problems };
}

function callProblems(raw: RawWorkflow, { agentIds, fleet }: WorkflowPlace): readonly WorkflowProblem[] {
  return raw.steps.flatMap((step, index) => {
    const at = ["steps", index] as const;
    const ways = waysIn(step).flatMap(({ call, name, key }) =>
      callProblem(call, name, { agentIds, fleet }).map((one) => ({ ...one, at: [...at, ...key, ...one.at] })),
    );
    const message = `A step cannot be called ${step.id}; \${${step.id}.…} means something else.`;
    return RESERVED_STEP_IDS.has(step.id) ? [{ at: [...at, "id"], message }, ...ways] : ways;
  });
}

interface NamedWay {
  readonly call: RawCall;
  readonly name: string;
  readonly key: readonly string[];
}

/** Everything a step may be told to do, with where it stands. */
function waysIn(step: RawStep): readonly NamedWay[] {
  const { id, plan_b: planB, undo } = step;
  const other = planB?.undo;
  return [
    { call: step, name: id, key: [] },
    ...(planB === undefined ? [] : [{ call: planB, name: `plan_b of ${id}`, key: ["plan_b"] }]),
    ...(undo === undefined ? [] : [{ call: undo, name: `undo of ${id}`, key: ["undo"] }]),
    ...(other === undefined ? [] : [{ call: other, name: `undo in plan_b of ${id}`, key: ["plan_b", "undo"] }]),
  ];
}

function callProblem(
  raw: RawCall,
  name: string,
  { agentIds, fleet }: Pick<WorkflowPlace, "agentIds" | "fleet">,
): WorkflowProblem[] {
  if ((raw.tool === undefined) === (raw.agent === undefined))
    return [
      { at: [], message: `${name} needs either a tool or an agent${raw.tool === undefined ? "" : ", not both"}.` },
    ];
  if (raw.tool !== undefined)
    return raw.ask === undefined ? [] : [{ at: ["ask"], message: `${name} calls a tool; its arguments are "with".` }];
  const problems: WorkflowProblem[] = [];
  if (raw.with !== undefined)
    problems.push({ at: ["with"], message: `${name} is an agent's; what it is told to do is "ask".` });
  if (raw.ask === undefined)
    problems.push({ at: ["agent"], message: `${name} does not say what the agent is to do. Add "ask".` });
  if (raw.agent !== undefined && !agentIds.includes(raw.agent)) {
    const meant = nearest(raw.agent, agentIds);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    problems.push({ at: ["agent"], message: `There is no agent "${raw.agent}" in ${fleet}.${hint}` });
  }
  return problems;
}

function toSpec(raw: RawWorkflow, { folder, fleet }: WorkflowPlace): WorkflowSpec {
  const tokens = readTokens(raw.tokens);
  return {
    name: raw.name ?? fleet,
    ...(raw.about === undefined ? {} : { about: raw.about }),
    folder,
    inputs: Object.entries(raw.input ?? {}).map(([name, input]) => ({
      name,
      type: input.type ?? "text",
      ...(input.about === undefined ? {} : { about: input.about }),
      ...(input.default === undefined ? {} : { default: input.default }),
    })),
    ...(tokens === undefined ? {} : { tokens }),
    atOnce: raw.at_once ?? WORKFLOW_DEFAULTS.atOnce,
    ...(raw.on_failure === undefined ? {} : { onFailure: raw.on_failure }),
    steps: raw.steps.map(toStep),
  };
}

function toStep(raw: RawStep): StepSpec {
  const call = toCall(raw);
  const isAgent = call.kind === "agent";
  const tokens = readTokens(raw.tokens);
  return {
    id: raw.id,
    call,
    needs: typeof raw.needs === "string" ? [raw.needs] : (raw.needs ?? []),
    doing: raw.doing ?? "working",
    timeoutMs: durationOf(raw.timeout, defaultTimeout(call)),
    retries: raw.retries ?? WORKFLOW_DEFAULTS.retries,
    leaseMs: durationOf(raw.lease, isAgent ? WORKFLOW_DEFAULTS.agentLeaseMs : WORKFLOW_DEFAULTS.toolLeaseMs),
    ...(tokens === undefined ? {} : { tokens }),
    gives: raw.gives ?? [],
    once: raw.once ?? false,
    ...(raw.plan_b === undefined ? {} : { planB: { ...toWay(raw.plan_b), ...undoOf(raw.plan_b) } }),
    ...undoOf(raw),
  };
}

function undoOf({ undo }: { readonly undo?: RawCall | undefined }): { undo?: WaySpec } {
  return undo === undefined ? {} : { undo: toWay(undo) };
}

function toWay(raw: RawCall): WaySpec {
  const call = toCall(raw);
  return { call, timeoutMs: durationOf(raw.timeout, defaultTimeout(call)) };
}

function toCall(raw: RawCall): CallSpec {
  if (raw.tool === undefined) return { kind: "agent", agent: raw.agent ?? "", ask: raw.ask ?? "" };
  const dot = raw.tool.lastIndexOf(".");
  return { kind: "tool", server: raw.tool.slice(0, dot), tool: raw.tool.slice(dot + 1), with: raw.with ?? {} };
}

function defaultTimeout(call: CallSpec): number {
  return call.kind === "agent" ? WORKFLOW_DEFAULTS.agentTimeoutMs : WORKFLOW_DEFAULTS.toolTimeoutMs;
}

function durationOf(text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : Math.max(1, parseDuration(text) ?? fallback);
}

function readTokens(value: number | string | undefined): number | undefined {
  return typeof value === "string" ? parseTokens(value) : value;
}

/** The `workflow:` section of a fleet file: to specifications, with what is wrong and where. Nothing runs from a wrong one. */
import { parseTokens } from "#shared/lib/amountWords.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { parseDuration } from "#shared/model/fleetFile.ts";
import { RESERVED_STEP_IDS, WORKFLOW_DEFAULTS } from "#shared/model/workflowFile.ts";
import type { CallSpec, RawCall, RawStep, RawWorkflow, StepSpec, WorkflowSpec } from "#shared/model/workflowFile.ts";
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
    const own = callProblem(step, step.id, agentIds, fleet).map((one) => ({ ...one, at: [...at, ...one.at] }));
    const other =
      step.plan_b === undefined
        ? []
        : callProblem(step.plan_b, `plan_b of ${step.id}`, agentIds, fleet).map((one) => ({
            ...one,
            at: [...at, "plan_b", ...one.at],
          }));
    return RESERVED_STEP_IDS.has(step.id)
      ? [
          { at: [...at, "id"], message: `A step cannot be called ${step.id}; \${${step.id}.…} means something else.` },
          ...own,
        ]
      : [...own, ...other];
  });
}

// oxlint-disable-next-line max-params
function callProblem(raw: RawCall, name: string, agentIds: readonly string[], fleet: string): WorkflowProblem[] {
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
    ...planBOf(raw),
  };
}

function planBOf({ plan_b: raw }: RawStep): Pick<StepSpec, "planB"> {
  if (raw === undefined) return {};
  const call = toCall(raw);
  return { planB: { call, timeoutMs: durationOf(raw.timeout, defaultTimeout(call)) } };
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

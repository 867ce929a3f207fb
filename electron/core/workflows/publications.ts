/** What a run says on the bus about its steps: `workflow.<run>.<step>.<state>`. What is completed or failed is a handover. */
import { compose } from "#shared/model/catalogue/message.ts";
import { dedupeKey, encodeEnvelope, excessOf } from "#shared/model/catalogue/envelope.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import { stateName } from "#shared/model/workflow.ts";
import type { CallSpec, StepSpec } from "#shared/model/workflowFile.ts";
import { tokensFor } from "./attempt.ts";
import type { Publication } from "./runStore.ts";
import { stepOf, wayOf } from "./ways.ts";

/** The place of the step in the subject when it is the run itself that moved. */
export const RUN_ITSELF = "run";
/** Results in an envelope; what is larger is read from the context by its snapshot. */
const MOST_RESULT = 200_000;
/** `data.last_tool_output.result` */
const RESULT_LEVEL = 3;

export function publicationOf(
  run: Run,
  entry: Entry | undefined,
  said: { state: string; time: string },
): Result<Omit<Publication, "id">> {
  const { head } = run;
  const step = entry?.step ?? RUN_ITSELF;
  const revision = entry?.revision ?? head.revision;
  const parts = {
    id: `${head.id}.${step}.${said.state}.${revision}`,
    source: `/workflows/${head.fleet}/${head.id}`,
    time: said.time,
    subject: `${head.id}/${step}`,
    correlationid: head.id,
    contextid: head.contextId,
  };
  const isHandover =
    entry !== undefined && entry.undo === undefined && (entry.state === "completed" || entry.state === "failed");
  const made = isHandover
    ? compose("context.handed_over", { ...parts, data: handoverOf(run, entry) })
    : compose("workflow.step_entered", { ...parts, data: movedOf(run, entry, said.state) });
  if (!made.ok) return made;
  const body = encodeEnvelope(made.value);
  if (!body.ok) return body;
  return ok({ subject: `workflow.${head.id}.${step}.${said.state}`, msgId: dedupeKey(made.value), body: body.value });
}

/** The standard handover (RO-4): what the next ones are to do, and what they begin with. */
function handoverOf(run: Run, entry: Entry) {
  const step = stepOf(run.spec, entry.step);
  const next = run.spec.steps.filter(({ needs }) => needs.includes(entry.step));
  const { call } = wayOf(step, entry);
  return {
    context_id: run.head.contextId,
    intent: intentOf(entry, next),
    last_tool_output: { ...whoDid(call, run.head.fleet), result: resultOf(entry), timestamp: entry.since },
    memory_snapshot_url: entry.snapshot?.url ?? null,
    token_budget: next[0] === undefined ? leftOf(run) : (tokensFor(run, next[0]) ?? null),
    status: entry.state === "completed" ? ("completed" as const) : ("failed" as const),
  };
}

function intentOf(entry: Entry, next: readonly StepSpec[]): string {
  if (entry.state === "failed")
    return `${entry.step} failed: ${entry.error?.message ?? "no reason was given"}`.slice(0, 10_000);
  if (next.length === 0) return `${stateName(entry)}. Nothing follows it.`;
  return `${stateName(entry)}. ${next.map(({ id }) => id).join(" and ")} may go on with it.`;
}

function whoDid(call: CallSpec, fleet: string): { tool: string; server: string } {
  return call.kind === "tool"
    ? { tool: call.tool, server: call.server }
    : { tool: call.agent, server: `agent:${fleet}/${call.agent}` };
}

function resultOf({ state, output, error }: Entry): unknown {
  if (state === "failed") return error ?? null;
  const size = JSON.stringify(output)?.length ?? 0;
  const fits = size <= MOST_RESULT && excessOf(output, RESULT_LEVEL) === undefined;
  return fits ? (output ?? null) : { tooLarge: true, characters: size };
}

function leftOf({ head }: Run): number | null {
  return head.tokens === undefined ? null : Math.max(0, head.tokens.budget - head.tokens.used);
}

function movedOf(run: Run, entry: Entry | undefined, state: string) {
  const { head } = run;
  if (entry === undefined)
    return { run: head.id, step: RUN_ITSELF, state, name: state, attempts: 0, revision: head.revision };
  const { step, attempts, revision, lockedBy } = entry;
  const name = stateName(entry, stepOf(run.spec, step).doing);
  return {
    run: head.id,
    step,
    state,
    name,
    attempts,
    revision,
    ...(lockedBy === undefined ? {} : { locked_by: lockedBy }),
  };
}

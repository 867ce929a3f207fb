/**
 * Joins workflows with what does their steps: tools of the registry, agents, and the memory that goes from step to step.
 * A tool is called in the name of its run; the key of an attempt goes with the call, so that after a crash its outcome is
 * found again.
 */
import { z } from "zod";
import type { Memory } from "#core/memory/index.ts";
import type { Registry } from "#core/registry/index.ts";
import type { Hands, ToolWork } from "#core/workflows/index.ts";
import { ERROR_CODES, ok } from "#shared/model/result.ts";
import type { ErrorCode, Result } from "#shared/model/result.ts";
import type { ToolOutcome } from "#shared/model/toolServer.ts";
import type { Entry, SnapshotRef } from "#shared/model/workflow.ts";
import { agentHands } from "./workflowAgents.ts";
import type { AgentHandParts } from "./workflowAgents.ts";
import type { HealedSteps } from "./healedSteps.ts";

export interface HandParts extends AgentHandParts {
  readonly registry: Registry;
  readonly memory: () => Memory;
  readonly healed: HealedSteps;
}

const BY = { actor: "system", name: "workflows" };
/** What an agent is told of a memory: a page, of which it pays every turn. */
const HYDRATED_TOKENS = 2000;

export function workflowHands(parts: HandParts): Hands {
  const { registry, memory, healed } = parts;
  return {
    ...agentHands(parts),
    callTool: (work) => callTool(registry, work),
    recall: (key) => recall(registry, key),
    remember: (entry, output) => remember(memory(), entry, output),
    hydrate: async ({ id }) => {
      const hydrated = await memory().hydrate(id, HYDRATED_TOKENS);
      return hydrated.ok ? hydrated.value.text : undefined;
    },
    bury: (letter) => healed.bury(letter),
  };
}

async function callTool(registry: Registry, work: ToolWork): Promise<Result<unknown>> {
  const outcome = await registry.invoke({
    server: work.call.server,
    tool: work.call.tool,
    args: work.args,
    by: { kind: "workflow", id: `${work.fleet}/${work.run}` },
    contextId: work.contextId,
    correlationId: work.key,
    timeoutMs: work.timeoutMs,
    fresh: work.fresh,
  });
  return outcome.ok ? ok(outputOf(outcome.value)) : outcome;
}

/** What the tool gave as structure; else its text. */
function outputOf({ structured, text }: ToolOutcome): unknown {
  return structured ?? { text };
}

/** The run's context holds each step's output under its name; what it holds then is the memory of those that follow. */
async function remember(memory: Memory, entry: Entry, output: unknown): Promise<SnapshotRef | undefined> {
  const { contextId: id, step, target } = entry;
  const fleet = fleetOf(target);
  const write = { id, ...fleet, intent: `Run ${entry.run}`, set: [{ name: step, value: output }], remove: [] };
  const written = memory.upsertContext(write, BY);
  if (!written.ok) throw new Error(written.error.message);
  const taken = await memory.snapshot(id, BY, `${step} completed`);
  return taken.ok ? taken.value : undefined;
}

function fleetOf(target: string): { fleet?: string } {
  const fleet = /^agent:([^/]+)\//.exec(target)?.[1];
  return fleet === undefined ? {} : { fleet };
}

/** What the log tells of a call that ended; of one that succeeded it may hold too little, and then nobody knows. */
function recall(registry: Registry, key: string): Result<unknown> | undefined {
  const call = registry.calls.list({ limit: 1, correlationId: key })[0];
  if (call === undefined || call.outcome === "running" || call.outcome === "interrupted") return undefined;
  if (call.outcome !== "completed")
    return { ok: false, error: { code: errorCode(call.code), message: call.message ?? "It failed." } };
  const detail = registry.calls.one(call.id);
  const answer = answerSchema.safeParse(detail.ok ? parsed(detail.value.result) : undefined);
  return answer.success ? ok(answer.data.structured) : undefined;
}

const answerSchema = z.object({ structured: z.record(z.string(), z.unknown()) });

/** Cut it is no JSON; masked it is not what the tool said. */
function parsed(text: string | undefined): unknown {
  if (text === undefined || text.includes("***")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorCode(code: string | undefined): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? "internal";
}

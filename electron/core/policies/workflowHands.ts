/**
 * Joins workflows with what does their steps: tools of the registry. What a step calls is called in the name of its run,
 * which belongs to its fleet; the key of an attempt goes with the call, so that after a crash its outcome is found again.
 */
import type { Registry } from "#core/registry/index.ts";
import type { Hands, ToolWork } from "#core/workflows/index.ts";
import type { HealedSteps } from "./healedSteps.ts";
import { z } from "zod";
import { ERROR_CODES, fail, ok } from "#shared/model/result.ts";
import type { ErrorCode, Result } from "#shared/model/result.ts";
import type { ToolOutcome } from "#shared/model/toolServer.ts";

export interface HandParts {
  readonly registry: Registry;
  readonly healed: HealedSteps;
}

export function workflowHands({ registry, healed }: HandParts): Hands {
  return {
    callTool: (work) => callTool(registry, work),
    recall: (key) => recall(registry, key),
    askAgent: () => Promise.resolve(fail("unsupported", "Agents cannot be given steps yet. Let a tool do it.")),
    released: () => Promise.resolve(0),
    remember: () => Promise.resolve(undefined),
    hydrate: () => Promise.resolve(undefined),
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
  });
  return outcome.ok ? ok(outputOf(outcome.value)) : outcome;
}

/** What the tool gave as structure; else its text. */
function outputOf({ structured, text }: ToolOutcome): unknown {
  return structured ?? { text };
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

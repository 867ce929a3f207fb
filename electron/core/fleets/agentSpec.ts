/** One agent of a fleet file that is without errors, with what the file leaves out filled in. */
import { DEFAULT_BACKOFF, DEFAULT_SHUTDOWN_MS, parseDuration, parseSize } from "#shared/model/fleetFile.ts";
import type { AgentSpec, BackoffSpec, RawAgentChild } from "#shared/model/fleetFile.ts";
import type { BudgetRules } from "#shared/model/budget.ts";
import { joinPath } from "#shared/lib/paths.ts";

interface FilePlace {
  /** Absolute folder of the file: what relative `cwd`s are relative to. */
  readonly folder: string;
  readonly homeDir: string;
}

export function readShutdown(text: string): number | "infinity" | "brutal_kill" {
  return text === "infinity" || text === "brutal_kill" ? text : (parseDuration(text) ?? DEFAULT_SHUTDOWN_MS);
}

function readBackoff(raw: RawAgentChild["backoff"]): BackoffSpec {
  const duration = (text: string | undefined, fallback: number): number =>
    text === undefined ? fallback : (parseDuration(text) ?? fallback);
  return {
    initialMs: duration(raw?.initial, DEFAULT_BACKOFF.initialMs),
    maxMs: duration(raw?.max, DEFAULT_BACKOFF.maxMs),
    factor: raw?.factor ?? DEFAULT_BACKOFF.factor,
    jitter: raw?.jitter ?? DEFAULT_BACKOFF.jitter,
    resetAfterMs: duration(raw?.resetAfter, DEFAULT_BACKOFF.resetAfterMs),
  };
}

export function toAgentSpec(child: RawAgentChild, budgets: readonly BudgetRules[], place: FilePlace): AgentSpec {
  return {
    kind: "agent",
    id: child.id,
    agent: child.agent ?? "command",
    ...(child.command === undefined ? {} : { command: child.command }),
    cwd: joinPath(place.folder, child.cwd ?? ".", place.homeDir),
    ...beginningOf(child),
    args: child.args ?? [],
    env: child.env ?? {},
    ...(child.gateway === undefined ? {} : { gateway: child.gateway }),
    ...placeInTeam(child),
    restart: child.restart ?? "transient",
    shutdown: child.shutdown === undefined ? DEFAULT_SHUTDOWN_MS : readShutdown(child.shutdown),
    significant: child.significant === true,
    backoff: readBackoff(child.backoff),
    budgets,
    resumeAtReset: child.resume_at_reset === true,
    ...readLimits(child.limits),
  };
}

/** What it begins with, as far as the file says. */
function beginningOf(child: RawAgentChild): Pick<AgentSpec, "prompt" | "model" | "resume" | "task"> {
  return {
    ...(child.prompt === undefined ? {} : { prompt: child.prompt }),
    ...(child.model === undefined ? {} : { model: child.model }),
    ...(child.resume === undefined ? {} : { resume: child.resume }),
    ...(child.task === undefined ? {} : { task: child.task }),
  };
}

function placeInTeam({ role, can }: RawAgentChild): Pick<AgentSpec, "role" | "can"> {
  return { ...(role === undefined ? {} : { role }), ...(can === undefined ? {} : { can }) };
}

function readLimits(raw: RawAgentChild["limits"]): Pick<AgentSpec, "limits"> {
  const memoryBytes = raw === undefined ? undefined : parseSize(raw.memory);
  return memoryBytes === undefined ? {} : { limits: { memoryBytes, onExceed: raw?.on_exceed ?? "warn" } };
}

/** A life in words. Pure. */
import { exactDuration } from "#shared/lib/words.ts";
import type { Life } from "#shared/model/node.ts";
import type { ExitCause, NodeState } from "#shared/model/states.ts";

const STATES: Readonly<Record<ExitCause, NodeState>> = {
  done: "done",
  stopped: "stopped",
  crashed: "crashed",
  out_of_memory: "crashed",
  rate_limited: "rate_limited",
  needs_login: "needs_login",
  budget_exhausted: "paused",
  keeper_lost: "crashed",
};

/** The lamp of a life: how it ended, or the agent's state while it runs. */
export function lifeState(
  { endedAt, exitCause }: Pick<Life, "endedAt" | "exitCause">,
  running: NodeState = "busy",
): NodeState {
  if (endedAt === undefined) return running;
  return exitCause === undefined ? "stopped" : STATES[exitCause];
}

/** "Running", "Exit 1", "Stopped". */
export function endOf({ endedAt, exitDetail, exitCause }: Pick<Life, "endedAt" | "exitDetail" | "exitCause">): string {
  if (endedAt === undefined) return "Running";
  if (exitDetail !== undefined && exitDetail !== "") return exitDetail;
  return exitCause === undefined
    ? "Ended"
    : exitCause.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
}

export function lifeDuration({ startedAt, endedAt }: Pick<Life, "startedAt" | "endedAt">, now: number): string {
  return exactDuration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}

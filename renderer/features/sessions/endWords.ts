/** How a life ended, as a lamp and in words. Pure. */
import type { Life } from "#shared/model/node.ts";
import type { ExitCause, NodeState } from "#shared/model/states.ts";

const LAMPS: Readonly<Record<ExitCause, NodeState>> = {
  done: "done",
  stopped: "stopped",
  crashed: "crashed",
  out_of_memory: "crashed",
  rate_limited: "rate_limited",
  needs_login: "needs_login",
  budget_exhausted: "paused",
  keeper_lost: "crashed",
};

/** `running`: the agent's state, for a life that goes on. */
export function lifeLamp(
  { endedAt, exitCause }: Pick<Life, "endedAt" | "exitCause">,
  running: NodeState | undefined,
): NodeState {
  if (endedAt === undefined) return running ?? "busy";
  return exitCause === undefined ? "stopped" : LAMPS[exitCause];
}

export function endWords({
  endedAt,
  exitDetail,
  exitCause,
}: Pick<Life, "endedAt" | "exitDetail" | "exitCause">): string {
  if (endedAt === undefined) return "Running";
  if (exitDetail !== undefined && exitDetail !== "") return exitDetail;
  const cause = (exitCause ?? "ended").replaceAll("_", " ");
  return cause.charAt(0).toUpperCase() + cause.slice(1);
}

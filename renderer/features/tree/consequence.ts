/** What a person's own act on nodes of the tree would do, said before it is done (design.md principle 4). Pure. */
import type { NodeActionId } from "#renderer/state/nodeActions.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import type { BlastNode } from "./blastRadius.ts";

/** `remove` asks by itself. */
export type TreeAction = Exclude<NodeActionId, "remove">;

export interface Consequence {
  /** Agents the act reaches. More than one asks first. */
  readonly agents: number;
  readonly title: string;
  readonly body: string;
  /** The word on the button. */
  readonly verb: string;
  readonly isDanger: boolean;
}

const VERBS: Record<TreeAction, string> = {
  start: "Start",
  pause: "Pause",
  resume: "Resume",
  restart: "Restart",
  restartFresh: "Restart fresh",
  stop: "Stop",
  drain: "Drain",
};

/** `targets` are the chosen nodes without those that stand below another chosen one. */
export function consequenceOf(action: TreeAction, targets: readonly BlastNode[]): Consequence {
  const verb = VERBS[action];
  const reached = targets.flatMap(agentsOf).filter((agent) => reaches(action, agent));
  const what = reached.length === 1 ? (reached[0]?.id ?? "1 agent") : `${reached.length} agents`;
  const whose = targets.length === 1 && targets[0]?.kind === "supervisor" ? ` of ${targets[0].id}` : "";
  return {
    agents: reached.length,
    title: `${verb} ${what}${reached.length === 1 ? "" : whose}?`,
    body: BODIES[action](reached),
    verb,
    isDanger: action === "stop",
  };
}

/** What P, R and X mean for a node as it stands: P pauses or resumes, R starts what does not run. */
export function actionFor(key: "P" | "R" | "X", node: BlastNode): TreeAction {
  if (key === "X") return "stop";
  const agents = agentsOf(node);
  const live = agents.filter((agent) => LIVE_STATES.has(agent.state) || agent.state === "backoff");
  if (key === "R") return live.length > 0 ? "restart" : "start";
  return live.length > 0 && live.every((agent) => agent.state === "paused") ? "resume" : "pause";
}

function reaches(action: TreeAction, agent: BlastNode): boolean {
  if (action === "start") return !LIVE_STATES.has(agent.state);
  if (action === "resume") return agent.state === "paused";
  if (action === "pause" || action === "drain") return LIVE_STATES.has(agent.state) && agent.state !== "paused";
  if (action === "stop") return LIVE_STATES.has(agent.state) || agent.state === "backoff";
  return true;
}

const BODIES: Record<TreeAction, (reached: readonly BlastNode[]) => string> = {
  start: (reached) => `${sessions(reached)} Their restart counts do not change.`,
  pause: () => "They take no new work until you resume them. Where it is safe their processes are frozen at once.",
  resume: () => "They go on where they were paused.",
  restart: (reached) =>
    `${sessions(reached)} What they are doing now is interrupted. A restart by you does not count toward intensity.`,
  restartFresh: () => "Each begins a new conversation. The old sessions are kept and can be taken up again.",
  stop: () => "Supervisors will not restart them. Sessions are kept.",
  drain: () => "Each finishes its current turn, takes no new work, then stops.",
};

function sessions(reached: readonly BlastNode[]): string {
  const resuming = reached.filter((agent) => agent.cliSessionId !== undefined).length;
  const fresh = reached.length - resuming;
  const parts = [
    resuming > 0 ? `${resuming} ${resuming === 1 ? "resumes" : "resume"}` : "",
    fresh > 0 ? `${fresh} ${fresh === 1 ? "starts" : "start"} fresh` : "",
  ];
  const text = parts.filter((part) => part !== "").join(", ");
  return text === "" ? "" : `${text}.`;
}

export function agentsOf(node: BlastNode): readonly BlastNode[] {
  return node.kind === "agent" ? [node] : node.children.flatMap(agentsOf);
}

/** Drops every path that stands below another of them; commands on a supervisor reach its children already. */
export function topmost(paths: readonly string[], parentOf: (path: string) => string | undefined): readonly string[] {
  const chosen = new Set(paths);
  const isCovered = (path: string): boolean => {
    for (let above = parentOf(path); above !== undefined; above = parentOf(above)) if (chosen.has(above)) return true;
    return false;
  };
  return paths.filter((path) => !isCovered(path));
}

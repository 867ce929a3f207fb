/** Words of the tree page that no other page needs; a node's own state words are shared/model/stateWords.ts. */
import type { NodePatch } from "#shared/contract/index.ts";
import { intensityWords, plural } from "#shared/lib/words.ts";
import { stateWords } from "#shared/model/stateWords.ts";
import type { NodeState } from "#shared/model/states.ts";

/** For counts: "2 waiting", "1 in backoff". */
export const COUNT_WORDS: Readonly<Record<NodeState, string>> = {
  starting: "starting",
  idle: "idle",
  busy: "busy",
  waiting_permission: "waiting",
  waiting_answer: "waiting",
  rate_limited: "rate-limited",
  needs_login: "signed out",
  paused: "paused",
  backoff: "in backoff",
  stopping: "stopping",
  stopped: "stopped",
  done: "done",
  crashed: "crashed",
  gave_up: "gave up",
  escalated: "escalated",
};

const SAID_AS_IS: ReadonlySet<NodeState> = new Set([
  "escalated",
  "gave_up",
  "stopped",
  "stopping",
  "backoff",
  "paused",
]);

/** "Running, 5 agents", "Escalated 13:58", "Gave up". `now`: ms since 1970. */
export function supervisorWords(node: NodePatch, agents: number, now: number): string {
  return SAID_AS_IS.has(node.state) ? stateWords(node, now) : `Running, ${plural(agents, "agent")}`;
}

/** "2 of 5 in 60 s used"; empty for a node without intensity. */
export function usedWords(node: NodePatch): string {
  if (node.intensity === undefined) return "";
  const used = node.restartsInWindow ?? 0;
  return node.periodMs === undefined
    ? `${used} of ${node.intensity} used`
    : intensityWords(used, node.intensity, node.periodMs);
}

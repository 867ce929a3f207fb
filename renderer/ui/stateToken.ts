/** Which colour tokens a state is drawn with: `--st-<token>-fg`, `-lamp` and `-tint` (tokens.css). */
import type { NodeState } from "#shared/model/states.ts";

export type StateToken =
  | "starting"
  | "idle"
  | "busy"
  | "waiting"
  | "limited"
  | "paused"
  | "crashed"
  | "gaveup"
  | "stopped"
  | "done";

const TOKENS: Readonly<Record<NodeState, StateToken>> = {
  starting: "starting",
  idle: "idle",
  busy: "busy",
  waiting_permission: "waiting",
  waiting_answer: "waiting",
  rate_limited: "limited",
  needs_login: "waiting",
  paused: "paused",
  backoff: "crashed",
  stopping: "stopped",
  stopped: "stopped",
  done: "done",
  crashed: "crashed",
  gave_up: "gaveup",
  escalated: "gaveup",
};

export function stateToken(state: NodeState): StateToken {
  return TOKENS[state];
}

/** CSS colour of text about a state; at least 4.5:1 on every ground. */
export function stateTextColor(state: NodeState): string {
  return `var(--st-${TOKENS[state]}-fg)`;
}

/** CSS colour of the lamp and of lines that carry the state. */
export function stateLampColor(state: NodeState): string {
  return `var(--st-${TOKENS[state]}-lamp)`;
}

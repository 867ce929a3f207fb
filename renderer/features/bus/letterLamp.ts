import type { DeadLetterState } from "#shared/model/deadLetter.ts";
import type { NodeState } from "#shared/model/states.ts";

const LAMPS: Readonly<Record<DeadLetterState, NodeState>> = {
  new: "crashed",
  retrying: "backoff",
  replayed: "done",
  discarded: "stopped",
  needs_human: "gave_up",
};

/** The silhouette that stands for how it is with a dead letter. */
export function letterLamp(state: DeadLetterState): NodeState {
  return LAMPS[state];
}

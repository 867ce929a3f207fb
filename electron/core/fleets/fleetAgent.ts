/** One agent as its team knows it: what it is, and how it is now. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { TreeState } from "./treeState.ts";

export interface FleetAgent {
  readonly path: string;
  readonly spec: AgentSpec;
  readonly state: NodeState;
  /** A process of its current life runs. */
  readonly isUp: boolean;
  readonly sessionId: string | undefined;
}

/** All of a fleet, templates left out; none of a fleet that is not known. */
export function agentsOf(tree: TreeState | undefined): readonly FleetAgent[] {
  if (tree === undefined) return [];
  return tree.agentsBelow(tree.name).flatMap((id) => (tree.isTemplate(id) ? [] : agentOf(tree, id)));
}

function agentOf(tree: TreeState, id: string): readonly FleetAgent[] {
  const { spec, path, agent } = tree.require(id);
  if (spec.kind !== "agent") return [];
  const view = agent?.view;
  return [{ path, spec, state: tree.stateOf(id), isUp: view?.alive === true, sessionId: view?.sessionId }];
}

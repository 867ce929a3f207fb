/** Instances of templates are in no file: those the keeper still holds are put back into the tree when the core comes up. */
import type { AgentRunner } from "#core/ports/agentRunner.ts";
import type { TreeState } from "./treeState.ts";

/** Looked for by number, since a look is a table look-up; more than this of one template nobody watches over. */
const MOST_INSTANCES = 1000;

export function restoreInstances(tree: TreeState, agents: Pick<AgentRunner, "leftover">): void {
  for (const id of tree.agentsBelow(tree.name)) {
    if (!tree.isTemplate(id)) continue;
    const { spec } = tree.require(id);
    for (let number = 1; number <= MOST_INSTANCES; number++) {
      const left = agents.leftover(`${tree.name}/${id}-${number}`);
      if (left === "alive" || left === "ended") tree.addInstance(spec, number);
    }
  }
}

/** Workflows with the hands that do their steps, and the healer behind what fails. */
import { HealedSteps, otherTools, workflowHands } from "#core/policies/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { Registry } from "#core/registry/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { Workflows } from "#core/workflows/index.ts";
import type { Backbone } from "./backbone.ts";

interface WorkflowParts {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly registry: Registry;
  readonly backbone: Backbone;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly machine: Machine;
}

export function createWorkflows(parts: WorkflowParts): Workflows {
  const { backbone, registry, machine } = parts;
  const { bus, deadLetters: desk } = backbone;
  desk.joinTools(otherTools(registry));
  const healed = new HealedSteps({ ...parts, desk, bus, workflows: () => workflows });
  const hands = workflowHands({ registry, healed });
  const workflows: Workflows = new Workflows({ ...parts, bus, hands, homeDir: machine.homeDir });
  healed.open();
  backbone.onClose(() => healed.close());
  return workflows;
}

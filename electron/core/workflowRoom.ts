/** Workflows with the hands that do their steps, the healer behind what fails, and what agents report of theirs. */
import type { Budgets } from "#core/budgets/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { Memory } from "#core/memory/index.ts";
import { HealedSteps, otherTools, workflowAgents, workflowHands } from "#core/policies/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { Registry } from "#core/registry/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { Workflows } from "#core/workflows/index.ts";
import type { Result } from "#shared/model/result.ts";
import type { Backbone } from "./backbone.ts";

interface WorkflowParts {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly registry: Registry;
  readonly backbone: Backbone;
  readonly budgets: Budgets;
  readonly mailboxes: () => Mailboxes;
  readonly memory: () => Memory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly machine: Machine;
}

export interface WorkflowRoom {
  readonly workflows: Workflows;
  open(options: { readonly noStart: boolean }): Promise<Result<void>>;
}

export function createWorkflowRoom(parts: WorkflowParts): WorkflowRoom {
  const { backbone, registry, machine } = parts;
  const { bus, deadLetters: desk } = backbone;
  desk.joinTools(otherTools(registry));
  const healed = new HealedSteps({ ...parts, desk, bus, workflows: () => workflows });
  const hands = workflowHands({ ...parts, healed });
  const workflows: Workflows = new Workflows({ ...parts, bus, hands, homeDir: machine.homeDir });
  healed.open();
  backbone.onClose(() => healed.close());
  return {
    workflows,
    open: async (options) => {
      const heard = await workflowAgents(workflows, bus);
      if (!heard.ok) return heard;
      backbone.onClose(heard.value);
      return workflows.open(options);
    },
  };
}

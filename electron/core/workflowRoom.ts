/** Workflows with the hands that do their steps, the healer behind what fails, and what agents report of theirs. */
import type { Bus } from "#core/bus/index.ts";
import type { Budgets } from "#core/budgets/index.ts";
import type { Fleets } from "#core/fleets/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { Memory } from "#core/memory/index.ts";
import {
  EventHandlers,
  FailedCalls,
  HealedSteps,
  otherTools,
  workflowAgents,
  workflowHands,
} from "#core/policies/index.ts";
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
  /** Of committed events. */
  readonly events: Bus;
  readonly fleets: () => Fleets;
  readonly memory: () => Memory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly machine: Machine;
}

export interface WorkflowRoom {
  readonly workflows: Workflows;
  readonly handlers: EventHandlers;
  open(options: { readonly noStart: boolean }): Promise<Result<void>>;
}

export function createWorkflowRoom(parts: WorkflowParts): WorkflowRoom {
  const { backbone, registry, machine } = parts;
  const { bus, deadLetters: desk } = backbone;
  desk.joinTools(otherTools(registry));
  const healed = new HealedSteps({ ...parts, desk, bus, workflows: () => workflows });
  const hands = workflowHands({ ...parts, healed });
  const workflows: Workflows = new Workflows({ ...parts, bus, hands, homeDir: machine.homeDir });
  const isUp = (fleet: string): boolean => parts.fleets().isUp(fleet);
  const handlers = new EventHandlers({ ...parts, bus, isUp, workflows: () => workflows });
  backbone.onClose(() => handlers.close());
  healed.open();
  backbone.onClose(() => healed.close());
  const failedCalls = new FailedCalls({ ...parts, desk, bus });
  backbone.onClose(() => failedCalls.close());
  return {
    workflows,
    handlers,
    open: async (options) => {
      const heard = await workflowAgents(workflows, bus);
      if (!heard.ok) return heard;
      backbone.onClose(heard.value);
      failedCalls.open();
      const opened = await workflows.open(options);
      if (opened.ok) await handlers.open({ isHeld: options.noStart });
      return opened;
    },
  };
}

/** Orders for nodes and for everything at once. Delegation only. */
import type { CommandHandlers } from "#shared/rpc/handlers.ts";
import { ok } from "#shared/model/result.ts";
import { drainNode, pauseNode, restartNode, resumeNode, startNode, stopNode } from "#core/fleets/index.ts";
import { emergencyStop, startAllowed } from "#core/policies/index.ts";
import type { Core } from "#core/app.ts";

type NodeCommands =
  | "node.start"
  | "node.stop"
  | "node.restart"
  | "node.pause"
  | "node.resume"
  | "node.drain"
  | "app.pauseAll"
  | "app.resumeAll"
  | "app.estop"
  | "app.resumeInterrupted";

export function nodeCommands(core: Core): Pick<CommandHandlers, NodeCommands> {
  const { fleets } = core;
  return {
    "node.start": async ({ id }, { actor }) => {
      const allowed = startAllowed(core.budgets, fleets, id);
      return allowed.ok ? startNode(fleets, { ref: id, actor }) : allowed;
    },
    "node.stop": async ({ id }, { actor }) => stopNode(fleets, { ref: id, actor }),
    "node.restart": async ({ id, fresh }, { actor }) => {
      const allowed = startAllowed(core.budgets, fleets, id);
      return allowed.ok ? restartNode(fleets, { ref: id, actor }, fresh) : allowed;
    },
    "node.pause": async ({ id }) => pauseNode(fleets, id),
    "node.resume": async ({ id }) => resumeNode(fleets, id),
    "node.drain": async ({ id }, { actor }) => drainNode(fleets, { ref: id, actor }),
    "app.pauseAll": async () => ok({ paused: await countOk(fleets.names().map((name) => pauseNode(fleets, name))) }),
    "app.resumeAll": async () => ok({ resumed: await countOk(fleets.names().map((name) => resumeNode(fleets, name))) }),
    "app.estop": async (_input, { actor }) => emergencyStop({ ...core, ...core.ports }, actor),
    "app.resumeInterrupted": async (_input, { actor }) => {
      const names = fleets.interrupted();
      for (const name of names) await fleets.up({ name, actor });
      return ok({ fleets: [...names] });
    },
  };
}

async function countOk(results: readonly Promise<{ ok: boolean }>[]): Promise<number> {
  return (await Promise.all(results)).filter((result) => result.ok).length;
}

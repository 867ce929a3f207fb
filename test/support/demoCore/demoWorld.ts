/** A fake for looking at screens: what the fake core holds. */
import type { AppStatus, NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Machine } from "#shared/model/machine.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";
import type { DemoBudgets } from "./demoBudgets.ts";
import type { DemoBus } from "./demoBus.ts";
import type { DemoDeadLetters } from "./demoDeadLetters.ts";
import type { DemoRegistry } from "./demoRegistry.ts";
import type { DemoMessages } from "./demoMessages.ts";
import type { DemoWorkflows } from "./demoWorkflows.ts";
import type { DemoMemory } from "./demoMemory.ts";

export interface DemoWorld {
  fleets: Fleet[];
  inbox: InboxItem[];
  settings: Settings;
  interrupted: readonly string[];
  machines: Machine[];
  network: AppStatus["network"];
  readonly events: readonly StoredEvent[];
  readonly budgets: DemoBudgets;
  readonly bus: DemoBus;
  readonly deadLetters: DemoDeadLetters;
  readonly registry: DemoRegistry;
  readonly messages: DemoMessages;
  readonly workflows: DemoWorkflows;
  readonly memory: DemoMemory;
  readonly watchers: {
    readonly tree: Set<StreamSink<StreamItem<"tree">>>;
    readonly machines: Set<StreamSink<StreamItem<"machines">>>;
    readonly inbox: Set<StreamSink<StreamItem<"inbox">>>;
    readonly settings: Set<StreamSink<StreamItem<"settings">>>;
    readonly status: Set<StreamSink<StreamItem<"status">>>;
  };
}

/** The world and the two ways to change it that every watcher hears of. */
export interface DemoDesk {
  readonly world: DemoWorld;
  /** Changes a node and tells every watcher. */
  patch(path: string, change: Partial<NodePatch>): void;
  /** Adds or changes an inbox item and tells every watcher. */
  putItem(item: InboxItem): void;
}

export function allNodes(fleets: readonly Fleet[]): TreeNode[] {
  const below = (node: TreeNode): TreeNode[] => [node, ...node.children.flatMap(below)];
  return fleets.flatMap((fleet) => below(fleet.root));
}

/** By path, or by id where that is enough. */
export function findNode(fleets: readonly Fleet[], ref: string): TreeNode | undefined {
  const nodes = allNodes(fleets);
  return nodes.find((node) => node.path === ref) ?? nodes.find((node) => node.id === ref);
}

export const refuse = (ref: string) =>
  fail("not_found", `No agent or supervisor is called ${ref}. Look at the tree for its name.`);
export const done = (path: string) => ok({ path });

/**
 * A fake core for looking at screens and testing pages: Handlers over sample data in memory. Commands change the data the
 * way a person would expect to see it; nothing is started, stored or supervised.
 */
import type { AppStatus } from "#shared/contract/index.ts";
import type { Fleet } from "#shared/model/node.ts";
import { settingsSchema } from "#shared/model/settings.ts";
import { fail } from "#shared/model/result.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { demoBudgets } from "./demoBudgets.ts";
import { demoBus } from "./demoBus.ts";
import { demoDeadLetters } from "./demoDeadLetters.ts";
import { demoMessages } from "./demoMessages.ts";
import { demoMemory } from "./demoMemory.ts";
import { demoCommands } from "./demoCommands.ts";
import { demoQueries } from "./demoQueries.ts";
import { demoRegistry } from "./demoRegistry.ts";
import { demoStreams } from "./demoStreams.ts";
import { demoWorkflows } from "./demoWorkflows.ts";
import { findNode, type DemoDesk, type DemoWorld } from "./demoWorld.ts";
import { sampleMachines } from "./sampleMachines.ts";
import { bigFleet, downFleet, sampleFleet } from "./sampleFleets.ts";
import { sampleEvents, sampleInbox } from "./sampleRecords.ts";

export interface DemoOptions {
  /** "sample": the design's fleet; a number: that many agents; "none": a first run; "empty": a fleet without agents. */
  readonly fleet?: "sample" | "none" | "empty" | number;
  readonly settings?: Partial<Settings>;
  /** Names of fleets that wait after a reboot. */
  readonly interrupted?: readonly string[];
  /** Two other machines, one of them away. */
  readonly machines?: boolean;
  readonly network?: AppStatus["network"];
  /** "never": what is asked stays without an answer; "refused": the core cannot read its database. */
  readonly answers?: "never" | "refused";
}

/** What was asked of the fake, for assertions. */
export interface DemoCall {
  readonly name: string;
  readonly input: unknown;
}

export interface DemoCore extends DemoDesk {
  readonly handlers: Handlers;
  readonly calls: DemoCall[];
}

export function createDemoCore(options: DemoOptions = {}): DemoCore {
  const now = Date.now();
  const kind = options.fleet ?? "sample";
  const hasRecords = kind === "sample" || typeof kind === "number";
  const workflows = demoWorkflows(hasRecords);
  const world: DemoWorld = {
    fleets: fleetsFor(kind, now),
    inbox: kind === "sample" ? sampleInbox(now) : [],
    settings: { ...settingsSchema.parse({}), ...options.settings },
    interrupted: options.interrupted ?? [],
    machines: options.machines === true ? sampleMachines(now) : [],
    network: options.network,
    events: hasRecords ? [...sampleEvents(now), ...workflows.events] : [],
    workflows,
    budgets: demoBudgets(),
    bus: demoBus(hasRecords),
    deadLetters: demoDeadLetters(kind === "sample"),
    registry: demoRegistry(!hasRecords),
    messages: demoMessages(hasRecords),
    memory: demoMemory(hasRecords),
    watchers: { tree: new Set(), machines: new Set(), inbox: new Set(), settings: new Set(), status: new Set() },
  };
  const calls: DemoCall[] = [];
  const core: DemoDesk & { readonly calls: DemoCall[] } = {
    calls,
    world,
    patch(path, change) {
      const node = findNode(world.fleets, path);
      if (node === undefined) return;
      Object.assign(node, change);
      const { children: _children, ...patch } = node;
      for (const sink of world.watchers.tree) sink.send({ type: "nodes", nodes: [patch] });
    },
    putItem(item) {
      world.inbox = [...world.inbox.filter((other) => other.id !== item.id), item];
      for (const sink of world.watchers.inbox) sink.send({ type: "item", item });
    },
  };
  const handlers: Handlers = {
    queries: answered(demoQueries(world), options.answers),
    commands: recorded(demoCommands(core), calls),
    streams: demoStreams(world),
  };
  return { ...core, handlers };
}

function fleetsFor(kind: NonNullable<DemoOptions["fleet"]>, now: number): Fleet[] {
  if (kind === "none") return [];
  if (typeof kind === "number") return [bigFleet(kind, now)];
  if (kind === "sample") return [sampleFleet(now), downFleet(now)];
  const fleet = sampleFleet(now);
  return [{ ...fleet, root: { ...fleet.root, children: [], state: "idle", restartsInWindow: 0 } }];
}

/** As asked of `answers`; what the frame itself asks is answered all the same. */
function answered(queries: Handlers["queries"], how: DemoOptions["answers"]): Handlers["queries"] {
  if (how === undefined) return queries;
  return new Proxy(queries, {
    get(target, name: string) {
      if (name === "app.info") return Reflect.get(target, name) as unknown;
      if (how === "never") return () => new Promise(() => {});
      return async () => fail("store_unavailable", REFUSED);
    },
  });
}

export const REFUSED = "The database could not be read. Look at the log, then try again.";

function recorded(commands: Handlers["commands"], calls: DemoCall[]): Handlers["commands"] {
  return new Proxy(commands, {
    get(target, name: string) {
      const handler = Reflect.get(target, name) as (input: unknown, context: unknown) => unknown;
      return (input: unknown, context: unknown) => {
        calls.push({ name, input });
        return handler(input, context);
      };
    },
  });
}

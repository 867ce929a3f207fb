/** Joins fleets and the registry: a fleet's MCP servers are declared by its file and run while the fleet is up. */
import type { StoredEvent } from "#shared/model/event.ts";
import type { FleetSpec } from "#shared/model/fleetFile.ts";
import type { TreeNode } from "#shared/model/node.ts";
import type { RegistryEntry } from "#shared/model/toolServer.ts";
import type { Bus } from "#core/bus/index.ts";
import type { Fleets } from "#core/fleets/index.ts";
import type { Registry } from "#core/registry/index.ts";

/** Told of every fleet as its file stands. */
export function fleetServers(registry: Registry): (name: string, fleet: FleetSpec | undefined) => void {
  return (name, fleet) => registry.servers.setFleetServers(name, fleet?.servers);
}

interface FollowDeps {
  readonly registry: Registry;
  readonly fleets: Fleets;
  readonly bus: Bus;
}

const DOWN = new Set(["fleet.down", "fleet.gave_up", "fleet.interrupted"]);

/** `up` of a fleet is the consent to start its servers; whatever takes it down ends them. */
export function serversFollowFleets({ registry, fleets, bus }: FollowDeps): void {
  const { servers } = registry;
  const follow = ({ type, subject }: StoredEvent): void => {
    const [, fleet = ""] = subject.split(".");
    if (type === "fleet.up") servers.fleetUp(fleet);
    else if (DOWN.has(type) && !fleets.isUp(fleet)) servers.fleetDown(fleet);
  };
  const onEvents = (events: readonly StoredEvent[]): void => events.forEach(follow);
  bus.subscribe({ label: "servers follow fleets", pattern: "ws.*.fleet.*", onEvents });
}

/** Agents are found by what their file says of them, like tools. */
export function agentEntries(fleets: () => Fleets): () => readonly RegistryEntry[] {
  return () =>
    fleets()
      .views()
      .flatMap(({ name, root }) => agentsBelow(name, root));
}

function agentsBelow(fleet: string, node: TreeNode): readonly RegistryEntry[] {
  if (node.kind === "supervisor") return node.children.flatMap((child) => agentsBelow(fleet, child));
  const { id, path, agent = "command", command = "", state } = node;
  return [{ kind: "agent", id: path, name: id, description: command, tags: [agent, fleet], state }];
}

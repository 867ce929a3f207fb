/** A fake for looking at screens: the commands, as far as a person could see their effect. */
import type { NodePatch } from "#shared/contract/index.ts";
import { fail, ok } from "#shared/model/result.ts";
import { settingsSchema } from "#shared/model/settings.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { allNodes, done, findNode, refuse, type DemoDesk } from "./demoWorld.ts";
import { demoUsageCommands } from "./demoUsage.ts";
import { sampleFleet } from "./sampleFleets.ts";

export function demoCommands(core: DemoDesk): Handlers["commands"] {
  return {
    ...fleetCommands(core),
    ...nodeCommands(core),
    ...appCommands(core),
    ...sessionCommands(core),
    ...demoUsageCommands(),
    ...core.world.budgets.commands,
    ...core.world.bus.commands,
    ...core.world.deadLetters.commands,
    ...core.world.registry.commands,
    ...core.world.messages.commands,
    ...core.world.workflows.commands,
    ...core.world.memory.commands,
    ...recordings,
  };
}

type Picked<P extends string> = {
  [K in Extract<keyof Handlers["commands"], `${P}.${string}`>]: Handlers["commands"][K];
};

const recordings: Picked<"recording"> = {
  "recording.delete": async () => ok({ from: 0, to: 1_204_000, bytes: 1_204_000, freedBytes: 310_000 }),
  "recording.deleteOlder": async () => ok({ recordings: 3, bytes: 48_200_000, freedBytes: 12_000_000 }),
};

function fleetCommands({ world }: DemoDesk): Picked<"fleet"> {
  const tellFleets = () => {
    for (const sink of world.watchers.tree) sink.send({ type: "snapshot", fleets: world.fleets });
  };
  return {
    "fleet.up": async ({ name, file }) => ok({ name: name ?? file ?? "fleet", started: 1 }),
    "fleet.down": async ({ name }) => ok({ name, stopped: 1 }),
    "fleet.forget": async ({ name }) => {
      world.fleets = world.fleets.filter((fleet) => fleet.name !== name);
      for (const sink of world.watchers.tree) sink.send({ type: "fleet_removed", name });
      return ok({ name });
    },
    "fleet.setAutostart": async ({ name, autostart }) => {
      world.fleets = world.fleets.map((fleet) => (fleet.name === name ? { ...fleet, autostart } : fleet));
      tellFleets();
      return ok({ name });
    },
    "fleet.save": async ({ name }) => ok({ name }),
    "fleet.addChild": async ({ fleet, child }) => {
      const id = typeof child["id"] === "string" ? child["id"] : "agent";
      if (findNode(world.fleets, `${fleet}/${id}`) !== undefined)
        return fail("conflict", `${fleet} already has a child called ${id}. Choose another name.`);
      return done(`${fleet}/${id}`);
    },
    "fleet.removeChild": async ({ id }) => done(id),
    "fleet.createFirst": async () => {
      world.fleets = [sampleFleet(Date.now())];
      tellFleets();
      return ok({ name: "fleet", file: "/home/ada/code/fleet.yaml" });
    },
  };
}

function nodeCommands(core: DemoDesk): Picked<"node"> {
  const { world } = core;
  const change = async (ref: string, make: Partial<NodePatch>) => {
    const node = findNode(world.fleets, ref);
    if (node === undefined) return refuse(ref);
    core.patch(node.path, { ...make, stateSince: new Date().toISOString() });
    return done(node.path);
  };
  return {
    "node.start": ({ id }) => change(id, { state: "starting" }),
    "node.stop": ({ id }) => change(id, { state: "stopped" }),
    "node.restart": ({ id }) => change(id, { state: "starting" }),
    "node.pause": async ({ id }) => {
      const result = await change(id, { state: "paused", pauseKind: "frozen" });
      return result.ok ? ok({ ...result.value, pauseKind: "frozen" }) : result;
    },
    "node.resume": ({ id }) => change(id, { state: "busy" }),
    "node.drain": ({ id }) => change(id, { state: "stopping" }),
  };
}

function appCommands(core: DemoDesk): Picked<"app"> & Picked<"auth"> & Picked<"settings"> {
  const { world } = core;
  const running = () => allNodes(world.fleets).filter((node) => node.kind === "agent" && LIVE_STATES.has(node.state));
  const all = (change: Partial<NodePatch>) => {
    const nodes = running();
    for (const node of nodes) core.patch(node.path, { ...change, stateSince: new Date().toISOString() });
    return nodes.length;
  };
  return {
    "app.pauseAll": async () => ok({ paused: all({ state: "paused", pauseKind: "frozen" }) }),
    "app.resumeAll": async () => ok({ resumed: all({ state: "busy" }) }),
    "app.estop": async () => ok({ killed: all({ state: "stopped", exitCause: "stopped" }), tookMs: 840 }),
    "app.resumeInterrupted": async () => {
      const fleets = [...world.interrupted];
      world.interrupted = [];
      for (const sink of world.watchers.status)
        sink.send({ keeper: "connected", store: "ok", lastSeq: 48_213, interrupted: [] });
      return ok({ fleets });
    },
    "app.quit": async () => ok({}),
    "auth.mint": async () => ok({ url: "http://127.0.0.1:4000/#code=demo", expiresInS: 60 }),
    "settings.set": async ({ key, value }) => {
      const parsed = settingsSchema.safeParse({ ...world.settings, [key]: value });
      if (!parsed.success) return fail("bad_request", `The setting ${key} cannot be that.`);
      world.settings = parsed.data;
      for (const sink of world.watchers.settings) sink.send(parsed.data);
      return ok({});
    },
  };
}

function sessionCommands(core: DemoDesk): Picked<"session"> & Picked<"inbox"> {
  const { world } = core;
  const item = async (id: string, change: Partial<(typeof world.inbox)[number]>) => {
    const found = world.inbox.find((candidate) => candidate.id === id);
    if (found === undefined) return fail("not_found", "This request is no longer open.");
    core.putItem({ ...found, ...change });
    return ok({ id });
  };
  return {
    "session.send": async ({ id }) => done(id),
    "session.input": async () => ok({}),
    "session.key": async ({ id }) => done(id),
    "session.resize": async () => ok({}),
    "session.takeUp": async ({ agent }) => done(`fleet/${agent}`),
    "inbox.answer": ({ id, option, text }) => item(id, { status: "answered", answer: text ?? option }),
    "inbox.snooze": ({ id, minutes }) =>
      item(id, { status: "snoozed", until: new Date(Date.now() + minutes * 60_000).toISOString() }),
    "inbox.wake": ({ id }) => item(id, { status: "open" }),
  };
}

/** Fleets: up, down, their files. Delegation only. */
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import { fleetJsonSchema } from "#shared/model/fleetFile.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { stringify } from "yaml";
import { addChildToText, parseFleet, removeChildFromText } from "#core/fleets/index.ts";
import type { Core } from "#core/app.ts";

type FleetQueries = "fleet.list" | "fleet.file" | "fleet.check" | "fleet.schema";
type FleetCommands =
  | "fleet.up"
  | "fleet.down"
  | "fleet.forget"
  | "fleet.setAutostart"
  | "fleet.save"
  | "fleet.addChild"
  | "fleet.removeChild"
  | "fleet.createFirst"
  | "session.takeUp";

export function fleetQueries(core: Core): Pick<QueryHandlers, FleetQueries> {
  return {
    "fleet.list": async () => ok([...core.fleets.views()]),
    "fleet.file": async ({ name }) => core.fleets.text(name),
    "fleet.check": async ({ text }) => {
      const context = {
        folder: core.ports.machine.homeDir,
        homeDir: core.ports.machine.homeDir,
        agents: core.adapters.map((adapter) => adapter.id),
      };
      const parsed = parseFleet(text, context);
      return ok({ errors: parsed.ok ? [] : [...parsed.errors] });
    },
    "fleet.schema": async () => ok(fleetJsonSchema()),
  };
}

export function fleetCommands(core: Core): Pick<CommandHandlers, FleetCommands> {
  return {
    "fleet.up": async ({ file, name }, { actor }) =>
      core.fleets.up({ actor, ...(file === undefined ? {} : { file }), ...(name === undefined ? {} : { name }) }),
    "fleet.down": async ({ name }, { actor }) => core.fleets.down(name, actor),
    "fleet.forget": async ({ name }, { actor }) => core.fleets.forget(name, actor),
    "fleet.setAutostart": async ({ name, autostart }, { actor }) => core.fleets.setAutostart(name, autostart, actor),
    "fleet.save": async (input, { actor }) => core.fleets.save({ ...input, actor }),
    "fleet.addChild": async ({ fleet, parent, child }, { actor }) => addChild(core, { fleet, parent, child, actor }),
    "fleet.removeChild": async ({ id }, { actor }) => removeChild(core, id, actor),
    "fleet.createFirst": async (input, { actor }) => createFirst(core, input, actor),
    "session.takeUp": async (input, { actor }) => takeUp(core, input, actor),
  };
}

async function editFile(
  core: Core,
  name: string,
  edit: { actor: string; change: (text: string) => Result<string> },
): Promise<Result<unknown>> {
  const file = await core.fleets.text(name);
  if (!file.ok) return file;
  const changed = edit.change(file.value.text);
  return changed.ok
    ? core.fleets.save({ name, text: changed.value, baseText: file.value.text, actor: edit.actor })
    : changed;
}

export async function addChild(
  core: Core,
  order: { fleet: string; parent: string; child: Record<string, unknown>; actor: string },
): Promise<Result<{ path: string }>> {
  const parent = core.fleets.resolve(order.parent);
  if (!parent.ok) return parent;
  const saved = await editFile(core, order.fleet, {
    actor: order.actor,
    change: (text) => addChildToText(text, parent.value.id, order.child),
  });
  return saved.ok ? ok({ path: `${order.fleet}/${String(order.child["id"])}` }) : saved;
}

async function removeChild(core: Core, ref: string, actor: string): Promise<Result<{ path: string }>> {
  const node = core.fleets.resolve(ref);
  if (!node.ok) return node;
  if (node.value.isFleet) return fail("bad_request", `${ref} is a fleet. Take it down and forget it instead.`);
  const saved = await editFile(core, node.value.known.row.name, {
    actor,
    change: (text) => removeChildFromText(text, node.value.id),
  });
  return saved.ok ? ok({ path: node.value.path }) : saved;
}

async function createFirst(
  core: Core,
  input: { cwd: string; agents: readonly string[]; name?: string | undefined },
  actor: string,
): Promise<Result<{ name: string; file: string }>> {
  const folder = core.ports.fleetFiles.resolve(input.cwd);
  if (!(await core.ports.fleetFiles.exists(folder)))
    return fail("not_found", `There is no folder ${folder}. Choose one that exists.`);
  const file = `${folder}/signalbox.yaml`;
  if (await core.ports.fleetFiles.exists(file))
    return fail("already_present", `${file} exists already. Start it with: signalbox up ${file}`);
  const name = input.name ?? "first";
  const children = input.agents.map((agent) =>
    agent === "command" ? { id: "shell", command: "exec ${SHELL:-sh} -i", restart: "transient" } : { id: agent, agent },
  );
  const text = `# Your first fleet. Add agents here or in the window; changes apply as you save.\n${stringify({ version: 1, name, supervisor: { strategy: "one_for_one", intensity: 3, period: "60s" }, children })}`;
  const written = await core.ports.fleetFiles.write(file, text);
  if (!written.ok) return written;
  const up = await core.fleets.up({ file, actor });
  return up.ok ? ok({ name: up.value.name, file }) : up;
}

/** A past session becomes a child of the given fleet, or of one made for such sessions. */
async function takeUp(
  core: Core,
  input: { agent: string; cliSessionId: string; cwd: string; fleet?: string | undefined },
  actor: string,
): Promise<Result<{ path: string }>> {
  const child = {
    id: `${input.agent}-${input.cliSessionId.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 8)}`,
    agent: input.agent,
    cwd: input.cwd,
    resume: input.cliSessionId,
  };
  if (input.fleet !== undefined) return addChild(core, { fleet: input.fleet, parent: input.fleet, child, actor });
  const name = "taken-up";
  if (core.fleets.names().includes(name)) return addChild(core, { fleet: name, parent: name, child, actor });
  const file = `${core.config.dataDir}/fleets/${name}.yaml`;
  const written = await core.ports.fleetFiles.write(file, stringify({ version: 1, name, children: [child] }));
  if (!written.ok) return written;
  const up = await core.fleets.up({ file, actor });
  return up.ok ? ok({ path: `${name}/${child.id}` }) : up;
}

/** Templates of agents: kept, enabled, disabled, and put into fleet files. Delegation only. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandInput } from "#shared/contract/index.ts";
import type { CommandHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";
import { addChild } from "./fleetHandlers.ts";

export type TemplateCommands =
  | "registry.keepTemplate"
  | "registry.changeTemplate"
  | "registry.removeTemplate"
  | "registry.takeBackTemplate"
  | "registry.enableTemplate"
  | "registry.disableTemplate"
  | "registry.useTemplate";

export function templateCommands(core: Core): Pick<CommandHandlers, TemplateCommands> {
  const { templates } = core.registry;
  return {
    "registry.keepTemplate": async (order, { actor }) => templates.keep(order, actor),
    "registry.changeTemplate": async (order, { actor }) => templates.rewrite(order, actor),
    "registry.removeTemplate": async ({ template }, { actor }) => templates.remove(template, actor),
    "registry.takeBackTemplate": async ({ template }, { actor }) => templates.takeBack(template, actor),
    "registry.enableTemplate": async ({ template }, { actor }) => templates.setEnabled(template, true, actor),
    "registry.disableTemplate": async ({ template }, { actor }) => templates.setEnabled(template, false, actor),
    "registry.useTemplate": async (order, { actor }) => placeTemplate(core, order, actor),
  };
}

/** Into the file as a person would write it; what the file refuses, this refuses with the same words. */
async function placeTemplate(
  core: Core,
  { template, fleet, parent = fleet, id = template }: CommandInput<"registry.useTemplate">,
  actor: string,
): Promise<Result<{ path: string }>> {
  const { templates } = core.registry;
  const found = templates.usable(template);
  if (!found.ok) return found;
  const child = { id, ...found.value.child };
  const added = await addChild(core, { fleet, parent, child, actor });
  if (!added.ok) return added;
  templates.used(template, added.value.path, actor);
  return ok(added.value);
}

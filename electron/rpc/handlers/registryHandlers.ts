/** The registry: servers, tools, calls. Delegation only. */
import type { StreamItem } from "#shared/contract/index.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Core } from "#core/app.ts";
import { templateCommands } from "./templateHandlers.ts";
import type { TemplateCommands } from "./templateHandlers.ts";

type RegistryQueries =
  | "registry.templates"
  | "registry.servers"
  | "registry.find"
  | "registry.tool"
  | "registry.calls"
  | "registry.call";
type RegistryCommands =
  | "registry.add"
  | "registry.remove"
  | "registry.verify"
  | "registry.enable"
  | "registry.disable"
  | "registry.stop"
  | "registry.invoke"
  | "registry.dropAnswers"
  | TemplateCommands;

export function registryQueries({ registry }: Core): Pick<QueryHandlers, RegistryQueries> {
  return {
    "registry.templates": async () => ok([...registry.templates.list()]),
    "registry.servers": async () => ok([...registry.servers.views()]),
    "registry.find": async (query) => registry.find(query),
    "registry.tool": async ({ server, tool }) => registry.servers.tool(server, tool),
    "registry.calls": async (query) => ok([...registry.calls.list(query)]),
    "registry.call": async ({ id }) => registry.calls.one(id),
  };
}

export function registryCommands(core: Core): Pick<CommandHandlers, RegistryCommands> {
  const { registry } = core;
  const { servers } = registry;
  return {
    ...templateCommands(core),
    "registry.add": async (spec, { actor }) => servers.add({ ...defined(spec), enabled: true }, actor),
    "registry.remove": async ({ server }, { actor }) => servers.remove(server, actor),
    "registry.verify": async ({ server }, { actor }) => servers.verify(server, actor),
    "registry.enable": async ({ server }, { actor }) => servers.enable(server, actor),
    "registry.disable": async ({ server }, { actor }) => servers.disable(server, actor),
    "registry.stop": async ({ server }, { actor }) => servers.stop(server, actor),
    "registry.dropAnswers": async ({ server }, { actor }) => servers.dropAnswers(server, actor),
    "registry.invoke": async (order, { actor }) =>
      registry.invoke({ ...order, by: { kind: actor === "cli" ? "cli" : "person" } }),
  };
}

function defined<T extends { description?: string | undefined }>(
  spec: T,
): Omit<T, "description"> & { description?: string } {
  const { description, ...rest } = spec;
  return description === undefined ? rest : { ...rest, description };
}

export function streamRegistry({ registry }: Core, sink: StreamSink<StreamItem<"registry">>): Result<StreamHandle> {
  const { servers } = registry;
  sink.send({ type: "snapshot", servers: [...servers.views()] });
  const close = servers.watch({
    changed: (keys) => {
      const removed = keys.filter((key) => !servers.has(key));
      sink.send({ type: "servers", servers: [...servers.views(keys)], removed });
    },
    called: () => sink.send({ type: "called" }),
    templatesChanged: () => sink.send({ type: "templates" }),
  });
  return ok({ close });
}

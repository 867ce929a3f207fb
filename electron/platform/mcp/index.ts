/**
 * The way into this folder: the SDK and its schema validator are a third of the program and loaded when a tool server is
 * first spoken to, not at every start.
 */
import type { McpHost } from "#core/ports/mcpClient.ts";
import type { McpHostOptions } from "./mcpHost.ts";

export function createMcpHost(options: McpHostOptions): McpHost {
  let loading: Promise<McpHost> | undefined;
  let isClosed = false;
  const load = (): Promise<McpHost> =>
    (loading ??= import("./mcpHost.ts").then((loaded) => loaded.openMcpHost(options)));
  return {
    connect: async (target, how) =>
      isClosed
        ? { ok: false, error: { code: "unreached", message: "Signalbox is closing." } }
        : (await load()).connect(target, how),
    compile: async (schema) => (await load()).compile(schema),
    killAll: async () => (await loading)?.killAll() ?? { killed: 0 },
    close: async () => {
      isClosed = true;
      await (await loading)?.close();
    },
  };
}

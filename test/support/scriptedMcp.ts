/** MCP servers without processes: what each tool answers is what the test says. */
import type { McpAnswer, McpCall, McpConnection, McpFailure, McpHost, McpTool } from "#core/ports/mcpClient.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { settle } from "./manualClock.ts";

export type ScriptedAnswer = Result<McpAnswer, McpFailure>;

export interface ScriptedMcp extends McpHost {
  readonly calls: (McpCall & { readonly server: string })[];
  /** Of the server of this name. */
  tools: Readonly<Record<string, readonly McpTool[]>>;
  answer: (call: McpCall & { readonly server: string }) => ScriptedAnswer | Promise<ScriptedAnswer>;
}

export function said(text: string): ScriptedAnswer {
  return ok({ content: [{ type: "text", text }], isError: false });
}

export function failedAnswer(code: McpFailure["code"]): ScriptedAnswer {
  return { ok: false, error: { code, message: "It is scripted." } };
}

export function scriptedMcp(): ScriptedMcp {
  const host: ScriptedMcp = {
    calls: [],
    tools: {},
    answer: () => said("done"),
    connect: async ({ name }) => {
      // A real one is never up before whoever started it could begin to wait for it.
      for (let turn = 0; turn < 3; turn += 1) await settle();
      return ok(connectionOf(host, name));
    },
    compile: async () => ok({ problem: () => undefined }),
    killAll: async () => ({ killed: 0 }),
    close: async () => undefined,
  };
  return host;
}

function connectionOf(host: ScriptedMcp, server: string): McpConnection {
  const { promise: ended, resolve } = Promise.withResolvers<Awaited<McpConnection["ended"]>>();
  const end = (): void => resolve({ type: "stopped", detail: "It was stopped.", isClean: true });
  return {
    protocol: "2026-07-28",
    server: { name: server, version: "1" },
    isOpen: true,
    ended,
    listTools: async () => ok(host.tools[server] ?? []),
    callTool: async (call) => {
      host.calls.push({ ...call, server });
      return host.answer({ ...call, server });
    },
    shutdown: end,
    kill: end,
  };
}

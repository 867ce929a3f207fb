/** A server that fails may quote the secret it was given; its words are kept, so the secret is taken out of them here. */
import type { McpConnection, McpConnectOptions, McpFailure } from "#core/ports/mcpClient.ts";
import { holdsSecret } from "#shared/lib/ownSecrets.ts";
import type { Result } from "#shared/model/result.ts";
import type { ToolServerTransport } from "#shared/model/toolServer.ts";
import { referencesIn } from "./expandVariables.ts";

/** What is shorter stands in other words, too. */
const LEAST_CHARS = 6;

export type Hide = (text: string) => string;

/** `${NAME}` in place of its value, for what a header carries and for variables that have a secret's name or look. */
export function hideSecrets(transport: ToolServerTransport, environment: Readonly<Record<string, string>>): Hide {
  const secrets = referencesIn(JSON.stringify(transport)).flatMap((name) => {
    const value = environment[name] ?? "";
    const isCarried = transport.type === "http" && referencesIn(JSON.stringify(transport.headers)).includes(name);
    if (value.length < LEAST_CHARS || !(isCarried || holdsSecret(name, value))) return [];
    return [value, encodeURIComponent(value)].map((said) => ({ said, name }));
  });
  return (text) => secrets.reduce((hidden, { said, name }) => hidden.replaceAll(said, () => `\${${name}}`), text);
}

export function hidingOptions(how: McpConnectOptions, hide: Hide): McpConnectOptions {
  return { ...how, onTrouble: (sentence) => how.onTrouble(hide(sentence)) };
}

export function hidingConnection(
  connected: Result<McpConnection, McpFailure>,
  hide: Hide,
): Result<McpConnection, McpFailure> {
  if (!connected.ok) return hidden(connected, hide);
  const inner = connected.value;
  return {
    ok: true,
    value: {
      ...inner,
      get isOpen() {
        return inner.isOpen;
      },
      ended: inner.ended.then((end) => ({ ...end, detail: hide(end.detail) })),
      listTools: async (options) => hidden(await inner.listTools(options), hide),
      callTool: async (call) => hidden(await inner.callTool(call), hide),
    },
  };
}

function hidden<T>(result: Result<T, McpFailure>, hide: Hide): Result<T, McpFailure> {
  return result.ok ? result : { ok: false, error: { ...result.error, message: hide(result.error.message) } };
}
